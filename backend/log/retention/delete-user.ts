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
  const units = deleteUserUnits(store, userId);
  const counts = await store.write([
    // First, while all that tells whose a session was is still there: an outcome may name nothing else.
    db
      .delete(outcomes)
      .where(and(isNull(outcomes.userId), inArray(outcomes.sessionId, sessionsOf(userId)))),
    db.delete(experimentUnits).where(
      or(
        eq(experimentUnits.userId, userId),
        // A session of theirs, before they were known or beside somebody else; a unit that is a user is its own user.
        and(
          or(isNull(experimentUnits.userId), ne(experimentUnits.unit, experimentUnits.userId)),
          inArray(experimentUnits.unit, sessionsOf(userId)),
        ),
      ),
    ),
    ...units,
    // What is known of a session that went on as somebody else's stays theirs.
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

/** All that were known to be a user's: the log and what outlives it tell. */
const sessionsOf = (userId: UserId): SQL => sql`(
  select sessionId from decisions where userId = ${userId}
  union select sessionId from exposures where userId = ${userId}
  union select sessionId from user_days where userId = ${userId}
  union select unit from metric_units where userId = ${userId} and kind = 'session'
  union select unit from experiment_units where userId = ${userId} and unit <> userId
  union select s.value from experiment_units u, json_each(u.sessions) s where u.userId = ${userId})`;
