import { sql, type SQL } from 'drizzle-orm';
import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { statement } from '../account/mark.ts';
import type { Store } from '../../store/open.ts';

type Kind = 'session' | 'user';

/** An expression over a row that is an id, and what the row is set to. */
interface IdColumn {
  readonly name: string;
  /** Of the id in the column, as SQL that gives `session` or `user`. */
  readonly kind: SQL;
}

const session = (name: string): IdColumn => ({ name, kind: sql`'session'` });
const user = (name: string): IdColumn => ({ name, kind: sql`'user'` });

/** Every column that holds the id of a session or user. */
const TABLES: Readonly<Record<string, readonly IdColumn[]>> = {
  decisions: [session('sessionId'), user('userId')],
  events: [session('sessionId'), user('userId')],
  exposures: [session('sessionId'), user('userId')],
  session_days: [session('sessionId')],
  user_days: [session('sessionId'), user('userId')],
  outcomes: [
    session('sessionId'),
    user('userId'),
    session('creditedSession'),
    user('creditedUser'),
  ],
  metric_units: [{ name: 'unit', kind: sql`metric_units.kind` }, user('userId')],
  // A unit that is a user has its own id as userId.
  experiment_units: [
    {
      name: 'unit',
      kind: sql`case when experiment_units.unit = experiment_units.userId then 'user' else 'session' end`,
    },
    user('userId'),
  ],
  deleted_users: [user('userId')],
  deleted_sessions: [session('sessionId')],
};

const DONE = 'ids are keyed';
const markOf = (table: string) => `${DONE}: ${table}`;
const PAGE = 5000;

/**
 * Keys the ids of a log from before there were keyed ids, once and in place: every row stays, and what belonged to one
 * session or user still does. Each table is one transaction that also marks it as done, so that it may be cut short at any
 * moment, and of two backends that start at once one does it. At the end the file is rewritten, so that no free page holds
 * an id as it was.
 */
export async function rekeyLog(
  store: Store,
  key: IdentityKey,
  nowMs: number,
  log: (message: string) => void,
): Promise<void> {
  const { db } = store;
  if (await isMarked(store, DONE)) return;
  const run = (query: SQL) => store.write([statement(db, query)]);
  await run(sql`create table if not exists keyed_ids (
    kind text not null, given text not null, keyed text, primary key (kind, given)) without rowid`);
  for (const [table, columns] of Object.entries(TABLES))
    if (!(await isMarked(store, markOf(table))))
      for (const { name, kind } of columns)
        await run(sql`insert or ignore into keyed_ids (kind, given)
          select distinct ${kind}, ${sql.identifier(name)} from ${sql.identifier(table)}
          where ${sql.identifier(name)} is not null and ${sql.identifier(name)} <> ''`);
  await run(sql`insert or ignore into keyed_ids (kind, given)
    select distinct 'session', s.value from experiment_units u, json_each(u.sessions) s
    where not exists (select 1 from log_marks where name = ${markOf('experiment_units')})`);
  const ids = await keyAll(store, key);
  if (ids > 0)
    log(`${ids.toLocaleString('en')} ids of sessions and users are being keyed in the log`);
  for (const [table, columns] of Object.entries(TABLES))
    await rekeyTable(store, table, columns, nowMs);
  await store.write([
    statement(
      db,
      sql`insert into log_marks (name, value) values (${DONE}, ${String(nowMs)})
      on conflict do nothing`,
    ),
    statement(db, sql`delete from log_marks where name like ${`${DONE}: %`}`),
    statement(db, sql`drop table if exists keyed_ids`),
  ]);
  if (ids > 0) await store.compact();
}

/** @returns how many ids there are. */
async function keyAll(store: Store, key: IdentityKey): Promise<number> {
  let count = 0;
  for (;;) {
    const page = await store.db.all<{ kind: Kind; given: GivenId }>(
      sql`select kind, given from keyed_ids where keyed is null limit ${PAGE}`,
    );
    if (page.length === 0) return count;
    const rows = page.map(({ kind, given }) => [
      kind,
      given,
      kind === 'user' ? key.userId(given) : key.sessionId(given),
    ]);
    await store.write([
      statement(
        store.db,
        sql`insert into keyed_ids (kind, given, keyed)
          select value ->> 0, value ->> 1, value ->> 2 from json_each(${JSON.stringify(rows)}) where true
          on conflict do update set keyed = excluded.keyed`,
      ),
    ]);
    count += page.length;
  }
}

async function rekeyTable(
  store: Store,
  table: string,
  columns: readonly IdColumn[],
  nowMs: number,
): Promise<void> {
  const isOpen = sql`not exists (select 1 from log_marks where name in (${DONE}, ${markOf(table)}))`;
  const keyed = ({ name, kind }: IdColumn) => sql`${sql.identifier(name)} = coalesce((
    select k.keyed from keyed_ids k
    where k.kind = ${kind} and k.given = ${sql.identifier(table)}.${sql.identifier(name)}), ${sql.identifier(name)})`;
  const sessions = sql`sessions = (
    select json_group_array(k.keyed) from json_each(experiment_units.sessions) s
    join keyed_ids k on k.kind = 'session' and k.given = s.value)`;
  const set = columns.map(keyed);
  if (table === 'experiment_units') set.push(sessions);
  await store.write([
    statement(
      store.db,
      sql`update ${sql.identifier(table)} set ${sql.join(set, sql`, `)} where ${isOpen}`,
    ),
    statement(
      store.db,
      sql`insert into log_marks (name, value) values (${markOf(table)}, ${String(nowMs)})
      on conflict do nothing`,
    ),
  ]);
}

async function isMarked({ db }: Pick<Store, 'db'>, name: string): Promise<boolean> {
  const rows = await db.all(sql`select 1 from log_marks where name = ${name}`);
  return rows.length > 0;
}
