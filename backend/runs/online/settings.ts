import { z } from 'zod';
import { atLeastOne, group, positive, schedule } from '../../settings/fields.ts';
import { parseSettings } from '../../settings/parse-settings.ts';

const cell = z
  .string()
  .regex(/^[\w.:-]{1,64}$/)
  .meta({ description: 'the name of a cell, such as EU' });

export const onlineLearning = group({
  /** Whether weights are learned between trainings, as people click. */
  enabled: z.boolean().default(true),
  /** How often what has come in is learned from, and sent to the edge where it changes a weight, seconds. */
  everySeconds: positive.max(600).default(5),
  /** Rankings with a reward that the log must hold before anything is learned: by them it is measured what slots and delays do. */
  minimumRewarded: atLeastOne.default(200),
  /** How unsure a weight is at most where learning starts, and after a turn of tastes, as a standard deviation in log-odds; what a training knew better is less unsure. */
  spread: positive.max(10).default(0.5),
  /** After so many hours what was learned counts half: what people like drifts. */
  halfLifeHours: positive.default(72),
  /** The farthest that a weight is served from where it was published, in log-odds; what was learned beyond it is kept, and trained from. */
  trustRegion: positive.max(10).default(1),
  /** Share of the sessions that stay on the published version, by which it is seen whether learning does harm. */
  holdoutShare: z.number().min(0.01).max(0.05).default(0.02),
  /** How often the two are compared, seconds. */
  compareSeconds: positive.default(300),
  /** Error rate of all comparisons since a version went live: how often learning that does no harm is stopped. */
  alpha: z.number().gt(0).max(0.2).default(0.05),
  /** Edge regions, as `cellOf` names them. */
  cells: z
    .array(cell)
    .min(1)
    .readonly()
    .default(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA', 'local']),
  /** Of the learning on a schedule from before; has no effect. */
  schedule: schedule.optional().meta({ examples: ['*/15 * * * *'] }),
  /** As `schedule`. */
  windowHours: positive
    .max(720)
    .optional()
    .meta({ examples: [24] }),
});

export type OnlineSettings = z.infer<typeof onlineLearning>;

/** @throws Error naming the setting and what it should have been. */
export const parseOnline = (value: unknown): OnlineSettings => parseSettings(onlineLearning, value);

export const DEFAULT_ONLINE = parseOnline({});
