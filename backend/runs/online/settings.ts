import { z } from 'zod';
import { atLeastOne, group, positive, schedule } from '../../settings/fields.ts';
import { parseSettings } from '../../settings/parse-settings.ts';

const cell = z
  .string()
  .regex(/^[\w.:-]{1,64}$/)
  .meta({ description: 'the name of a cell, such as EU' });

export const onlineLearning = group({
  /** When weights are learned between trainings; empty: never. */
  schedule: schedule.default(''),
  /** How far back the log is read. */
  windowHours: positive.max(720).default(24),
  /** Rankings with a reward; with fewer nothing is sent. */
  minimumRewarded: atLeastOne.default(1000),
  /** Standard deviation of the prior of a weight around the published one, in log-odds. */
  spread: positive.max(10).default(0.2),
  /** The most that an update may move an item that was shown from where its published version has it, in log-odds. */
  trustRegion: positive.max(1).default(0.2),
  /** Edge regions, as `cellOf` names them. */
  cells: z
    .array(cell)
    .min(1)
    .readonly()
    .default(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA', 'local']),
});

export type OnlineSettings = z.infer<typeof onlineLearning>;

/** @throws Error naming the setting and what it should have been. */
export const parseOnline = (value: unknown): OnlineSettings => parseSettings(onlineLearning, value);

export const DEFAULT_ONLINE = parseOnline({});
