import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { upgradeOf } from '../../../backend/store/upgrade/finalize.ts';
import { BASELINE, MIGRATIONS, readMigrations } from '../../../backend/store/upgrade/migrations.ts';
import { audit, items } from '../../../backend/store/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { moreThanAdds } from './support/more-than-adds.ts';

interface Entry {
  readonly idx: number;
  readonly when: number;
  readonly tag: string;
}

/** The migrations of this version up to some, and others after them. @returns their folder. */
function versionWith(
  count: number | undefined,
  later: readonly { readonly tag: string; readonly when: number; readonly sql: string }[] = [],
): string {
  const folder = join(temporaryFolder(), 'migrations');
  cpSync(MIGRATIONS, folder, { recursive: true });
  const file = join(folder, 'meta', '_journal.json');
  const { entries, ...head } = JSON.parse(readFileSync(file, 'utf8')) as { entries: Entry[] };
  const kept = entries.slice(0, count);
  for (const { tag, sql: text } of later) writeFileSync(join(folder, `${tag}.sql`), text);
  const more = later.map(({ tag, when }, i) => ({
    idx: kept.length + i,
    version: '6',
    when,
    tag,
    breakpoints: true,
  }));
  writeFileSync(file, JSON.stringify({ ...head, entries: [...kept, ...more] }));
  return folder;
}

const FAR = 4_000_000_000_000;
const ADDS = { tag: '9000_adds', when: FAR, sql: 'ALTER TABLE `items` ADD `later` text;' };
const TAKES = {
  tag: '9001_takes',
  when: FAR + 1,
  sql: '-- contract: nothing reads it any more\nALTER TABLE `items` DROP COLUMN `feed`;',
};
const ADDS_MORE = { tag: '9002_adds_more', when: FAR + 2, sql: 'CREATE TABLE `later` (`a` text);' };

const urlIn = (folder: string) => `file:${join(folder, 'trimtab.db')}`;
const columnsOf = async (store: Store) =>
  (await store.db.all<{ name: string }>(sql`select name from pragma_table_info('items')`)).map(
    ({ name }) => name,
  );
const insert = (store: Store, id: string) =>
  store.write([
    {
      toSQL: () => ({
        sql: `insert into items (id, attributes, updatedAt) values ('${id}', '{}', 1)`,
        params: [],
      }),
    },
  ]);
const upgradeIn = (store: Store, url: string, folder: string) =>
  upgradeOf(store, { url }, () => 5000, folder);

test('what is no contract migration only adds, so that the version before works beside it', () => {
  for (const { tag, kind, when, sql: statements } of readMigrations(MIGRATIONS))
    if (kind === 'expand' && when > BASELINE)
      expect({ tag, more: moreThanAdds(statements) }).toEqual({ tag, more: [] });
  // The rule tells the two apart.
  for (const one of [
    'ALTER TABLE `a` ADD `b` text NOT NULL;',
    'DROP TABLE `a`;',
    'ALTER TABLE `a` DROP COLUMN `b`;',
    'ALTER TABLE `a` RENAME TO `b`;',
    'UPDATE `a` SET `b` = 1;',
    'CREATE UNIQUE INDEX `u` ON `a` (`b`);',
    'INSERT INTO `a` SELECT 1;',
    'DELETE FROM `a`;',
  ])
    expect(moreThanAdds([one])).toHaveLength(1);
  const adds = [
    'CREATE TABLE `a` (`b` text NOT NULL);',
    'CREATE UNIQUE INDEX `u` ON `a` (`b`);',
    'INSERT INTO `a` SELECT 1;',
    "ALTER TABLE `c` ADD `d` text DEFAULT 'x' NOT NULL;",
    'ALTER TABLE `c` ADD `e` text;',
    'UPDATE `c` SET `e` = `rowid`;',
    'CREATE INDEX `i` ON `c` (`e`);',
  ];
  expect(moreThanAdds(adds)).toEqual([]);
});

test('a database of every state since kinds are noted goes forth to this version, and its rows stay', async () => {
  const all = readMigrations(MIGRATIONS);
  for (
    let count = all.findIndex(({ when }) => when === BASELINE) + 1;
    count <= all.length;
    count++
  ) {
    const url = urlIn(temporaryFolder());
    const old = await openStore({ url }, versionWith(count));
    await insert(old, `of ${count}`);
    await old.close();
    const store = await openStore({ url });
    expect(await store.db.select({ id: items.id }).from(items)).toEqual([{ id: `of ${count}` }]);
    const status = await upgradeIn(store, url, MIGRATIONS).status();
    expect(status.open).toHaveLength(
      all.slice(count).filter(({ kind }) => kind === 'expand').length,
    );
    await store.close();
  }
});

