import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { NewestFirst } from '../../../shared/domain/secrets.ts';
import type { GivenId, SessionId, UserId } from '../../../shared/domain/ids.ts';

/** Whom something names, by the ids that the site gives. */
interface Naming {
  readonly sessionId?: GivenId;
  readonly userId?: GivenId;
}

/** The same with keyed ids. */
export type Keyed<T extends Naming> = Omit<T, 'sessionId' | 'userId'> & {
  readonly sessionId?: SessionId;
  readonly userId?: UserId;
};

/**
 * Keys the ids of outcomes, and of lines of orders: by the key under which the session or user is known, so that what belongs to a person before the
 * key changed still finds them; else by the newest.
 */
export async function keyOutcomes<T extends Naming>(
  db: LibSQLDatabase,
  given: readonly T[],
  keys: NewestFirst<IdentityKey>,
): Promise<Keyed<T>[]> {
  const all = given.map(({ sessionId, userId }) => ({
    sessions: sessionId === undefined ? [] : keys.map((key) => key.sessionId(sessionId)),
    users: userId === undefined ? [] : keys.map((key) => key.userId(userId)),
  }));
  const known =
    keys.length === 1
      ? new Set<string>()
      : await knownAmong(
          db,
          all.flatMap(({ sessions, users }) => [...sessions, ...users]),
        );
  const choose = <Id extends string>(ids: readonly Id[]) =>
    ids.find((id) => known.has(id)) ?? ids[0];
  return given.map(({ sessionId, userId, ...outcome }, i) => ({
    ...outcome,
    ...(sessionId !== undefined && { sessionId: choose(all[i].sessions) }),
    ...(userId !== undefined && { userId: choose(all[i].users) }),
  }));
}

/** Who was deleted is known too: what still comes of them is refused under the key under which they were. */
async function knownAmong(
  db: LibSQLDatabase,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = sql`(select value from json_each(${JSON.stringify([...new Set(ids)])}))`;
  const rows = await db.all<{ id: string }>(sql`
    select sessionId as id from session_days where sessionId in ${asked}
    union select userId from user_days where userId in ${asked}
    union select sessionId from decisions where sessionId in ${asked}
    union select userId from decisions where userId in ${asked}
    union select sessionId from deleted_sessions where sessionId in ${asked}
    union select userId from deleted_users where userId in ${asked}`);
  return new Set(rows.map(({ id }) => id));
}
