import { duration } from '../../shared/text/text.ts';
import { openReceipts, STAGES, type Stage } from '../log/retention/receipts.ts';
import type { Store } from '../store/open.ts';
import { found, type Observation } from './finding.ts';

const KIND = 'overdue erasure';
const HOUR_MS = 3_600_000;

const REMEDY: Readonly<Record<Stage, string>> = {
  journaledAt: 'it is not in the journal (is the training store reachable?)',
  partitionsAt: 'partitions were not searched (is the training store reachable?)',
  logAt: "the database's log was not emptied",
  fileAt: 'the database file was not rewritten',
  batchesAt:
    'batches from before it are in the bucket of the log (is it reachable, and is none refused? storedBatches.keepHours says how long they stay)',
};

/** Finds erasures that are not complete although their time is over. They are one condition: what completes one completes all. */
export async function readOverdueErasures(
  store: Store,
  erasureHours: number,
  nowMs: number,
): Promise<Observation> {
  const overdue = await openReceipts(store, nowMs - erasureHours * HOUR_MS);
  if (overdue.length === 0) return found();
  const missing = STAGES.filter((stage) => overdue.some((receipt) => receipt[stage] === null));
  return found({
    key: KIND,
    kind: KIND,
    message: `${overdue.length === 1 ? 'an erasure is' : `${overdue.length} erasures are`} not complete after ${duration(nowMs - overdue[0].at)}, over ${duration(erasureHours * HOUR_MS)}: ${missing
      .map((stage) => REMEDY[stage])
      .join('; ')}; "trimtab data prune" completes them, or says what is in its way`,
    details: { erasures: overdue.length, oldest: overdue[0].id, since: overdue[0].at, missing },
  });
}
