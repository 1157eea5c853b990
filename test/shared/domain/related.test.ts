import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { MAX_NEIGHBOURS, relatedTo } from '../../../shared/domain/related.ts';
import { fuzz } from '../support/seed.ts';

const ids = Array.from({ length: 300 }, (_, i) => parseItemId(`i${i}`));
/** What is like an item, the most alike first. */
const list = fc
  .tuple(fc.subarray(ids), fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1 }))
  .map(([some, percents]) =>
    some
      .slice(0, MAX_NEIGHBOURS)
      .map((id, i) => ({ id, percent: percents[i % percents.length] }))
      .toSorted((a, b) => b.percent - a.percent),
  );

test('beside several items are the neighbours of all, each once and as alike as it is at most, without the items themselves', () => {
  fuzz(
    fc.array(fc.option(list, { nil: undefined }), { minLength: 1, maxLength: 8 }),
    (found) => {
      const to = ids.slice(0, found.length);
      const lists = found.map((own, i) => own?.filter(({ id }) => id !== to[i]));
      const all = lists.flatMap((own) => own ?? []);
      const names = [...new Set(all.map(({ id }) => id))].filter((id) => !to.includes(id));
      const most = (name: string) =>
        Math.max(...all.filter(({ id }) => id === name).map(({ percent }) => percent));
      const items = names.toSorted((a, b) => most(b) - most(a)).slice(0, MAX_NEIGHBOURS);
      expect(relatedTo(to, lists)).toEqual(
        lists.every((own) => own === undefined) ? { to } : { to, items, percent: items.map(most) },
      );
    },
    60,
  );
});
