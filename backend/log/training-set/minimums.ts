import type { z } from 'zod';
import { count, group, share } from '../../settings/fields.ts';

/** By the kind of scorer that is learned: boosted trees are a forest. */
export type LearnerKind = 'additive' | 'forest' | 'mlp';

const minimum = (sessions: number, days: number, users: number) =>
  group({
    /** Sessions. */
    sessions: count
      .optional()
      .meta({ examples: [sessions], description: 'a whole number; without it that of rankings' }),
    /** Rankings. */
    rankings: count.default(sessions),
    /** Rankings with a reward in the training window: with fewer there is nothing to learn from. */
    rewarded: count.default(100),
    /** Share of rankings with a click. */
    clickRate: share.default(0.05),
    /** Different UTC days. */
    days: count.default(days),
    /** Different users; a session without a user counts as one. */
    users: count.default(users),
  });

export const minimums = group({
  /** Additive weights. */
  additive: minimum(10_000, 30, 1000),
  /** Random forests and boosted trees. */
  forest: minimum(50_000, 60, 5000),
  /** Neural networks. */
  mlp: minimum(100_000, 90, 10_000),
});

export type Minimum = z.infer<typeof minimums>[LearnerKind];
