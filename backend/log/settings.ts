import type { z } from 'zod';
import { group, positive, problem, schedule } from '../settings/fields.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { filters } from './account/filters.ts';
import { qualityLimits } from './partitions/quality-limits.ts';
import { influence } from './training-set/influence.ts';
import { minimums } from './training-set/minimums.ts';

export const trainingData = group({
  /** Feedback later than this after the ranking is not credited to it; then the day's partition is final. */
  attributionDays: positive.max(90).default(7),
  /** Older decisions, events and partitions are deleted. The longest training window fits in, with a month to spare. */
  retentionDays: positive.max(3650).default(120),
  /** Older counts by day and item are deleted. They name nobody; more than a year of them shows the seasons. */
  dailyCountsDays: positive.max(3650).default(400),
  /** When what is older than the retention is deleted; empty: by hand only. */
  pruneSchedule: schedule.default('30 2 * * *'),
  /** What a session may do and still count as a person. A limit of 0 or of `null` is off. */
  filters,
  /** What a learner must have before it is trusted to learn. */
  minimums,
  /** How much one person, and one item, may weigh in what is learned. */
  influence,
  /** How good the logged data must be before a learner is trusted to learn from them. */
  quality: qualityLimits,
}).superRefine(({ attributionDays, retentionDays }, context) => {
  if (retentionDays < attributionDays + 1)
    problem(
      context,
      ['retentionDays'],
      `must be more than attributionDays (${attributionDays}) by 1 or more, but was ${retentionDays}`,
    );
});

export type TrainingDataSettings = z.infer<typeof trainingData>;

/** @throws Error naming the setting and what it should have been. */
export const parseTrainingData = (value: unknown): TrainingDataSettings =>
  parseSettings(trainingData, value);

export const DEFAULT_TRAINING_DATA = parseTrainingData({});
