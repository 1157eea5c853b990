import { workerData } from 'node:worker_threads';
import { identityKey } from '../../shared/domain/identity.ts';
import { serve } from '../process/serve.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { serial } from '../process/serial.ts';
import type { Database } from '../store/connect.ts';
import type { PartitionsErased } from '../store/tables.ts';
import { workerDatabase } from '../store/worker-database.ts';
import type { BuildDeps } from './partitions/build-partition.ts';
import { awaitedSince } from './account/awaited-since.ts';
import { daysWithEvents } from './account/log-mark.ts';
import { logsOfOtherSchemas } from './logs-of-schemas.ts';
import { aboutLog, type SchemaLog } from './schema-log.ts';
import type { RelatedPartitions } from './training-set/read-partitions.ts';
import type { StoreLocation } from './partitions/object-store.ts';
import { openObjectStore } from './partitions/open-object-store.ts';
import type { Deleted } from './account/deletions.ts';
import type { LoggedSlate } from '../science/learn/logged-slate.ts';
import type { PartitionName } from './retention/export-person.ts';
import { listPartitions, type Manifest } from './partitions/partition.ts';
import {
  forgetDeleted,
  prunePartitions,
  rekeyPartitions,
  slatesOf,
  syncPartitions,
} from './partitions/partitions.ts';
import { lostDecisions } from './lost-decisions.ts';
import { judgeQuality, type QualityReport, type StrayEvents } from './partitions/quality.ts';
import { unseenValues } from './partitions/unseen-values.ts';
import { countEvents } from './account/read-day.ts';
import type { Span } from './account/span.ts';
import type { TrainingDataSettings } from './settings.ts';
import {
  boundsOf,
  dayOf,
  startOfDay,
  wholeDays,
  type UtcDay,
} from '../../shared/domain/utc-day.ts';

export interface DataWorkerOptions {
  readonly database: Database;
  readonly location: StoreLocation;
  readonly settings: TrainingDataSettings;
  /** How far behind the edge ingest may be: feedback waits for so long for the decision of its ranking. */
  readonly maxLagMs: number;
  /** Ids in partitions from before there were keyed ids are keyed by it. */
  readonly identitySecret: string;
}

export interface PreparedData {
  /** One per day of the window on which something was ranked, in order. */
  readonly manifests: readonly Manifest[];
  /** The same of all days that are counted, the window's among them. */
  readonly counted: readonly Manifest[];
  readonly quality: QualityReport;
  /** The same of other schemas' days in the window, those that training does not read without their partitions. */
  readonly otherLogs: readonly PreparedLog[];
}

export interface PreparedLog extends SchemaLog, RelatedPartitions {}

/** The only one that writes partitions, one job after the other: two builds of one partition would delete each other's parts. */
const { database, location, settings, maxLagMs, identitySecret } = workerData as DataWorkerOptions;
const db = workerDatabase(database);
const objects = openObjectStore(location);
/** With the time of the main thread's clock, which each call brings. */
const depsAt = (nowMs: number): BuildDeps => ({
  db,
  objects,
  accountRules: settings,
  nowMs: () => nowMs,
  maxLagMs,
});
const inTurn = serial();

/** Nothing reads or writes partitions before all of their ids are keyed; a failure is tried again by the next call. */
let isRekeyed = false;
const afterRekeying = <T>(nowMs: number, job: () => Promise<T>): Promise<T> =>
  inTurn(async () => {
    if (!isRekeyed) await rekeyPartitions(depsAt(nowMs), identityKey(identitySecret));
    isRekeyed = true;
    return job();
  });

const exposed = {
  /** Partitions up to date with the log, and how good those of the window are. */
  prepare: (
    schema: Schema,
    window: Span,
    countedFrom: number,
    nowMs: number,
  ): Promise<PreparedData> =>
    afterRekeying(nowMs, async () => {
      const from = Math.min(window.from, countedFrom);
      const counted = await syncPartitions(depsAt(nowMs), schema, { ...window, from });
      const first = wholeDays(window).from;
      const manifests = counted.filter(({ day }) => startOfDay(day) >= first);
      const stray = await strayEvents(
        window,
        new Set(manifests.map(({ day }) => day)),
        await awaitedSince(db, nowMs, maxLagMs),
      );
      const unseen = await unseenValues(db, schema, wholeDays(window), nowMs);
      const lost = await lostDecisions(db, wholeDays(window));
      const quality = judgeQuality(
        schema,
        window,
        { manifests, stray, lost },
        settings.quality,
        nowMs,
        unseen,
      );
      const otherLogs: PreparedLog[] = [];
      for (const log of await logsOfOtherSchemas(db, schema, wholeDays(window)))
        otherLogs.push({
          ...aboutLog(log),
          map: log.map,
          features: log.schema.features.length,
          manifests: log.isRead ? await syncPartitions(depsAt(nowMs), log.schema, window) : [],
        });
      return { manifests, counted, quality, otherLogs };
    }),

  forgetDeleted: (nowMs: number): Promise<PartitionsErased> =>
    afterRekeying(nowMs, () => forgetDeleted(depsAt(nowMs))),

  partitions: (nowMs: number): Promise<PartitionName[]> =>
    afterRekeying(nowMs, () => listPartitions(objects)),

  slatesOf: (partition: PartitionName, whose: Deleted, nowMs: number): Promise<LoggedSlate[]> =>
    afterRekeying(nowMs, () => slatesOf(objects, partition, whose)),

  prune: (before: UtcDay, nowMs: number): Promise<number> =>
    inTurn(() => prunePartitions(depsAt(nowMs), before)),
};

/** Feedback of days on which nothing was ranked. */
async function strayEvents(
  window: Span,
  ranked: ReadonlySet<UtcDay>,
  awaitedSinceMs: number,
): Promise<StrayEvents> {
  let [received, attributed, awaiting] = [0, 0, 0];
  for (const start of await daysWithEvents(db, wholeDays(window))) {
    if (ranked.has(dayOf(start))) continue;
    const found = await countEvents(db, boundsOf(dayOf(start)), awaitedSinceMs);
    received += found.received;
    attributed += found.attributed;
    awaiting += found.awaiting;
  }
  return { received, attributed, awaiting };
}

export type DataWorker = typeof exposed;
serve(exposed);
