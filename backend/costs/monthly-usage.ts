import type { Measured } from './measure.ts';
import type { MonthlyUsage } from './estimate.ts';

/** What a system does by the clock, whether anybody visits or not. */
export interface Clockwork {
  /** Of `costs` in the configuration. */
  readonly isolates: number;
  readonly workerCpuMs: number;
  readonly durableObjectMs: number;
  /** How often the backend looks at KV, and probes the edge (0: never). */
  readonly watchEveryMs: number;
  readonly edgeProbeMs: number;
}

/** What partitions lie in a bucket, and how many objects were written in the time that was measured. */
export interface BucketUse {
  readonly bytes: number;
  readonly objects: number;
  readonly written: number;
}

/** A month of the estimate. */
export const MONTH_DAYS = 30;
const [DAY_MS, GB, HOUR_MS] = [86_400_000, 1e9, 3_600_000];
/** `REFRESH_MS` of the Worker by default: how often an isolate asks for the live weights and the snapshot. */
const REFRESH_MS = 5000;
/** The memory that a Durable Object is billed for. */
const OBJECT_GB = 0.128;
/** Rows with their indexes that EventLog writes for a ranking by itself and for an event, until they are delivered and forgotten. */
const ROWS = { ranking: 4, event: 12, batch: 4 };
/** What EventLog keeps of an event to know it again, for two days. */
const SEEN = { bytes: 200, days: 2 };

/**
 * What is used in a month of 30 days. Rankings and events may share requests, calls and rows, and reads are answered from caches; each is counted
 * by itself, so that the estimate is rather too high than too low.
 * @param bucket undefined where partitions lie in a folder.
 */
export function monthlyUsage(
  measured: Measured,
  clockwork: Clockwork,
  bucket: BucketUse | undefined,
): MonthlyUsage {
  const { isolates, workerCpuMs, durableObjectMs, watchEveryMs, edgeProbeMs } = clockwork;
  const monthly = (n: number) => (n * MONTH_DAYS) / measured.days;
  const everyMs = (ms: number) => (ms === 0 ? 0 : (MONTH_DAYS * DAY_MS) / ms);
  const [rankings, events, batches] = [
    monthly(measured.rankings),
    monthly(measured.events),
    monthly(measured.batches),
  ];
  // The pointers of weights and of the catalogue.
  const watched = 2 * everyMs(watchEveryMs);
  const writes = monthly(measured.published + measured.pointerMoves);
  const deletes = monthly(measured.deleted);
  const requests = rankings + events + watched + everyMs(edgeProbeMs) + writes + deletes;
  const refreshes = isolates * everyMs(REFRESH_MS);
  const calls = rankings + events + batches + refreshes;
  const rows = ROWS.ranking * rankings + ROWS.event * events + ROWS.batch * batches;
  return {
    workerRequests: requests,
    workerCpuMs: requests * workerCpuMs,
    durableObjectRequests: calls,
    durableObjectGbSeconds: (calls * durableObjectMs * OBJECT_GB) / 1000,
    // Each row is read when it is sent and when it goes.
    durableObjectRowsRead: 2 * rows,
    durableObjectRowsWritten: rows,
    durableObjectStorageGb: ((events / MONTH_DAYS) * SEEN.days * SEEN.bytes) / GB,
    // An isolate reads the pointer of the catalogue by itself, and LiveWeights that of the weights for all of them, once a second at most.
    kvReads: refreshes + Math.min(refreshes, everyMs(1000)) + watched,
    kvWrites: writes,
    kvDeletes: deletes,
    kvStorageGb: measured.kvBytes / GB,
    bucketWrites: bucket === undefined ? 0 : monthly(bucket.written),
    bucketReads: bucket === undefined ? 0 : monthly(measured.trainings * bucket.objects),
    bucketStorageGb: (bucket?.bytes ?? 0) / GB,
    trainingHours: monthly(measured.trainingMs) / HOUR_MS,
  };
}
