import { sql, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { countDeletion, newestDeletion } from '../account/deletions.ts';
import { keepMarks, statement } from '../account/mark.ts';
import { countRevision, newestRevision } from '../account/revision.ts';
import { timeToCountFrom } from '../log-time.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';

export interface DeletedRows {
  readonly decisions: number;
  readonly events: number;
  readonly outcomes: number;
}

/** What is to be deleted: SQL that gives one column, `value`, of keyed ids. */
export interface Erased {
  /** Absent: no user. */
  readonly users?: SQL;
  readonly sessions: SQL;
}

const NOBODY = sql`select null as value where false`;

/** What the transaction under way deletes: the tombstones that bear the newest number. */
const USERS = sql`(select userId from deleted_users where deletion = ${newestDeletion})`;
const SESSIONS = sql`(select sessionId from deleted_sessions where deletion = ${newestDeletion})`;

/** The plus keeps SQLite from looking for the session among all rows that name no user. */
const ANONYMOUS = sql`+userId is null and sessionId in ${SESSIONS}`;
const RANKINGS = sql`(
  select rankingId from decisions where userId in ${USERS}
  union all select rankingId from decisions where ${ANONYMOUS})`;
/** An outcome belongs to the user that it names, or else to the user to whom the account credits it. */
const OWNER = sql`coalesce(userId, creditedUser)`;

/** A day of a session on which another user was logged in, or of which anything is left. */
const IS_SHARED_DAY = sql`(
  exists (select 1 from user_days k
    where k.sessionId = session_days.sessionId and k.day = session_days.day)
  or exists (select 1 from decisions d where d.sessionId = session_days.sessionId
    and d.at >= session_days.day and d.at < session_days.day + ${DAY_MS}))`;

/**
 * Deletes users and sessions, and notes them in tombstones, so that what still arrives of them is not stored. What names a
 * user is the user's; what names no user is its session's. So rows of another user in a session that was shared stay, and
 * those that name nobody go, as they may be those of the deleted user. Units of a shared session are measured again
 * from what stays. The audit log says that something was deleted, but not what.
 */
export async function erase(
  store: Store,
  { users = NOBODY, sessions }: Erased,
  { by, action, subject }: { by: string; action: string; subject: string },
  nowMs: number,
): Promise<DeletedRows> {
  const { db } = store;
  // By a clock that is behind, a tombstone would be too old to be kept as soon as the clock is right again.
  const deletedAt = await timeToCountFrom(db, nowMs);
  const tombstones = [
    countDeletion(db),
    statement(
      db,
      sql`insert into deleted_sessions (sessionId, deletedAt, deletion)
        select value, ${deletedAt}, ${newestDeletion} from (select distinct value from (${sessions}))
        where value is not null and value <> ''
        on conflict do update set deletedAt = excluded.deletedAt, deletion = excluded.deletion`,
    ),
    statement(
      db,
      sql`insert into deleted_users (userId, deletedAt, deletion)
        select value, ${deletedAt}, ${newestDeletion} from (${users}) where true
        on conflict do update set deletion = excluded.deletion`,
    ),
  ];
  const counts = await store.write([
    ...tombstones,
    ...STEPS.map(([, query]) => statement(db, query)),
    countRevision(db, sql`true`),
    statement(
      db,
      sql`update session_days set revision = ${newestRevision}, firstAt = coalesce((
          select min(d.at) from decisions d where d.sessionId = session_days.sessionId
            and d.at >= session_days.day and d.at < session_days.day + ${DAY_MS}), firstAt)
        where sessionId in ${SESSIONS}`,
    ),
    ...keepMarks(db),
  ]);
  const deleted = { decisions: 0, events: 0, outcomes: 0 };
  for (const [i, [table]] of STEPS.entries())
    if (table !== undefined) deleted[table] += counts[tombstones.length + i];
  await store.write([
    recordAudit(store, { at: nowMs, actor: by, action, subject, details: { ...deleted } }),
  ]);
  return deleted;
}

/** Of each step the rows that are counted, if any. What says which rankings and users are meant is deleted last. */
const STEPS: readonly (readonly [keyof DeletedRows | undefined, SQL])[] = [
  [
    undefined,
    sql`delete from training_exclusions where kind = 'user' and subject in ${USERS}
      or kind = 'session' and subject in ${SESSIONS}`,
  ],
  ['outcomes', sql`delete from outcomes where userId in ${USERS}`],
  ['outcomes', sql`delete from outcomes where creditedUser in ${USERS}`],
  ['outcomes', sql`delete from outcomes where sessionId in ${SESSIONS} and ${OWNER} is null`],
  [
    undefined,
    sql`update outcomes set creditedRanking = null, creditedItem = null
      where creditedSession in ${SESSIONS} and creditedRanking in ${RANKINGS}`,
  ],
  [undefined, sql`delete from late_rankings where rankingId in ${RANKINGS}`],
  [undefined, sql`delete from exposures where userId in ${USERS}`],
  [undefined, sql`delete from exposures where rankingId in ${RANKINGS}`],
  ['events', sql`delete from events where userId in ${USERS}`],
  ['events', sql`delete from events where ${ANONYMOUS}`],
  [
    undefined,
    // A unit that is a user has its own id as userId. A session may be called as a user is.
    sql`delete from experiment_units where userId in ${USERS}
      or (userId is null or unit <> userId) and unit in ${SESSIONS}`,
  ],
  [
    undefined,
    sql`delete from metric_units where userId in ${USERS}
      or kind = 'user' and unit in ${USERS} or kind = 'session' and unit in ${SESSIONS}`,
  ],
  [undefined, sql`delete from user_days where userId in ${USERS}`],
  ['decisions', sql`delete from decisions where userId in ${USERS}`],
  ['decisions', sql`delete from decisions where ${ANONYMOUS}`],
  [
    undefined,
    sql`delete from session_days where sessionId in ${SESSIONS} and not ${IS_SHARED_DAY}`,
  ],
];