test('one goes forth, back and forth again until the upgrade is final, and then never back', async () => {
  const folder = temporaryFolder();
  const url = urlIn(folder);
  const before = versionWith(undefined);
  const next = versionWith(undefined, [ADDS, TAKES]);

  let store = await openStore({ url }, before);
  await insert(store, 'of before');
  expect(await upgradeIn(store, url, before).status()).toMatchObject({ open: [], copies: [] });
  await store.close();

  store = await openStore({ url }, next);
  expect(await columnsOf(store)).toEqual(expect.arrayContaining(['later', 'feed']));
  const copy = join(folder, 'trimtab.db.before-9000_adds');
  expect(await upgradeIn(store, url, next).status()).toEqual({
    newest: '9000_adds',
    open: ['9000_adds'],
    waiting: ['9001_takes'],
    unknown: [],
    copies: [copy],
  });
  await insert(store, 'of next');
  await store.close();
  expect(statSync(copy).mode & 0o777).toBe(0o600);

  // The copy is the database as it was.
  const copied = createClient({ url: `file:${copy}` });
  expect((await copied.execute('select id from items')).rows.map(({ id }) => id)).toEqual([
    'of before',
  ]);
  expect(
    (await copied.execute(`select * from pragma_table_info('items') where name = 'later'`)).rows,
  ).toEqual([]);
  copied.close();

  store = await openStore({ url }, before);
  await insert(store, 'back');
  const back = upgradeIn(store, url, before);
  expect(await back.status()).toMatchObject({ unknown: ['9000_adds'], waiting: [] });
  await expect(back.finalize('ana')).rejects.toThrow(/upgraded by a newer version.*9000_adds/);
  await store.close();

  store = await openStore({ url }, next);
  const upgrade = upgradeIn(store, url, next);
  await upgrade.finalize('ana');
  expect(await columnsOf(store)).not.toContain('feed');
  expect(await upgrade.status()).toEqual({
    newest: '9001_takes',
    open: [],
    waiting: [],
    unknown: [],
    copies: [],
  });
  expect(existsSync(copy)).toBe(false);
  expect(await store.db.$count(items)).toBe(3);
  expect(await store.db.select().from(audit)).toMatchObject([
    { actor: 'ana', action: 'finalize upgrade', subject: '9000_adds', at: 5000 },
  ]);
  // Again it changes nothing.
  expect(await upgrade.finalize('ana')).toMatchObject({ open: [], waiting: [] });
  await store.close();

  await expect(openStore({ url }, before)).rejects.toThrow(
    /^the database was upgraded by a newer version .*\(9000_adds, 9001_takes\): start the newer version, or restore a backup/,
  );
});

test('a contract migration that waited is applied later, although newer ones were applied meanwhile', async () => {
  const url = urlIn(temporaryFolder());
  await (await openStore({ url }, versionWith(undefined))).close();
  await (await openStore({ url }, versionWith(undefined, [ADDS, TAKES]))).close();
  const newest = versionWith(undefined, [ADDS, TAKES, ADDS_MORE]);
  const store = await openStore({ url }, newest);
  const upgrade = upgradeIn(store, url, newest);
  expect(await upgrade.status()).toMatchObject({
    open: ['9000_adds', '9002_adds_more'],
    waiting: ['9001_takes'],
  });
  expect((await upgrade.status()).copies).toHaveLength(2);
  await upgrade.finalize('ana');
  expect(await columnsOf(store)).not.toContain('feed');
  await store.close();
  await (await openStore({ url }, newest)).close();
});

test('a new database has all of it at once, as nobody goes back to before it', async () => {
  const url = urlIn(temporaryFolder());
  const folder = versionWith(undefined, [ADDS, TAKES]);
  const store = await openStore({ url }, folder);
  expect(await columnsOf(store)).not.toContain('feed');
  expect(await upgradeIn(store, url, folder).status()).toMatchObject({
    open: [],
    waiting: [],
    copies: [],
  });
  await store.close();
});

test('a migration that another tool applied and this version does not know is refused', async () => {
  const url = urlIn(temporaryFolder());
  await (await openStore({ url })).close();
  const client = createClient({ url });
  await client.execute(`insert into __drizzle_migrations (hash, created_at) values ('x', ${FAR})`);
  client.close();
  await expect(openStore({ url })).rejects.toThrow(/can no longer be used by this one/);
});

test('a migration that fails leaves the database as it was, and a copy', async () => {
  const folder = temporaryFolder();
  const url = urlIn(folder);
  const first = await openStore({ url });
  await insert(first, 'a');
  await first.close();
  const broken = {
    ...ADDS,
    sql: `${ADDS.sql}\n--> statement-breakpoint\nALTER TABLE \`no\` ADD \`a\` text;`,
  };
  await expect(openStore({ url }, versionWith(undefined, [broken]))).rejects.toThrow(
    /no such table/,
  );
  const store = await openStore({ url });
  expect(await columnsOf(store)).not.toContain('later');
  expect(await store.db.$count(items)).toBe(1);
  await store.close();
});
