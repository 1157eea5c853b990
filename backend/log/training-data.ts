import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { threadOnDemand } from '../process/thread.ts';
import type { Account } from './account/account.ts';
import type { DataWorker, DataWorkerOptions, PreparedData } from './data-worker.ts';
import { readLogTime } from './log-time.ts';
import { pruneRecords } from './retention/prune-records.ts';
import type { PrivacySettings } from './retention/settings.ts';
import type { ReadableSlates } from './retention/export-person.ts';
import type { ErasureJournal } from './partitions/journal.ts';
import {
  completePartitions,
  journalErasures,
  pruneReceipts,
  receiptsSince,
} from './retention/receipts.ts';
import { emptyLogAfterDeletions, rewriteAfterDeletions } from './retention/rewrite-file.ts';
import { readNewestDeletion } from './account/deletions.ts';
import { deliveryMs, pruneTombstones } from './retention/tombstones.ts';
import { pruneLog, type PrunedRows } from './retention/prune.ts';
import type { Span } from './account/span.ts';
import { DAY_MS, dayOf, floorToDay } from '../../shared/domain/utc-day.ts';

export interface Pruned extends PrunedRows {
  /** Epoch ms: nothing from before is left, but for outcomes. 0: the log is empty, and nothing was deleted by age. */
  readonly before: number;
  readonly partitions: number;
}

/** What the rest of the backend asks of the log and its partitions; the work is done in a thread of its own. */
export interface TrainingDataService extends Pick<DataWorkerOptions, 'location' | 'settings'> {
  /**
   * Partitions of a window up to date with the log, and a report on their quality.
   * @param countedFrom epoch ms: from when partitions are brought up to date besides; default: the window's.
   */
  prepare(schema: Schema, window: Span, countedFrom?: number): Promise<PreparedData>;
  /** Takes deleted users and sessions out of every partition, and empties the database's log of them. */
  forgetDeleted(): Promise<void>;
  /** What partitions say of somebody. */
  readonly slates: ReadableSlates;
  /** Deletes what is older than the retention, counted from the newest entry of the log. */
  prune(): Promise<Pruned>;
  /**
   * Rids a folder of this machine of deleted people and of days that are over; a bucket is shared, and `prune`'s. Of several
   * backends only one prunes, and each may have partitions in a folder of its own.
   */
  pruneOwnFolder(): Promise<void>;
  stop(): Promise<void>;
}

export function trainingData(
  options: DataWorkerOptions & {
    readonly store: Store;
    readonly nowMs: () => number;
    /** How long outcomes are kept: long-term values are waited for longer than the log. */
    readonly keptDays: number;
    readonly account: Pick<Account, 'update'>;
    readonly journal: ErasureJournal;
    readonly privacy: PrivacySettings;
    /** Takes what is to outlive the log out of it. */
    readonly beforePrune: () => Promise<void>;
  },
): TrainingDataService {
  const {
    store,
    nowMs,
    keptDays,
    beforePrune,
    journal,
    privacy,
    database,
    location,
    settings,
    account,
  } = options;
  const { maxLagMs, identitySecret } = options;
  const workerData: DataWorkerOptions = {
    database,
    location,
    settings,
    maxLagMs,
    identitySecret,
  };
  const thread = threadOnDemand<DataWorker>(
    new URL('./data-worker.ts', import.meta.url),
    workerData,
  );
  const forgetInPartitions = async () => {
    const upTo = await readNewestDeletion(store.db);
    const found = await thread.call((worker) => worker.forgetDeleted(nowMs()));
    await store.write([completePartitions(store, found, upTo, nowMs())]);
  };
  return {
    location,
    settings,
    async prepare(schema, window, countedFrom = window.from) {
      await account.update();
      return thread.call((worker) => worker.prepare(schema, window, countedFrom, nowMs()));
    },
    async forgetDeleted() {
      await forgetInPartitions();
      await emptyLogAfterDeletions(store, nowMs());
    },
    slates: {
      partitions: () => thread.call((worker) => worker.partitions(nowMs())),
      slatesOf: (partition, whose) =>
        thread.call((worker) => worker.slatesOf(partition, whose, nowMs())),
    },
    async prune() {
      const logMs = (await readLogTime(store.db, nowMs())) ?? 0;
      const before = Math.max(0, floorToDay(logMs - settings.retentionDays * DAY_MS));
      // Closed days are counted while they are whole.
      await account.update();
      await beforePrune();
      const keptBefore = Math.max(0, floorToDay(logMs - keptDays * DAY_MS));
      const rows = await pruneLog(store, before, keptBefore);
      const countedBefore = Math.max(0, floorToDay(logMs - settings.dailyCountsDays * DAY_MS));
      await pruneRecords(store, before, keptBefore, countedBefore, { privacy, logMs });
      // A deletion that could not reach every partition is made up for here, before its tombstones go.
      await forgetInPartitions();
      await journalErasures(store, journal, nowMs());
      await pruneTombstones(store, logMs - deliveryMs(settings.attributionDays));
      const partitions = await thread.call((worker) => worker.prune(dayOf(before), nowMs()));
      await rewriteAfterDeletions(store, nowMs());
      await pruneReceipts(store, journal, await receiptsSince(store, privacy, nowMs()));
      return { before, ...rows, partitions };
    },
    async pruneOwnFolder() {
      if (location.kind !== 'folder') return;
      const logMs = (await readLogTime(store.db, nowMs())) ?? 0;
      const before = Math.max(0, floorToDay(logMs - settings.retentionDays * DAY_MS));
      await thread.call((worker) => worker.forgetDeleted(nowMs()));
      await thread.call((worker) => worker.prune(dayOf(before), nowMs()));
    },
    stop: () => thread.stop(),
  };
}
