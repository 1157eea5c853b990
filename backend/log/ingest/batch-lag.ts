import type { IngestBatch } from '../../../shared/format/ingest-bytes.ts';

/** How far ingest is behind: from the newest entry of a batch to its commit, ms. Undefined of an empty one. */
export function batchLagMs({ decisions, events }: IngestBatch, nowMs: number): number | undefined {
  let newestMs = 0;
  for (const { at } of decisions) newestMs = Math.max(newestMs, at);
  for (const { receivedAt } of events) newestMs = Math.max(newestMs, receivedAt);
  return newestMs === 0 ? undefined : Math.max(0, nowMs - newestMs);
}

/** How long the oldest event of a batch waited for its commit, ms. Undefined without events. */
export function oldestEventMs({ events }: IngestBatch, nowMs: number): number | undefined {
  if (events.length === 0) return undefined;
  let oldest = nowMs;
  for (const { receivedAt } of events) oldest = Math.min(oldest, receivedAt);
  return nowMs - oldest;
}
