import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packedRows, type Cell } from '../../../backend/store/packed-rows.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';

let store: BorrowedStore;
beforeAll(async () => {
  store = await borrowStore();
});
afterAll(() => store.close());

const upTo = (last: number) =>
  sql`numbers(n) as (select 1 union all select n + 1 from numbers where n < ${last})`;

test('thousands of rows come in a few texts, and each row once', async () => {
  let texts = 0;
  const counting = new Proxy(store.db, {
    get: (db, name) =>
      name === 'all'
        ? async (query: ReturnType<typeof sql>) => {
            const rows = await db.all(query);
            texts += rows.length;
            return rows;
          }
        : Reflect.get(db, name),
  });
  const found: Cell[] = [];
  await packedRows(
    counting,
    { tables: upTo(9001), columns: ['n'], select: sql`select n from numbers` },
    ([n]) => found.push(n),
  );
  expect(texts).toBe(3);
  expect(found.toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 9001 }, (_, i) => i + 1),
  );
});

test('reals keep all their digits, and nulls, texts and integers stay what they are', async () => {
  const found: (readonly Cell[])[] = [];
  await packedRows(
    store.db,
    {
      columns: ['a', 'b', 'c', 'd'],
      select: sql`select 0.1 + 0.2 as a, 9007199254740991 as b, null as c, 'x"\\' as d`,
    },
    (row) => found.push(row),
  );
  expect(found).toEqual([[0.1 + 0.2, Number.MAX_SAFE_INTEGER, null, 'x"\\']]);
});
