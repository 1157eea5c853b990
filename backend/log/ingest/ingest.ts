import { eq } from 'drizzle-orm';
import type { IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import type { Store } from '../../store/open.ts';
import { batches } from '../../store/tables.ts';
import { batchLagMs, oldestEventMs } from './batch-lag.ts';
import { DECISION_COLUMNS, decisionRow } from './decision-rows.ts';
import { EVENT_COLUMNS, eventRow } from './event-rows.ts';
import { EXPOSURE_COLUMNS, exposureRows } from './exposure-rows.ts';
import { deleteLateSessions } from '../retention/delete-late-sessions.ts';
import { eraseSessions } from '../retention/erase-sessions.ts';
import { insertRows, rowsChanged, NOT_DELETED } from '../../store/insert-rows.ts';

/** A batch that waits for longer than this without being begun is not stored: its edge object sends it again. */
const BEGIN_WITHIN_MS = 6000;

export interface Ingested {
  readonly batchId: string;
  /** Rows that are in the store now and were not before. */
  readonly decisions: number;
  readonly events: number;
  /** True when the whole batch had been committed before: it was sent again. */
  readonly duplicate: boolean;
}

/**
 * Commits a batch, once: the batch's own row, its decisions with what they were exposed to, and its events in one
 * transaction. Redelivery of the batch, or of an event in another batch, changes nothing. Rows of deleted users and
 * sessions are left out, and sessions that the batch has erasures of are deleted: before it is stored, as a batch that is
 * committed may never be delivered again.
 * @throws DatabaseBusy where the database has no time for it: nothing of it is stored.
 */
export async function ingest(store: Store, batch: IngestBatch, nowMs: number): Promise<Ingested> {
  const { batchId, erasures = [] } = batch;
  const named = [...batch.decisions, ...batch.events];
  await deleteLateSessions(store, named, nowMs);
  await eraseSessions(store, erasures, nowMs);
  const known = await store.db
    .select({ batchId: batches.batchId })
    .from(batches)
    .where(eq(batches.batchId, batchId));
  if (known.length > 0) return { batchId, decisions: 0, events: 0, duplicate: true };
  const decisions = insertRows({
    table: 'decisions',
    columns: DECISION_COLUMNS,
    rows: batch.decisions.map(decisionRow),
    where: NOT_DELETED,
  });
  const events = insertRows({
    table: 'events',
    columns: EVENT_COLUMNS,
    rows: batch.events.map(eventRow),
    where: NOT_DELETED,
  });
  const exposures = insertRows({
    table: 'exposures',
    columns: EXPOSURE_COLUMNS,
    rows: batch.decisions.flatMap(exposureRows),
    where: NOT_DELETED,
  });
  const own = store.db
    .insert(batches)
    .values({
      batchId,
      decisions: batch.decisions.length,
      events: batch.events.length,
      lost: batch.lost ?? 0,
      committedAt: nowMs,
      lagMs: batchLagMs(batch, nowMs) ?? null,
      oldestEventMs: oldestEventMs(batch, nowMs) ?? null,
    })
    .onConflictDoNothing();
  const [isNew, ...inserted] = await store.write([own, ...decisions, ...events, ...exposures], {
    beginWithinMs: BEGIN_WITHIN_MS,
  });
  // Of users who were deleted in between.
  await deleteLateSessions(store, named, nowMs);
  return {
    batchId,
    decisions: rowsChanged(inserted.slice(0, decisions.length)),
    events: rowsChanged(inserted.slice(decisions.length, decisions.length + events.length)),
    duplicate: isNew === 0,
  };
}
