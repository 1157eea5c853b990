import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Client } from '@libsql/client';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { drizzle } from 'drizzle-orm/libsql';
import { migrate } from 'drizzle-orm/libsql/migrator';
import { expect, test } from 'vitest';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/settings.ts';
import { updateAccount } from '../../../backend/log/account/update-account.ts';
import { openStore } from '../../../backend/store/open.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import * as tables from '../../../backend/store/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MIGRATIONS = new URL('../../../backend/store/migrations/', import.meta.url);
const META = new URL('meta/', MIGRATIONS);

test('the newest snapshot is what the tables declare, so that the next migration starts from there', async () => {
  const newest = readdirSync(META)
    .filter((file) => file.endsWith('_snapshot.json'))
    .toSorted()
    .at(-1)!;
  const kept = JSON.parse(readFileSync(new URL(newest, META), 'utf8'));
  const declared = await generateSQLiteDrizzleJson(tables, kept.id);
  expect(await generateSQLiteMigration(kept, declared)).toEqual([]);
});

test('the migrations, written by hand or not, make the tables that are declared', async () => {
  const [migrated, declared] = [memory(), memory()];
  await migrate(drizzle(migrated), { migrationsFolder: MIGRATIONS.pathname });
  const statements = await generateSQLiteMigration(
    await generateSQLiteDrizzleJson({}),
    await generateSQLiteDrizzleJson(tables),
  );
  for (const statement of statements) await declared.execute(statement);
  expect(await shapeOf(migrated)).toEqual(await shapeOf(declared));
});

test('a store of the version before keeps every row, and its log is judged', async () => {
  const folder = temporaryFolder();
  cpSync(MIGRATIONS, join(folder, 'before'), { recursive: true });
  const journal = join(folder, 'before', 'meta', '_journal.json');
  const { entries, ...head } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] };
  writeFileSync(journal, JSON.stringify({ ...head, entries: entries.slice(0, 5) }));
  const url = `file:${join(folder, 'trimtab.db')}`;
  const old = createClient({ url });
  await migrate(drizzle(old), { migrationsFolder: join(folder, 'before') });
  const at = Date.UTC(2026, 2, 10, 12);
  await old.batch([
    `insert into decisions (rankingId, at, sessionId, userId, weights, delta, schemaHash, snapshot, degraded,
       seed, temperature, epsilon, poolSize, "limit", request, itemIds, units, propensities, codes)
     values ('r', ${at}, 's', 'u', 'v000000', 0, 'h', '', 0, 1, 0, 0, 0, 1, '{}', '["a"]', x'', x'', x'')`,
    `insert into events (eventId, type, rankingId, itemId, timestamp, receivedAt, sessionId, userId, weights)
     values ('e', 'click', 'r', 'a', ${at + 5000}, ${at + 5000}, 's', 'u', 'v000000'),
       ('again', 'click', 'r', 'a', ${at + 5800}, ${at + 5800}, 's', 'u', 'v000000')`,
    // Of a session whose log was pruned long ago, and of one that is there.
    `insert into outcomes (outcomeId, userId, metric, value, at, receivedAt)
     values ('o', 'u', 'value', 5, ${at + 60_000}, 1), ('p', 'long ago', 'value', 7, ${at}, 1)`,
    `insert into metric_units (unit, kind, firstAt, userId, "values", context, outcomes, updatedAt)
     values ('of long ago', 'session', ${at - 80 * DAY_MS}, 'long ago', '{"rankings":1}', '{}', '{}', 1)`,
    `insert into experiment_units (experiment, unit, userId, firstAt, arm, arms, visitor, refused, after, "before")
     values ('exp_1', 'of long ago', 'long ago', ${at - 80 * DAY_MS}, 'control', 1, 'new', 0, '{}', '{}')`,
  ]);
  const names = ['decisions', 'events', 'outcomes', 'metric_units', 'experiment_units'];
  const rowsOf = async (client: Client) =>
    Promise.all(
      names.map(async (table) => {
        const { rows, columns } = await client.execute(
          `select rowid as id, * from ${table} order by 1`,
        );
        return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
      }),
    );
  const before = await rowsOf(old);
  const store = await openStore({ url });
  // By another connection: one that was open before keeps the columns of before.
  const migrated = createClient({ url });
  expect(await rowsOf(migrated)).toMatchObject(before);
  migrated.close();
  await updateAccount(store, DEFAULT_TRAINING_DATA, at);
  const { rows: events } = await old.execute('select eventId, fault from events order by 1 desc');
  expect(events.map((row) => [row.eventId, row.fault])).toEqual([
    ['e', ''],
    ['again', 'duplicate'],
  ]);
  const { rows: credits } = await old.execute(
    'select creditedUser, creditedSession, creditedItem from outcomes order by outcomeId',
  );
  expect(credits.map((row) => Object.values(row))).toEqual([
    ['u', 's', 'a'],
    ['long ago', 'of long ago', null],
  ]);
  old.close();
  await store.close();
});

