import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowIndex } from '../../../../shared/features/columns/row-index.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { rankable } from '../../../../shared/score/rankable.ts';
import type { ItemId } from '../../../../shared/domain/ids.ts';
import { fuzz } from '../../support/seed.ts';

it('knows of each id its row, and of no other id', () => {
  const some = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 4 }), { maxLength: 60 });
  fuzz(fc.tuple(some, some), ([ids, others]) => {
    const index = new RowIndex(ids as ItemId[]);
    const map = new Map(ids.map((id, row) => [id, row]));
    expect(index.size).toBe(map.size);
    for (const id of [...ids, ...others]) {
      expect(index.get(id)).toBe(map.get(id));
      expect(index.has(id)).toBe(map.has(id));
    }
  });
});

it('does not look up what a caller lists, whose ids may be chosen to meet in its slots', () => {
  const items = Array.from({ length: 2000 }, (_, i) => ({ id: `t${i}` as ItemId, attributes: {} }));
  expect(rankable(packItems([], items)).rows).toBeInstanceOf(RowIndex);
  expect(rankable(packItems([], items, true)).rows).toBeInstanceOf(Map);
});
