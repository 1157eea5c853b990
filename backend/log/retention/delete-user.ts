import { sql, type SQL } from 'drizzle-orm';
import type { UserId } from '../../../shared/domain/ids.ts';
import type { Store } from '../../store/open.ts';
import { erase, type DeletedRows } from './erase.ts';

/**
 * Deletes everything that was logged about a user: also what they did before they logged in, in sessions in which they
 * did. Rows of this user that arrive later are not stored, so the id cannot be used again until `allowUser`.
 */
export const deleteUser = (
  store: Store,
  userId: UserId,
  by: string,
  nowMs: number,
): Promise<DeletedRows & { readonly id: string }> =>
  erase(
    store,
    { users: sql`select ${userId} as value`, sessions: sessionsOf(userId) },
    { by, kind: 'user' },
    nowMs,
  );

/**
 * All sessions of a user, from the log and from what is kept longer than the log; and those of an earlier erasure of the same user,
 * of which rows may still arrive.
 */
export const sessionsOf = (userId: UserId): SQL => sql`
  select sessionId as value from decisions where userId = ${userId}
  union select d.sessionId from deleted_users u, deleted_sessions d
    where u.userId = ${userId} and (d.deletion = u.deletion
      or exists (select 1 from json_each(d.erasures) e where e.value = u.erasure))
  union select sessionId from events where userId = ${userId}
  union select sessionId from exposures where userId = ${userId}
  union select sessionId from user_days where userId = ${userId}
  union select sessionId from outcomes where userId = ${userId}
  union select creditedSession from outcomes where creditedUser = ${userId}
  union select sessionId from order_lines where userId = ${userId}
  union select o.creditedSession from order_lines l cross join orders o on o.orderId = l.orderId
    where l.userId = ${userId} and o.creditedUser is null
  union select unit from metric_units where userId = ${userId} and kind = 'session'
  union select unit from experiment_units where userId = ${userId} and unit <> userId
  union select s.value from experiment_units u, json_each(u.sessions) s where u.userId = ${userId}`;
