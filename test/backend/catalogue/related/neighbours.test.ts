import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem } from '../../../../shared/domain/item.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { RelatedShard, shardOfItem } from '../../../../shared/format/related-bytes.ts';
import { PART_BYTES } from '../../../../shared/format/snapshot-bytes.ts';
import { buildRelated } from '../../../../backend/catalogue/related/build-related.ts';
import { neighboursOf } from '../../../../backend/catalogue/related/neighbours.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { slowNeighbours } from '../../../oracle/neighbours.ts';
import { fuzz } from '../../../shared/support/seed.ts';

const DIMENSIONS = 5;
const schema = parseSchema({
  name: 'alike',
  columns: [
    { name: 'brand', type: 'category' },
    { name: 'tags', type: 'set' },
    { name: 'price', type: 'number' },
    { name: 'place', type: 'path', from: ['continent', 'town'] },
    { name: 'vector', type: 'embedding', dimensions: DIMENSIONS },
  ],
  features: [{ name: 'base', kind: 'constant' }],
});
const { columns } = schema;

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const item = fc.record(
  {
    brand: some(['a', 'b', 'c']),
    tags: fc.uniqueArray(some(['x', 'y', 'z', 'é']), { maxLength: 3 }),
    price: some([0, 10, 10.5, 20, 99]),
    continent: some(['Europe', 'Asia']),
    town: some(['Paris', 'Lima']),
    vector: fc
      .array(some([-2, -1, 0, 0.5, 1]), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
      .filter((values) => values.some((value) => value !== 0)),
  },
  { requiredKeys: [] },
);
const catalogue = fc
  .array(item, { maxLength: 40 })
  .map((made) => made.map((one, i) => parseItem({ id: `i${String(i).padStart(3, '0')}`, ...one })));
const by = fc
  .subarray(
    [
      { column: 'brand' },
      { column: 'tags', weight: 2 },
      { column: 'price', levelEdges: [10, 20] },
      { column: 'place', weight: 0.3 },
      { column: 'vector', weight: 1.5 },
    ],
    { minLength: 1 },
  )
  .chain((chosen) =>
    fc.record({ by: fc.constant(chosen), neighbours: fc.integer({ min: 1, max: 12 }) }),
  );

const listsOf = (
  items: readonly { readonly id: string }[],
  { from, rows, percent }: ReturnType<typeof neighboursOf>,
) =>
  items.map((_, row) =>
    Array.from({ length: from[row + 1] - from[row] }, (__, i) => ({
      id: items[rows[from[row] + i]].id,
      percent: percent[from[row] + i],
    })),
  );

describe('neighbours', () => {
  it('are those of comparing every pair, ties included', () => {
    fuzz(
      fc.tuple(catalogue, by),
      ([items, related]) => {
        const found = listsOf(items, neighboursOf(items, columns, related));
        expect(found).toEqual(slowNeighbours(items, columns, related));
      },
      150,
    );
  });

  it('are the same by all of the cells, in whatever order items lie in memory', () => {
    fuzz(
      fc.tuple(catalogue, by),
      ([items, related]) => {
        const all = { exactRows: 0, probedCells: 64 };
        const found = listsOf(items, neighboursOf(items, columns, related, all));
        expect(found).toEqual(slowNeighbours(items, columns, related));
      },
      150,
    );
  });

  it('of few cells are alike by what every pair says, with none twice and not the item itself', () => {
    fuzz(
      fc.tuple(catalogue, by),
      ([items, related]) => {
        const few = listsOf(
          items,
          neighboursOf(items, columns, related, { exactRows: 0, probedCells: 1 }),
        );
        const every = slowNeighbours(items, columns, { ...related, neighbours: 200 });
        few.forEach((list, row) => {
          const known = new Map(every[row].map(({ id, percent }) => [id, percent]));
          expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
          for (const { id, percent } of list) expect(known.get(id)).toBe(percent);
        });
      },
      100,
    );
  });

  it('are those of comparing every pair also of many items, where lists go over several blocks of rows', () => {
    const random = seededRandom(7);
    const items = Array.from({ length: 700 }, (_, i) =>
      parseItem({
        id: `i${String(i).padStart(4, '0')}`,
        brand: `b${Math.floor(random() * 3)}`,
        tags: ['x', 'y', 'z'].filter(() => random() < 0.5),
        vector: Array.from({ length: DIMENSIONS }, () => random() - 0.5),
      }),
    );
    const related = { by: [{ column: 'brand' }, { column: 'tags' }, { column: 'vector' }] };
    for (const chosen of [related, { by: related.by.slice(0, 2) }])
      expect(listsOf(items, neighboursOf(items, columns, chosen))).toEqual(
        slowNeighbours(items, columns, chosen),
      );
  });

  it('of equal items are those that follow, going round', () => {
    const items = Array.from({ length: 9 }, (_, i) => parseItem({ id: `i${i}`, brand: 'a' }));
    const lists = listsOf(
      items,
      neighboursOf(items, columns, { by: [{ column: 'brand' }], neighbours: 3 }),
    );
    expect(lists[0].map(({ id }) => id)).toEqual(['i1', 'i2', 'i3']);
    expect(lists[7].map(({ id }) => id)).toEqual(['i8', 'i0', 'i1']);
  });

  it('does not depend on the length of an embedding, and is none of what points away', () => {
    const items = [
      parseItem({ id: 'a', vector: [1, 2, 0, 0, 0] }),
      parseItem({ id: 'b', vector: [1e300, 2e300, 0, 0, 0] }),
      parseItem({ id: 'c', vector: [-1, -2, 0, 0, 0] }),
    ];
    const [a, b, c] = listsOf(items, neighboursOf(items, columns, { by: [{ column: 'vector' }] }));
    expect(a).toEqual([{ id: 'b', percent: 100 }]);
    expect(b).toEqual([{ id: 'a', percent: 100 }]);
    expect(c).toEqual([]);
  });
});

describe('what is published', () => {
  const related = { by: [{ column: 'brand' }], neighbours: 5 };
  it('has each item in the shard that its id says, whatever the order of the items', () => {
    const items = Array.from({ length: 600 }, (_, i) =>
      parseItem({ id: `item-${i}`, brand: `b${i % 50}` }),
    );
    const built = buildRelated({ columns, related }, items);
    expect(buildRelated({ columns, related }, items.toReversed()).index).toEqual(built.index);
    expect(built.shards.length).toBe(4);
    const sorted = items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const oracle = slowNeighbours(sorted, columns, related);
    sorted.forEach(({ id }, i) => {
      const { bytes } = built.shards[shardOfItem(id, 2)];
      expect(new RelatedShard(bytes).neighbours(id)).toEqual(oracle[i]);
    });
    expect(new RelatedShard(built.shards[0].bytes).neighbours('item-none')).toBeUndefined();
  });

  it('has more shards where ids are long, so that each is one value of KV', () => {
    const items = Array.from({ length: 400 }, (_, i) =>
      parseItem({ id: `${'食'.repeat(120)}${i}`, brand: 'a' }),
    );
    const { shards } = buildRelated({ columns, related: { ...related, neighbours: 200 } }, items);
    for (const { bytes } of shards) expect(bytes.length).toBeLessThan(PART_BYTES);
    const sizeBytes = shards.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(sizeBytes).toBeGreaterThan(5 * PART_BYTES);
  });

  it('of an empty catalogue is an index that knows no item', () => {
    const { index, shards } = buildRelated({ columns, related }, []);
    expect(shards.length).toBe(1);
    expect(new RelatedShard(shards[0].bytes).entries()).toEqual([]);
    expect(index.bytes.length).toBeLessThan(100);
  });
});
