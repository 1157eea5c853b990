import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { insertRows, rowsChanged, NOT_DELETED } from '../../../backend/store/insert-rows.ts';
import { deletedUsers } from '../../../backend/store/tables.ts';
import { openTestStore, type TestStore } from '../reward/support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const TABLE = 'outcomes';
const COLUMNS = ['outcomeId', 'sessionId', 'userId', 'metric', 'value', 'at', 'receivedAt'];
const rowOf = (id: number, value = id, userId: string | null = null) => [
  `o${id}`,
  's',
  userId,
  'renewal',
  value,
  1,
  1,
];
const stored = () =>
  store.db.all<{ id: string; value: number }>(
    sql`select outcomeId as id, value from outcomes order by rowid`,
  );

beforeEach(async () => {
  await store.write([{ toSQL: () => ({ sql: 'delete from outcomes', params: [] }) }]);
});

test('any number of rows is inserted, each once, with every digit of its numbers', async () => {
  const values = Array.from({ length: 1201 }, (_, i) => Math.sin(i) * 10 ** ((i % 40) - 20));
  const statements = insertRows({
    table: TABLE,
    columns: COLUMNS,
    rows: values.map((value, i) => rowOf(i, value)),
  });
  expect(rowsChanged(await store.write(statements))).toBe(values.length);
  expect((await stored()).map(({ value }) => value)).toEqual(values);
  expect(rowsChanged(await store.write(statements))).toBe(0);
  expect(await stored()).toHaveLength(values.length);
});

test('no rows are no statements', () => {
  expect(insertRows({ table: TABLE, columns: COLUMNS, rows: [] })).toEqual([]);
});

test('bytes stay bytes', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const statements = insertRows({
    table: 'weights',
    columns: [
      'version',
      'name',
      'kind',
      'schemaName',
      'schemaHash',
      'bytes',
      'sha256',
      'lineage',
      'createdAt',
    ],
    rows: [['v000001', 'n', 'additive', 's', 'h', bytes, 'x', '{}', 1]],
  });
  await store.write(statements);
  const [row] = await store.db.all<{ bytes: ArrayBuffer }>(sql`select bytes from weights`);
  expect(new Uint8Array(row.bytes)).toEqual(bytes);
});

test('rows that do not meet the condition are left out', async () => {
  await store.write([store.db.insert(deletedUsers).values({ userId: 'gone', deletedAt: 1 })]);
  await store.write(
    insertRows({
      table: TABLE,
      columns: COLUMNS,
      rows: [rowOf(1, 1, 'gone'), rowOf(2, 2, 'there'), rowOf(3)],
      where: NOT_DELETED,
    }),
  );
  expect((await stored()).map(({ id }) => id)).toEqual(['o2', 'o3']);
});

test('a condition may read columns that are not stored, and has parameters in every statement', async () => {
  const rows = Array.from({ length: 1100 }, (_, i) => [...rowOf(i), i % 2]);
  await store.write(
    insertRows({
      table: TABLE,
      columns: COLUMNS,
      conditionColumns: ['isOdd'],
      rows,
      where: { sql: `given."isOdd" = ? and given.value >= ?`, params: [1, 3] },
    }),
  );
  expect((await stored()).map(({ value }) => value)).toEqual(
    Array.from({ length: 549 }, (_, i) => 2 * i + 3),
  );
});

test('a row whose key is there already changes what it is told to', async () => {
  const upsert = (rows: (string | number | null)[][]) =>
    store.write(
      insertRows({
        table: TABLE,
        columns: COLUMNS,
        rows,
        onConflict: `("outcomeId") do update set value = excluded.value where outcomes.value is not excluded.value`,
      }),
    );
  await upsert([rowOf(1), rowOf(2)]);
  expect(rowsChanged(await upsert([rowOf(1, 10), rowOf(2), rowOf(3)]))).toBe(2);
  expect((await stored()).map(({ value }) => value)).toEqual([10, 2, 3]);
});
