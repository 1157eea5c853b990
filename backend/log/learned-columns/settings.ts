import type { z } from 'zod';
import { atLeastOne, group, positive, schedule } from '../../settings/fields.ts';

export const learnedColumns = group({
  /** When views, click rates and booking rates of items are learned anew from the log, where features of the live schema read them; empty: never. They are also learned when such a schema goes live, at a start, and whenever a short log has doubled. */
  schedule: schedule.default('23 * * * *'),
  /** So many of the latest rankings of a schema are learned from: it bounds the memory that a refresh takes, some 200 bytes for each. */
  maxRankings: atLeastOne.default(1_000_000),
  /** How long superseded ones are kept in the database, so that a ranking can be drawn again as it was. */
  keepDays: positive.max(3650).default(3),
});

export type LearnedColumnsSettings = z.infer<typeof learnedColumns>;
