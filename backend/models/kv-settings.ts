import type { z } from 'zod';
import { atLeastOne, group, positive, schedule } from '../settings/fields.ts';

export const kvSettings = group({
  /** What nothing has needed for so long is deleted from KV; never before ten times `kvSettleMs`. An edge that goes by an older pointer reads it meanwhile. */
  keepHours: positive.max(8760).default(24),
  /** So many of the newest versions of the weights stay in KV, whether they were ever live or not. */
  keepVersions: atLeastOne.default(20),
  /** When what is superseded is deleted from KV; empty: never. */
  cleanSchedule: schedule.default('41 * * * *'),
});

export type KvSettings = z.infer<typeof kvSettings>;
