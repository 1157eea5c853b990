import { countOpen } from '../monitor/list-alerts.ts';
import { readLive } from '../models/live-pointer.ts';
import { readLiveSnapshot, type SnapshotPublisher } from '../catalogue/snapshot-publisher.ts';
import type { PointerWatch } from '../models/pointer-watch.ts';
import type { Trainer } from '../runs/trainer.ts';
import type { Store } from '../store/open.ts';
import type { Metrics } from '../process/metrics.ts';

/** Reasons why the edge may not be up to date, as sentences; none when all is well. */
export async function findProblems(
  store: Store,
  pointerWatch: PointerWatch | undefined,
  snapshots: SnapshotPublisher,
): Promise<string[]> {
  const found = [
    await problemOfStore(store),
    pointerWatch === undefined ? 'the backend is starting' : pointerWatch.problem(),
    (await readLive(store)) === undefined ? 'no weights are live yet' : undefined,
    snapshots.problem(),
  ];
  return [...new Set(found.filter((problem) => problem !== undefined))];
}

const problemOfStore = (store: Store): Promise<string | undefined> =>
  store.write([]).then(
    () => undefined,
    (error: Error) => `the database cannot be written: ${error.message}`,
  );

/** Sets the gauges of the current state; called when `/metrics` is asked for. */
export async function refreshGauges(
  metrics: Metrics,
  store: Store,
  trainer: Trainer,
  problems: readonly string[],
): Promise<void> {
  const live = await readLive(store);
  if (live !== undefined)
    metrics.setOnly('trimtab_live_version', 1, { version: live.pointer.champion });
  metrics.set('trimtab_live_hold', live?.pointer.hold === true ? 1 : 0);
  const snapshot = await readLiveSnapshot(store);
  if (snapshot !== undefined) metrics.set('trimtab_snapshot_items', Number(snapshot.items));
  metrics.set('trimtab_training_running', trainer.running() === undefined ? 0 : 1);
  metrics.set('trimtab_problems', problems.length);
  for (const [kind, open] of await countOpen(store))
    metrics.set('trimtab_alerts_open', open, { kind });
}
