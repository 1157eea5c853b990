import { readdirSync, readFileSync } from 'node:fs';
import { createClient, type Client } from '@libsql/client';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { drizzle } from 'drizzle-orm/libsql';
import { migrate } from 'drizzle-orm/libsql/migrator';
import { expect, test } from 'vitest';
import * as tables from '../../../backend/store/tables.ts';

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
