import type { z } from 'zod';
import {
  atLeastOne,
  count,
  group,
  positive,
  problem,
  schedule,
  share,
} from '../../settings/fields.ts';
import { parseSettings } from '../../settings/parse-settings.ts';

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

export const trainingData = group({
  /** Feedback later than this after the ranking is not credited to it; then the day's partition is final. */
  attributionDays: positive.max(90).default(7),
  /** Older decisions, events and partitions are deleted. */
  retentionDays: positive.max(3650).default(90),
  /** When what is older than the retention is deleted; empty: by hand only. */
  pruneSchedule: schedule.default('30 2 * * *'),
  /** What a session may do and still count as a person. A limit of 0 or of `null` is off. */
  filters: group({
    /** More rankings than this within any minute: a crawler. */
    maxRankingsPerMinute: count.nullable().default(60),
    /** A click, save, contact or booking sooner than this after its ranking is faster than a person. */
    minReactionMs: count.default(150),
    /** A session with at least this many fast actions, more than half of its actions, is a bot. */
    minFastActions: atLeastOne.default(3),
    /** A session that clicked at least this share of the items that it was shown is a bot. */
    maxClickedShare: share.default(0.9),
    /** The limit of clicked items applies from this many shown items. */
    minShownItems: atLeastOne.default(20),
    /** So many clicks and no dwell at all, on a day on which most who click also dwell. */
    maxClicksWithoutDwell: count.nullable().default(20),
    /** Tolerated difference between the visitor's clock and the edge's. */
    maxClockSkewMs: count.default(3_600_000),
    /** A session of which more than this share of events is invalid is invalid itself. */
    maxInvalidShare: share.default(0.5),
    /** The same event of the same item again, with another id, within so much time, is one event. */
    duplicateWithinMs: count.default(1000),
  }),
  /** What a learner must have before it is trusted to learn. */
  minimums: group({
    /** Additive weights. */
    additive: minimum(10_000),
    /** Random forests and boosted trees. */
    forest: minimum(50_000),
    /** Neural networks. */
    mlp: minimum(100_000),
  }),
  /** How good the logged data must be before a learner is trusted to learn from them. */
  quality: group({
    /** Share of rankings that were logged whole. */
    minCompleteness: share.default(0.95),
    /** Share of feedback events that join a ranking. */
    minAttribution: share.default(0.99),
    /** Age of the newest ranking. */
    maxAgeHours: positive.default(48),
    /** No feature may be missing in more than this share of shown items; 1 = each may. */
    maxMissingShare: share.default(1),
  }),
}).superRefine(({ attributionDays, retentionDays }, context) => {
  if (retentionDays < attributionDays + 1)
    problem(
      context,
      ['retentionDays'],
      `must be more than attributionDays (${attributionDays}) by 1 or more, but was ${retentionDays}`,
    );
});

export type TrainingDataSettings = z.infer<typeof trainingData>;
export type Filters = TrainingDataSettings['filters'];
export type Minimum = TrainingDataSettings['minimums'][LearnerKind];
export type QualityLimits = TrainingDataSettings['quality'];

/** @throws Error naming the setting and what it should have been. */
export const parseTrainingData = (value: unknown): TrainingDataSettings =>
  parseSettings(trainingData, value);

export const DEFAULT_TRAINING_DATA = parseTrainingData({});

export const NO_FILTERS: Filters = {
  maxRankingsPerMinute: null,
  minReactionMs: 0,
  minFastActions: 1,
  maxClickedShare: 0,
  minShownItems: 1,
  maxClicksWithoutDwell: null,
  maxClockSkewMs: 0,
  maxInvalidShare: 1,
  duplicateWithinMs: 0,
};
