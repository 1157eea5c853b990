import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { NewestFirst } from '../../../shared/domain/secrets.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import type { Outcome } from '../ingest/outcomes.ts';

/** An outcome with ids as the site gives them. */
export type GivenOutcome = Omit<Outcome, 'sessionId' | 'userId'> & {
  readonly sessionId?: GivenId;
  readonly userId?: GivenId;
};

/**
 * Keys the ids of outcomes: by the key under which the session or user is known, so that what belongs to a person before the
 * key changed still finds them; else by the newest.
 */
export async function keyOutcomes(
  db: LibSQLDatabase,
  given: readonly GivenOutcome[],
  keys: NewestFirst<IdentityKey>,
): Promise<Outcome[]> {
  const [newest, ...older] = keys;
  const known = older.length === 0 ? NOBODY : await knownAmong(db, given, keys);
  const choose = (ids: readonly string[]) => ids.find((id) => known.has(id)) ?? ids[0];
  return given.map(({ sessionId, userId, ...outcome }) => ({
    ...outcome,
    ...(sessionId !== undefined && {
      sessionId: choose([newest, ...older].map((key) => key.sessionId(sessionId))),
    }),
    ...(userId !== undefined && {
      userId: choose([newest, ...older].map((key) => key.userId(userId))),
    }),
  }));
}

const NOBODY: ReadonlySet<string> = new Set();

async function knownAmong(
  db: LibSQLDatabase,
  given: readonly GivenOutcome[],
  keys: NewestFirst<IdentityKey>,
): Promise<ReadonlySet<string>> {
  const ids = given.flatMap(({ sessionId, userId }) =>
    keys.flatMap((key) => [
      ...(sessionId === undefined ? [] : [key.sessionId(sessionId)]),
      ...(userId === undefined ? [] : [key.userId(userId)]),
    ]),
  );
  const asked = sql`(select value from json_each(${JSON.stringify([...new Set(ids)])}))`;
  const rows = await db.all<{ id: string }>(sql`
    select sessionId as id from session_days where sessionId in ${asked}
    union select userId from user_days where userId in ${asked}
    union select sessionId from decisions where sessionId in ${asked}
    union select userId from decisions where userId in ${asked}
    union select userId from deleted_users where userId in ${asked}`);
  return new Set(rows.map(({ id }) => id));
}
