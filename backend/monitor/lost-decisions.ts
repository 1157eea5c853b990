import { count, percent } from '../../shared/text/text.ts';
import { lostDecisions, type LostDecisions } from '../log/lost-decisions.ts';
import type { Store } from '../store/open.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'lost decisions';
const MINUTE_MS = 60_000;

/** Finds rankings that the edge answered and could not log, such as on a full disk. Batches say how many; where no batch came in, nothing is known. */
export function findLostDecisions(
  { lost, logged }: LostDecisions,
  { maxShare }: MonitorSettings['lost'],
): Observation {
  const all = lost + logged;
  if (all === 0) return tooLittleData(KEY);
  if (lost / all <= maxShare) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `the edge could not log ${count(lost)} of ${count(all)} rankings that it answered (${percent(lost / all, { digits: 1 })}): feedback on them joins nothing; its log says why, often storage that is full`,
    details: { lost, logged },
  });
}

export const readLostDecisions = async (
  { db }: Store,
  settings: MonitorSettings['lost'],
  nowMs: number,
): Promise<Observation> =>
  findLostDecisions(
    await lostDecisions(db, { from: nowMs - settings.windowMinutes * MINUTE_MS, to: nowMs }),
    settings,
  );
