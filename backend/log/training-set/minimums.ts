import type { z } from 'zod';
import { count, group, share } from '../../settings/fields.ts';

/** By the kind of scorer that is learned: boosted trees are a forest. */
export type LearnerKind = 'additive' | 'forest' | 'mlp';

const minimum = (rankings: number) =>
  group({
    /** Rankings in the log. */
    rankings: count.default(rankings),
    /** Rankings with a reward: with fewer there is nothing to learn from. */
    rewarded: count.default(100),
    /** Share of rankings with a click. */
    clickRate: share.default(0.05),
    /** Different UTC days. */
    days: count.default(7),
    /** Different users; a session without a user counts as one. */
    users: count.default(1000),
  });

export const minimums = group({
  /** Additive weights. */
  additive: minimum(10_000),
  /** Random forests and boosted trees. */
  forest: minimum(50_000),
  /** Neural networks. */
  mlp: minimum(100_000),
});

export type Minimum = z.infer<typeof minimums>[LearnerKind];
