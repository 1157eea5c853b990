import { z } from 'zod';
import { parseSettings, schedule } from '../../process/settings.ts';

export interface OnlineSettings {
  /** Cron pattern, UTC; empty: nothing is learned between trainings. */
  readonly schedule: string;
  /** How far back the log is looked at. */
  readonly windowHours: number;
  /** Rankings with a reward; with fewer nothing is sent. */
  readonly minimumRewarded: number;
  /** How far, in log-odds, a weight is thought to lie from the published one: the deviation of the prior. */
  readonly spread: number;
  /** Edge regions, as `cellOf` names them. */
  readonly cells: readonly string[];
}

export const DEFAULT_ONLINE: OnlineSettings = {
  schedule: '',
  windowHours: 24,
  minimumRewarded: 1000,
  spread: 0.2,
  cells: ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA', 'local'],
};

const given = z
  .object({
    schedule,
    windowHours: z.number().positive().max(720),
    minimumRewarded: z.number().int().positive(),
    spread: z.number().positive().max(10),
    cells: z.array(z.string().regex(/^[\w.:-]{1,64}$/)).min(1),
  })
  .partial()
  .strict();

/**
 * The defaults with what is given in their place.
 * @throws Error naming the setting and what it should have been.
 */
export const parseOnline = (value: unknown): OnlineSettings => ({
  ...DEFAULT_ONLINE,
  ...parseSettings(given, value),
});
