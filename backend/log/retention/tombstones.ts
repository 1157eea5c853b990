import { sql } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { countPruned } from '../account/deletions.ts';
import { statement } from '../account/mark.ts';
import type { ErasureJournal } from '../partitions/journal.ts';
import { allowReceipt, newReceiptId } from './receipts.ts';

/** How long after a ranking feedback on it may arrive: the days in which it counts, and one for shipping. */
export const deliveryMs = (attributionDays: number): number => (attributionDays + 1) * DAY_MS;

/** Removes the tombstones of sessions of which nothing can arrive any more. Partitions were rid of them before. */
export async function pruneTombstones(store: Store, before: number): Promise<void> {
  const { db } = store;
  await store.write([
    countPruned(db, sql`select max(deletion) from deleted_sessions where deletedAt < ${before}`),
    statement(db, sql`delete from deleted_sessions where deletedAt < ${before}`),
  ]);
}

/**
 * Lets a deleted user be stored again: who comes back is somebody new. Partitions were rid of them before.
 * @param deletedBefore epoch ms; a user who was deleted later is still refused, as what they did before may still arrive.
 * @returns whether they were deleted; or until when they are refused, epoch ms of their deletion.
 */
export async function allowUser(
  store: Store,
  userId: string,
  deletedBefore: number,
  by: string,
  nowMs: number,
  journal: Pick<ErasureJournal, 'write'>,
): Promise<{ readonly isAllowed: boolean; readonly deletedAt?: number }> {
  const { db } = store;
  const [row] = await db.all<{ deletedAt: number; deletion: number }>(
    sql`select deletedAt, deletion from deleted_users where userId = ${userId}`,
  );
  if (row !== undefined && row.deletedAt > nowMs) {
    // By a clock that was ahead: they would be refused until it has caught up.
    const deletedAt = nowMs;
    await store.write([
      statement(
        db,
        sql`update deleted_users set deletedAt = ${deletedAt} where userId = ${userId}`,
      ),
    ]);
    return { isAllowed: false, deletedAt };
  }
  if (row === undefined) return { isAllowed: false };
  const { deletedAt, deletion } = row;
  if (deletedAt >= deletedBefore) return { isAllowed: false, deletedAt };
  const receipt = { id: newReceiptId(), at: nowMs, by, deletion };
  // First, as the tombstone is the only other place that has the id. A process that ends in between does the rest at its next start.
  await journal.write({ ...receipt, kind: 'allow', users: [userId], sessions: [] });
  await store.write([
    statement(db, sql`delete from deleted_users where userId = ${userId}`),
    allowReceipt(store, receipt),
    recordAudit(store, { at: nowMs, actor: by, action: 'allow user', subject: 'a user' }),
  ]);
  return { isAllowed: true };
}
