import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { items } from '../../../backend/store/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let directory: string;
let store: Store;
const open = () => openStore({ url: `file:${join(directory, 'store.db')}` });

beforeEach(async () => {
  directory = temporaryFolder();
  store = await open();
});
afterEach(async () => {
  await store.close();
});

const insert = (id: string) =>
  store.db.insert(items).values({ id, attributes: { themes: ['food'] }, updatedAt: 7 });

test('a write answers with the rows that each statement changed', async () => {
  const changed = await store.write([
    insert('a'),
    insert('b'),
    store.db.update(items).set({ updatedAt: 8 }),
    store.db.delete(items).where(eq(items.id, 'c')),
  ]);
  expect(changed).toEqual([1, 1, 2, 0]);
  expect(await store.db.select().from(items).where(eq(items.id, 'a'))).toEqual([
    { id: 'a', attributes: { themes: ['food'] }, updatedAt: 8, feed: null },
  ]);
});

test('when one statement fails, none took effect, and the next write works', async () => {
  await expect(store.write([insert('a'), insert('a')])).rejects.toThrow(/UNIQUE constraint failed/);
  expect(await store.db.select().from(items)).toEqual([]);
  expect(await store.write([insert('a')])).toEqual([1]);
});

test('many writes at once all take effect', async () => {
  await Promise.all(Array.from({ length: 200 }, (_, i) => store.write([insert(`item-${i}`)])));
  expect(await store.db.$count(items)).toBe(200);
});

test('the connection for reading cannot write', async () => {
  const written = insert('a').then(
    () => 'written',
    (error: Error) => String(error.cause),
  );
  expect(await written).toMatch(/readonly/);
});

test('opened again, everything is as it was, and no migration runs twice', async () => {
  await store.write([insert('a')]);
  await store.close();
  store = await open();
  expect(await store.db.select({ id: items.id }).from(items)).toEqual([{ id: 'a' }]);
  const [{ mode }] = await store.db.all<{ mode: string }>(
    sql`select journal_mode as mode from pragma_journal_mode`,
  );
  expect(mode).toBe('wal');
});

test('a file that is no database is refused, and names why', async () => {
  const file = join(directory, 'other.db');
  writeFileSync(file, 'this is no database'.repeat(100));
  await expect(openStore({ url: `file:${file}` })).rejects.toThrow(
    /cannot open the database file:.*not a database.*restore the file/,
  );
});

test.each([
  ['libsql://127.0.0.1:1?authToken=SEKRET', 'libsql://(secret)@127.0.0.1:1'],
  ['http://user:SEKRET@127.0.0.1:1/db', 'http://(secret)@127.0.0.1:1/db'],
  ['postgres://user:SEKRET@127.0.0.1/db', 'postgres://(secret)@127.0.0.1/db'],
])('an address that cannot be opened is told without what is secret: %s', async (url, shown) => {
  const error = await openStore({ url }).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error?.message).toContain(`cannot open the database ${shown}`);
  expect(error?.message).not.toContain('SEKRET');
});
