import { expect, it } from 'vitest';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import type { Item } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { hasRow } from '../../../shared/score/filter/row-bits.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { compileRules } from '../../../shared/score/slate-rules/compile-rules.ts';

const schema = parseSchema({
  name: 'priced',
  columns: [{ name: 'price', type: 'number' }],
  features: [{ name: 'base', kind: 'constant' }],
});
const tableOf = (prices: readonly number[]) =>
  rankable(
    packItems(
      schema.columns,
      prices.map((price, i) => ({ id: `i${i}`, attributes: { price } }) as unknown as Item),
    ),
  );

/** The rows of a boost, of rules that were read anew. */
function boosted(items: ReturnType<typeof tableOf>, to: number) {
  const slateRules = { boosts: [{ where: { column: 'price', to }, points: 1 }] };
  const visit = parseRankRequest({ sessionId: 's', slateRules });
  return compileRules(items, visit, 10)!.boosts[0].bits;
}

it('conditions that are alike are looked for once, those of late are kept, and each table has its own', () => {
  const items = tableOf([10, 20, 30, 40]);
  const rowsOf = (bits: Uint32Array) => [0, 1, 2, 3].filter((row) => hasRow(bits, row));
  const first = boosted(items, 20);
  expect(rowsOf(first)).toEqual([0, 1]);
  for (let to = 100; to < 300; to++) {
    expect(rowsOf(boosted(items, to))).toEqual([0, 1, 2, 3]);
    expect(boosted(items, 20)).toBe(first);
  }
  for (let to = 300; to < 500; to++) boosted(items, to);
  const again = boosted(items, 20);
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
  expect(rowsOf(boosted(tableOf([40, 10, 30, 20]), 20))).toEqual([1, 3]);
});
