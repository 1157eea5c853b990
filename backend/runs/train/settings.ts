import { z } from 'zod';
import { LEARNERS } from '../../science/learn/learners/learner.ts';
import { group, positive, schedule } from '../../settings/fields.ts';

export const training = group({
  /** When training starts from the champion; empty: by hand only. */
  schedule: schedule.default('0 3 * * *'),
  /** How many days of the log that training learns from. */
  windowDays: positive.default(28),
  /** When a training starts from the rules, on all that is retained; empty: by hand only. */
  fullSchedule: schedule.default('0 4 * * 0'),
  /** Which learner that training uses. */
  fullLearner: z.enum(LEARNERS).default('boosted'),
});

export type TrainingSettings = z.infer<typeof training>;