test('a store from before pointers had revisions keeps every row, with none', async () => {
  const folder = temporaryFolder();
  cpSync(MIGRATIONS, join(folder, 'before'), { recursive: true });
  const journal = join(folder, 'before', 'meta', '_journal.json');
  const { entries, ...head } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] };
  writeFileSync(journal, JSON.stringify({ ...head, entries: entries.slice(0, 14) }));
  const url = `file:${join(folder, 'trimtab.db')}`;
  const old = createClient({ url });
  await migrate(drizzle(old), { migrationsFolder: join(folder, 'before') });
  const pointer = { champion: 'v000001', by: 'ana', at: 5, text: '{"champion":"v000001"}' };
  await old.batch([
    `insert into decisions (rankingId, at, sessionId, arm, weights, delta, schemaHash, snapshot, degraded,
       seed, temperature, epsilon, poolSize, "limit", request, itemIds, units, propensities, codes)
     values ('r', 5, 's', 'ro_1:challenger', 'v000001', 0, 'h', '', 0, 1, 0, 0, 0, 1, '{}', '["a"]', x'', x'', x'')`,
    `insert into events (eventId, type, rankingId, itemId, timestamp, receivedAt, sessionId, weights)
     values ('e', 'click', 'r', 'a', 6, 6, 's', 'v000001')`,
    `insert into exposures values ('ro_1', 'r', 'challenger', 5, 's', null)`,
    `insert into pointers values ('weights', '${JSON.stringify(pointer)}', 5)`,
  ]);
  const tablesOf = (client: Client) =>
    Promise.all(
      ['decisions', 'events', 'exposures', 'pointers'].map(async (table) => {
        const { rows, columns } = await client.execute(`select * from ${table}`);
        return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
      }),
    );
  const before = await tablesOf(old);
  old.close();
  const store = await openStore({ url });
  const migrated = createClient({ url });
  const after = await tablesOf(migrated);
  expect(after).toMatchObject(before);
  for (const [row] of after.slice(0, 3)) expect(row.pointerRevision).toBeNull();
  expect(await store.db.select().from(tables.pointerRevisions)).toEqual([]);
  migrated.close();
  await store.close();
});

test('an evaluation from before coverage was stored is still read, without one', async () => {
  const folder = temporaryFolder();
  cpSync(MIGRATIONS, join(folder, 'before'), { recursive: true });
  const journal = join(folder, 'before', 'meta', '_journal.json');
  const { entries, ...head } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] };
  writeFileSync(journal, JSON.stringify({ ...head, entries: entries.slice(0, 6) }));
  const url = `file:${join(folder, 'trimtab.db')}`;
  const old = createClient({ url });
  await migrate(drizzle(old), { migrationsFolder: join(folder, 'before') });
  await old.execute(
    `insert into evaluations (version, against, at, report) values ('v000001', 'v000000', 5, '{"rankings":7}')`,
  );
  const store = await openStore({ url });
  expect(await store.db.select().from(tables.evaluations)).toEqual([
    {
      id: 1,
      version: 'v000001',
      against: 'v000000',
      at: 5,
      report: { rankings: 7 },
      coverage: null,
    },
  ]);
  old.close();
  await store.close();
});

const memory = () => createClient({ url: ':memory:' });

/** Columns and indexes of every table; the order of columns is free. */
async function shapeOf(client: Client): Promise<Record<string, unknown>[]> {
  const { rows } = await client.execute(`
    select t.name as "table", c.name as part, c.type || ' ' || c."notnull" || ' ' || c.pk
        || ' ' || coalesce(c.dflt_value, '') as what
      from sqlite_master t join pragma_table_info(t.name) c
      where t.type = 'table' and t.name not like 'sqlite%' and t.name not like '\\_\\_%' escape '\\'
    union all
    select t.name, i.name, i."unique" || ' ' || i.partial || ' ' || group_concat(k.name)
      from sqlite_master t join pragma_index_list(t.name) i join pragma_index_info(i.name) k
      where t.type = 'table' and t.name not like 'sqlite%' and t.name not like '\\_\\_%' escape '\\'
      group by t.name, i.name
    order by 1, 2`);
  return rows.map((row) => ({ ...row }));
}
