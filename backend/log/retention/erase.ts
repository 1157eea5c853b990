import { randomUUID } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { countDeletion, newestDeletion } from '../account/deletions.ts';
import { keepMarks, statement } from '../account/mark.ts';
import { countRevision, newestRevision } from '../account/revision.ts';
import { timeToCountFrom } from '../log-time.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Statement, Store } from '../../store/open.ts';
import { HAS_BUCKET } from './receipts.ts';
import { personalRows, rankingsOf, type PersonalTable } from './personal-rows.ts';

export interface DeletedRows {
  readonly decisions: number;
  readonly events: number;
  readonly outcomes: number;
}

/** What is to be deleted. */
export interface Erased {
  /** SQL that gives one column, `value`, of keyed ids; absent: no user. */
  readonly users?: SQL;
  /** SQL that gives `value`, a keyed id, and `ofErasure`: the newest erasure of a user whose session it was, or null. */
  readonly sessions: SQL;
}

/** What the receipt and the audit log say of it. */
export interface ErasureRequest {
  readonly by: string;
  readonly kind: 'user' | 'session';
  /**
   * Default: a new one, from now. Given where an erasure is carried out again on a restored database, with the highest number of a
   * deletion that was ever given.
   */
  readonly receipt?: { readonly id: string; readonly at: number; readonly above: number };
}

const NOBODY = sql`select null as value where false`;

/** What the transaction under way deletes: the tombstones that bear the newest number. */
const WHOSE = {
  users: sql`(select userId from deleted_users where deletion = ${newestDeletion})`,
  sessions: sql`(select sessionId from deleted_sessions where deletion = ${newestDeletion})`,
};

/**
 * Deletes users and sessions, and notes them in tombstones, so that what still arrives of them is not stored. What names a
 * user is the user's; what names no user is its session's. So rows of another user in a session that was shared stay, and
 * those that name nobody go, as they may be those of the deleted user. Units of a shared session are measured again
 * from what stays. The receipt and the audit log say that something was deleted, but not what.
 */
export async function erase(
  store: Store,
  { users = NOBODY, sessions }: Erased,
  { by, kind, receipt }: ErasureRequest,
  nowMs: number,
): Promise<DeletedRows & { readonly id: string }> {
  const { db } = store;
  const id = receipt?.id ?? randomUUID();
  // By a clock that is behind, a tombstone would be too old to be kept as soon as the clock is right again.
  const deletedAt = await timeToCountFrom(db, nowMs);
  const before = [
    countDeletion(db, receipt?.above),
    statement(
      db,
      sql`insert into deleted_sessions (sessionId, deletedAt, deletion, erasures)
        select value, ${deletedAt}, ${newestDeletion},
          json_group_array(ofErasure) filter (where ofErasure is not null)
        from (select distinct value, ${kind === 'user' ? sql`${id}` : sql`ofErasure`} as ofErasure from (${sessions}))
        where value is not null and value <> '' group by value
        on conflict do update set deletedAt = excluded.deletedAt, deletion = excluded.deletion,
          erasures = (select json_group_array(e.value) from (
            select value from json_each(deleted_sessions.erasures)
            union select value from json_each(excluded.erasures)) e)`,
    ),
    statement(
      db,
      sql`insert into deleted_users (userId, deletedAt, deletion, erasure)
        select value, ${deletedAt}, ${newestDeletion}, ${id} from (${users}) where true
        on conflict do update set deletedAt = excluded.deletedAt, deletion = excluded.deletion, erasure = excluded.erasure`,
    ),
    statement(
      db,
      sql`insert into erasures (id, at, kind, "by", deletion, sessions, "rows", replayedAt, batchesAt)
        select ${id}, ${receipt?.at ?? nowMs}, ${kind}, ${by}, ${newestDeletion},
          (select count(*) from deleted_sessions where deletion = ${newestDeletion}), '{}',
          ${receipt === undefined ? null : nowMs},
          case when exists (select 1 from log_marks where name = ${HAS_BUCKET}) then null else 0 end`,
    ),
  ];
  const steps = stepsOf(store, id);
  const counts = await store.write([
    ...before,
    ...steps.flatMap(({ statements }) => statements),
    countRevision(db, sql`true`),
    statement(
      db,
      sql`update session_days set revision = ${newestRevision}, firstAt = coalesce((
          select min(d.at) from decisions d where d.sessionId = session_days.sessionId
            and d.at >= session_days.day and d.at < session_days.day + ${DAY_MS}), firstAt)
        where sessionId in ${WHOSE.sessions}`,
    ),
    ...keepMarks(db),
  ]);
  const deleted = { decisions: 0, events: 0, outcomes: 0 };
  let next = before.length;
  for (const { table, statements } of steps) {
    if (table !== undefined && table in deleted)
      deleted[table as keyof DeletedRows] += counts[next];
    next += statements.length;
  }
  await store.write([
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: `delete ${kind}`,
      subject: `a ${kind}`,
      details: { ...deleted, receipt: id },
    }),
  ]);
  return { ...deleted, id };
}

interface Step {
  /** Of which the first statement deletes rows; undefined where it changes rows of others. */
  readonly table?: PersonalTable;
  readonly statements: readonly Statement[];
}

/** What is deleted, each followed by its count in the receipt. */
function stepsOf({ db }: Store, id: string): Step[] {
  const rankings = rankingsOf(WHOSE);
  return personalRows(WHOSE).flatMap(({ table, where }): Step[] => {
    const steps: Step[] = where.map((condition) => ({
      table,
      statements: [
        statement(db, sql`delete from ${sql.identifier(table)} where ${condition}`),
        countRows(db, id, table),
      ],
    }));
    if (table !== 'outcomes') return steps;
    // Another's outcome that is credited to a ranking which goes.
    const credited = sql`update outcomes set creditedRanking = null, creditedItem = null
      where creditedSession in ${WHOSE.sessions} and creditedRanking in ${rankings}`;
    return [...steps, { statements: [statement(db, credited)] }];
  });
}

/** Adds what the statement before it deleted. */
const countRows = (db: Store['db'], id: string, table: string): Statement =>
  statement(
    db,
    sql`update erasures set "rows" = json_set("rows", ${`$.${table}`},
        coalesce("rows" ->> ${`$.${table}`}, 0) + changes())
      where id = ${id} and changes() > 0`,
  );
