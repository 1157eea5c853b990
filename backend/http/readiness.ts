import { countOpen } from '../monitor/list-alerts.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { PublishedCheck } from '../catalogue/check-published.ts';
import type { EdgeKey } from '../log/identity/edge-key.ts';
import { placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';
import type { StoredBatches } from '../log/stored-batches/service.ts';
import { readLive } from '../models/live-pointer.ts';
import { problemOfPointer } from '../models/pointer-problem.ts';
import { readLiveSnapshot, type SnapshotPublisher } from '../catalogue/snapshot-publisher.ts';
import type { PointerWatch } from '../models/pointer-watch.ts';
import type { Trainer } from '../runs/trainer.ts';
import type { StoreHealth } from '../store/health.ts';
import type { Store } from '../store/open.ts';
import type { Metrics } from '../process/metrics.ts';

export interface ProblemSources {
  readonly store: Store;
  readonly storeHealth: Pick<StoreHealth, 'problems'>;
  readonly pointerWatch: PointerWatch | undefined;
  readonly snapshots: Pick<SnapshotPublisher, 'problem'>;
  readonly publishedCheck: Pick<PublishedCheck, 'problem'>;
  readonly edgeKey: Pick<EdgeKey, 'problem'>;
  /** Where there is a bucket of the log. */
  readonly storedBatches?: Pick<StoredBatches, 'problem'>;
}

/**
 * Reasons why the database is not to be relied on, or the edge may not be up to date or keys ids by an unknown key, as
 * sentences; none when all is well.
 * They are told to anybody: none of them quotes the pointer.
 */
export async function findProblems({
  store,
  storeHealth,
  pointerWatch,
  snapshots,
  publishedCheck,
  edgeKey,
  storedBatches,
}: ProblemSources): Promise<string[]> {
  const found = [
    ...(await storeHealth.problems()),
    pointerWatch === undefined ? 'the backend is starting' : pointerWatch.problem(),
    await problemOfPointer(store).catch(
      (error: unknown) => `the database cannot be read: ${messageOf(error)}`,
    ),
    snapshots.problem(),
    publishedCheck.problem(),
    edgeKey.problem(),
    storedBatches?.problem(),
  ];
  return [...new Set(found.filter((problem) => problem !== undefined))];
}

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
  metrics.clear('trimtab_live_placement_version');
  metrics.clear('trimtab_live_placement_hold');
  for (const placement of live === undefined ? [] : placementsOf(live.pointer)) {
    const { champion, hold } = pointerAt(live!.pointer, placement)!;
    metrics.set('trimtab_live_placement_version', 1, { placement, version: champion });
    metrics.set('trimtab_live_placement_hold', hold === true ? 1 : 0, { placement });
  }
  metrics.set('trimtab_live_hold', live?.pointer.hold === true ? 1 : 0);
  const snapshot = await readLiveSnapshot(store);
  if (snapshot !== undefined) metrics.set('trimtab_snapshot_items', Number(snapshot.items));
  metrics.set('trimtab_training_running', trainer.running() === undefined ? 0 : 1);
  metrics.set('trimtab_problems', problems.length);
  for (const [kind, open] of await countOpen(store))
    metrics.set('trimtab_alerts_open', open, { kind });
}
