import { and, eq, inArray, isNull, ne, or, sql, type SQL } from 'drizzle-orm';
import type { UserId } from '../../../shared/domain/ids.ts';
import { keepMarks, statement } from '../account/mark.ts';
import { deleteUserUnits } from './delete-user-units.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import {
  decisions,
  deletedUsers,
  events,
  experimentUnits,
  exposures,
  outcomes,
} from '../../store/tables.ts';

export interface DeletedRows {
  readonly decisions: number;
  readonly events: number;
  readonly outcomes: number;
}

/**
 * Deletes everything that was logged about a user. Rows of this user that arrive later are not stored, so the id cannot be
 * used again. The audit log says that a user was deleted, but not which one.
 */
export async function deleteUser(
  store: Store,
  userId: UserId,
  by: string,
  nowMs: number,
): Promise<DeletedRows> {
  const { db } = store;
  const units = deleteUserUnits(store, userId);
  const counts = await store.write([
    // Outcomes first: some name only a session, and the rows that say whose session it was are deleted below.
    db
      .delete(outcomes)
      .where(and(isNull(outcomes.userId), inArray(outcomes.sessionId, sessionsOf(userId)))),
    db.delete(experimentUnits).where(
      or(
        eq(experimentUnits.userId, userId),
        // Sessions of the user before they logged in, or shared with somebody else. A unit that is a user has its own id as userId.
        and(
          or(isNull(experimentUnits.userId), ne(experimentUnits.unit, experimentUnits.userId)),
          inArray(experimentUnits.unit, sessionsOf(userId)),
        ),
      ),
    ),
    ...units,
    // Days of a session that somebody else used too are kept.
    statement(
      db,
      sql`delete from session_days where sessionId in ${sessionsOf(userId)} and not exists (
        select 1 from decisions d where d.sessionId = session_days.sessionId
          and (d.userId is null or d.userId <> ${userId}))`,
    ),
    statement(db, sql`delete from user_days where userId = ${userId}`),
    db.insert(deletedUsers).values({ userId, deletedAt: nowMs }).onConflictDoNothing(),
    db.delete(decisions).where(eq(decisions.userId, userId)),
    db.delete(events).where(eq(events.userId, userId)),
    db.delete(outcomes).where(eq(outcomes.userId, userId)),
    db.delete(exposures).where(eq(exposures.userId, userId)),
    ...keepMarks(db),
  ]);
  const ofSessions = counts[0];
  const [, decided, happened, own] = counts.slice(2 + units.length + 2);
  const deleted = { decisions: decided, events: happened, outcomes: ofSessions + own };
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

/** All sessions of a user, from the log and from what is kept longer than the log. */
const sessionsOf = (userId: UserId): SQL => sql`(
  select sessionId from decisions where userId = ${userId}
  union select sessionId from exposures where userId = ${userId}
  union select sessionId from user_days where userId = ${userId}
  union select unit from metric_units where userId = ${userId} and kind = 'session'
  union select unit from experiment_units where userId = ${userId} and unit <> userId
  union select s.value from experiment_units u, json_each(u.sessions) s where u.userId = ${userId})`;
