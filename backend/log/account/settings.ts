import { z } from 'zod';
import { parseSettings } from '../../process/settings.ts';

/** What a session may do and still count as a person. A limit of 0 or of `null` is off. */
export interface Filters {
  /** More rankings than this within any minute: a crawler. */
  readonly maxRankingsPerMinute: number | null;
  /** A click, save, contact or booking sooner than this after its ranking is faster than a person. */
  readonly minReactionMs: number;
  /** So many of them, and more than half of all that a session did, condemn the session. */
  readonly minFastActions: number;
  /** A session that clicked at least this share of what it was shown … */
  readonly maxClickedShare: number;
  /** … is looked at from so many shown items on. */
  readonly minShownItems: number;
  /** So many clicks and no dwell at all, on a day on which most who click also dwell. */
  readonly maxClicksWithoutDwell: number | null;
  /** Visitors' clocks may be off by so much before an event is not believed. */
  readonly maxClockSkewMs: number;
  /** A session of which more than this share of events is invalid is invalid itself. */
  readonly maxInvalidShare: number;
  /** The same event of the same item again, with another id, within so much time, is one event. */
  readonly duplicateWithinMs: number;
}

/** What a learner must have before it is trusted to learn. */
export interface Minimum {
  readonly rankings: number;
  /** Rankings with a reward: with fewer there is nothing to learn from. */
  readonly rewarded: number;
  /** Share of rankings with a click, 0..1. */
  readonly clickRate: number;
  /** Different UTC days. */
  readonly days: number;
  /** Different users; a session without a user counts as one. */
  readonly users: number;
}

/** By the kind of scorer that is learned: boosted trees are a forest. */
export type LearnerKind = 'additive' | 'forest' | 'mlp';

export interface QualityLimits {
  /** Share of rankings that were logged whole. */
  readonly minCompleteness: number;
  /** Share of feedback events that join a ranking. */
  readonly minAttribution: number;
  /** Age of the newest ranking. */
  readonly maxAgeHours: number;
  /** No feature may be missing in more than this share of shown items; 1 = each may. */
  readonly maxMissingShare: number;
}

export interface TrainingDataSettings {
  /** Feedback later than this after the ranking is not credited to it; then the day's partition is final. */
  readonly attributionDays: number;
  /** Older decisions, events and partitions are deleted. */
  readonly retentionDays: number;
  readonly filters: Filters;
  readonly minimums: Readonly<Record<LearnerKind, Minimum>>;
  readonly quality: QualityLimits;
}

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

const ENOUGH = { rewarded: 100, clickRate: 0.05, days: 7, users: 1000 };

export const DEFAULT_TRAINING_DATA: TrainingDataSettings = {
  attributionDays: 7,
  retentionDays: 90,
  filters: {
    maxRankingsPerMinute: 60,
    minReactionMs: 150,
    minFastActions: 3,
    maxClickedShare: 0.9,
    minShownItems: 20,
    maxClicksWithoutDwell: 20,
    maxClockSkewMs: 3_600_000,
    maxInvalidShare: 0.5,
    duplicateWithinMs: 1000,
  },
  minimums: {
    additive: { rankings: 10_000, ...ENOUGH },
    forest: { rankings: 50_000, ...ENOUGH },
    mlp: { rankings: 100_000, ...ENOUGH },
  },
  quality: { minCompleteness: 0.95, minAttribution: 0.99, maxAgeHours: 48, maxMissingShare: 1 },
};

const share = z.number().min(0).max(1);
const count = z.number().int().nonnegative();
const limit = count.nullable();
const minimum = z
  .object({ rankings: count, rewarded: count, clickRate: share, days: count, users: count })
  .partial()
  .strict();

const given = z
  .object({
    attributionDays: z.number().positive().max(90),
    retentionDays: z.number().positive().max(3650),
    filters: z
      .object({
        maxRankingsPerMinute: limit,
        minReactionMs: count,
        minFastActions: count.min(1),
        maxClickedShare: share,
        minShownItems: count.min(1),
        maxClicksWithoutDwell: limit,
        maxClockSkewMs: count,
        maxInvalidShare: share,
        duplicateWithinMs: count,
      })
      .partial()
      .strict(),
    minimums: z.object({ additive: minimum, forest: minimum, mlp: minimum }).partial().strict(),
    quality: z
      .object({
        minCompleteness: share,
        minAttribution: share,
        maxAgeHours: z.number().positive(),
        maxMissingShare: share,
      })
      .partial()
      .strict(),
  })
  .partial()
  .strict();

/**
 * The defaults with what is given in their place, at any depth: `{"minimums":{"additive":{"days":1}}}`.
 * @throws Error naming the setting and what it should have been.
 */
export function parseTrainingData(value: unknown): TrainingDataSettings {
  const data = parseSettings(given, value);
  const defaults = DEFAULT_TRAINING_DATA;
  const learner = (kind: LearnerKind) => ({ ...defaults.minimums[kind], ...data.minimums?.[kind] });
  const settings: TrainingDataSettings = {
    attributionDays: data.attributionDays ?? defaults.attributionDays,
    retentionDays: data.retentionDays ?? defaults.retentionDays,
    filters: { ...defaults.filters, ...data.filters },
    minimums: { additive: learner('additive'), forest: learner('forest'), mlp: learner('mlp') },
    quality: { ...defaults.quality, ...data.quality },
  };
  if (settings.retentionDays < settings.attributionDays + 1) {
    throw new Error(
      `retentionDays must be more than attributionDays (${settings.attributionDays}) by 1 or more, but was ${settings.retentionDays}`,
    );
  }
  return settings;
}
