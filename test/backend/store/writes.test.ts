import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { insertRows, NOT_DELETED, type Cell } from '../../../backend/store/insert-rows.ts';
import type { Statement } from '../../../backend/store/open.ts';
import { packCells, unpackCells } from '../../../backend/store/row-cells.ts';
import { deletedSessions, deletedUsers, items } from '../../../backend/store/tables.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { SEED } from '../../shared/support/seed.ts';

let store: BorrowedStore;
beforeAll(async () => {
  store = await borrowStore();
});
afterAll(() => store.close());

const COLUMNS = ['outcomeId', 'sessionId', 'userId', 'metric', 'value', 'at', 'receivedAt'];
const stored = () =>
  store.db.all(sql`select ${sql.raw(COLUMNS.join(', '))} from outcomes order by rowid`);
const run = (text: string): Statement => ({ toSQL: () => ({ sql: text, params: [] }) });

beforeEach(async () => {
  await store.write([run('delete from outcomes'), run('delete from items')]);
});

test(`row by row the same rows are inserted as at once, and as many (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const below = (n: number) => Math.floor(random() * n);
  await store.write([
    store.db.insert(deletedUsers).values({ userId: 'u1', deletedAt: 1, deletion: 1 }),
    store.db.insert(deletedSessions).values({ sessionId: 's2', deletedAt: 1, deletion: 2 }),
  ]);
  const rows = Array.from({ length: 1700 }, (): Cell[] => [
    `o${below(1200)}`,
    below(3) === 0 ? null : `s${below(4)}`,
    below(2) === 0 ? null : `u${below(4)}`,
    ['', 'ä', "it's", '\u{1f600}'][below(4)],
    (random() - 0.5) * 10 ** below(300),
    below(2 ** 31),
    -below(2 ** 31) * 2 ** 20,
  ]);
  const statements = insertRows({ table: 'outcomes', columns: COLUMNS, rows, where: NOT_DELETED });
  expect(statements.every(({ byRow }) => byRow?.() !== undefined)).toBe(true);
  const counts = await store.write(statements);
  const found = await stored();
  await store.write([run('delete from outcomes')]);
  const atOnce = statements.map((one) => ({ toSQL: () => one.toSQL() }));
  expect(counts).toEqual(await store.write(atOnce));
  expect(found).toEqual(await stored());
});

test('bytes, nulls and numbers come out of a list of cells as they went in', () => {
  const rows: Cell[][] = [
    [Uint8Array.of(1, 2, 3), 7, 'a', null],
    [null, -0.5, '', Uint8Array.of()],
    [Uint8Array.of(255), 0, 'b', Uint8Array.of(9, 8)],
  ];
  expect(Array.from(unpackCells(packCells(rows)!), (row) => [...row])).toEqual(rows);
});

test('what many rows have in common stands in the statement, and is stored as it would be if it were bound', async () => {
  const alike: Cell[] = [
    null,
    7,
    -3,
    0,
    -0,
    0.1,
    2 ** 53,
    '',
    'v000041',
    '12',
    'ä',
    "it's",
    'a\u0000b',
  ];
  const columns = [
    'id',
    ...alike.flatMap((_, i) => [`text${i}`, `int${i}`, `real${i}`, `any${i}`]),
  ];
  const kinds = ['text', 'integer', 'real', ''];
  const declared = columns.map((name, i) => (i === 0 ? name : `${name} ${kinds[(i - 1) % 4]}`));
  const rows = Array.from({ length: 300 }, (_, i): Cell[] => [
    `row-${i}`,
    ...alike.flatMap((cell) => [cell, cell, cell, cell]),
  ]);
  const [statement] = insertRows({ table: 'alike', columns, rows });
  expect(statement.byRow?.()?.sql).toContain(`'v000041', 'v000041'`);
  const all = sql.raw(
    `select ${columns.map((name) => `typeof(${name}), hex(${name})`).join(', ')} from alike`,
  );
  await store.write([run(`create table alike (${declared.join(', ')})`)]);
  try {
    expect(await store.write([statement])).toEqual([300]);
    const found = await store.db.values(all);
    // As few as are bound one by one.
    await store.write([run('delete from alike')]);
    const few = rows.flatMap((row) => insertRows({ table: 'alike', columns, rows: [row] }));
    await store.write(few);
    expect(found).toEqual(await store.db.values(all));
    expect(found).toHaveLength(300);
  } finally {
    await store.write([run('drop table alike')]);
  }
});

test('rows that are alike in all columns are as many as they are', () => {
  const rows = Array.from({ length: 100 }, (): Cell[] => [null, 1, 'a']);
  const packed = packCells(rows)!;
  expect(packed.same).toEqual([undefined, '1.0', "'a'"]);
  expect(Array.from(unpackCells(packed), (row) => [...row])).toEqual(rows.map(() => [null]));
});

test('a column of bytes and numbers is not packed, as the two could not be told apart', () => {
  expect(packCells([[Uint8Array.of(1)], [1]])).toBeUndefined();
});

test.each([Number.NaN, Infinity])('%s is refused, and nothing is written', async (value) => {
  const rows = [1, value].map((of, i) => [`o${i}`, 's', null, 'm', of, 1, 1]);
  await expect(
    store.write(insertRows({ table: 'outcomes', columns: COLUMNS, rows })),
  ).rejects.toThrow(/finite/);
  expect(await stored()).toEqual([]);
});

test('of writes that wait at the same time, one that fails takes no other with it', async () => {
  const insert = (id: string) =>
    store.db.insert(items).values({ id, attributes: {}, updatedAt: 7 });
  const writes = Array.from({ length: 40 }, (_, i) =>
    store.write(
      i % 7 === 3 ? [insert(`lost-${i}`), insert('same'), insert('same')] : [insert(`kept-${i}`)],
    ),
  );
  const settled = await Promise.allSettled(writes);
  settled.forEach((one, i) => {
    if (i % 7 === 3)
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringMatching(/UNIQUE/) },
      });
    else expect(one).toEqual({ status: 'fulfilled', value: [1] });
  });
  const ids = (await store.db.select({ id: items.id }).from(items)).map(({ id }) => id);
  expect(ids.toSorted()).toEqual(
    Array.from({ length: 40 }, (_, i) => i)
      .filter((i) => i % 7 !== 3)
      .map((i) => `kept-${i}`)
      .toSorted(),
  );
});

test('a statement that was kept is planned anew once its table has changed', async () => {
  const insert = run(`insert into changing values ('a')`);
  await store.write([run('create table changing (a text)'), insert]);
  await store.write([insert, run('drop table changing')]);
  await store.write([run('create table changing (a text unique)'), insert]);
  await expect(store.write([insert])).rejects.toThrow(/UNIQUE/);
  await store.write([run('drop table changing')]);
});
