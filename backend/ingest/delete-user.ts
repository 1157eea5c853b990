import { eq } from 'drizzle-orm';
import type { UserId } from '../../shared/domain/ids.ts';
import { deleteUserUnits } from '../metric-weights/delete-user-units.ts';
import { recordAudit } from '../publish/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { decisions, deletedUsers, events, exposures, outcomes } from '../store/tables.ts';

export interface DeletedRows {
  readonly decisions: number;
  readonly events: number;
  readonly outcomes: number;
}

/**
 * Deletes all that was logged of a user, and refuses what is still on its way here: from now on the id is
 * spent. The audit log says that a user was deleted, not which.
 */
export async function deleteUser(
  store: Store,
  userId: UserId,
  by: string,
  nowMs: number,
): Promise<DeletedRows> {
  const { db } = store;
  const counts = await store.write([
    ...deleteUserUnits(store, userId),
    db.insert(deletedUsers).values({ userId, deletedAt: nowMs }).onConflictDoNothing(),
    db.delete(decisions).where(eq(decisions.userId, userId)),
    db.delete(events).where(eq(events.userId, userId)),
    db.delete(outcomes).where(eq(outcomes.userId, userId)),
    db.delete(exposures).where(eq(exposures.userId, userId)),
  ]);
  const deleted = { decisions: counts[2], events: counts[3], outcomes: counts[4] };
  await store.write([
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: 'delete user',
      subject: 'a user',
      details: { ...deleted },
    }),
  ]);
  return deleted;
}
