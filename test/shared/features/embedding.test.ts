import { describe, expect, it } from 'vitest';
import { itemOfRow } from '../../../backend/catalogue/files/item-row.ts';
import { dimensionsOf } from '../../../backend/catalogue/propose/guess-embeddings.ts';
import { guessColumns } from '../../../backend/catalogue/propose/guess-columns.ts';
import { proposeSchema } from '../../../backend/catalogue/propose/propose-schema.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { checkItem } from '../../../shared/features/columns/item-table.ts';
import { readEmbedding } from '../../../shared/features/columns/embedding.ts';
import { parseSchema } from '../../../shared/features/schema.ts';

const columns = [{ name: 'vector', type: 'embedding', dimensions: 3 }] as const;
const base = {
  name: 'small',
  columns: [
    { name: 'brand', type: 'category' },
    { name: 'price', type: 'number' },
    { name: 'day', type: 'date' },
    { name: 'place', type: 'path', from: ['continent', 'country'] },
    ...columns,
    { name: 'other', type: 'embedding', dimensions: 3 },
  ],
  features: [{ name: 'base', kind: 'constant' }],
};

describe('an embedding', () => {
  it.each([
    [
      [0.5, -1, 2],
      [0.5, -1, 2],
    ],
    ['0.5|-1| 2', [0.5, -1, 2]],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [[], undefined],
    [[1, 2], null],
    ['1|2', null],
    ['1|2|x', null],
    ['1|2|0x3', null],
    [['1', '2', '3'], null],
    [[0, 0, 0], null],
    [5, null],
    [true, null],
  ])('%j is read as %j', (value, read) => expect(readEmbedding(value, 3)).toEqual(read));

  it('that does not fit is refused in words, and numbers are no set', () => {
    const refused = (vector: unknown) => () => checkItem(columns, parseItem({ id: 'a', vector }));
    expect(refused([1, 2])).toThrow('"vector" must be 3 numbers that are not all 0');
    expect(refused([1, 2, Infinity])).toThrow('a list of texts or of numbers');
    expect(refused([1, 'x', 2])).toThrow('a list of texts or of numbers');
    expect(refused(Array.from({ length: 1537 }, () => 1))).toThrow('a list of texts or of numbers');
    expect(() =>
      checkItem([{ name: 'vector', type: 'set' }], parseItem({ id: 'a', vector: [1] })),
    ).toThrow('must be texts');
  });

  it('of a table is one cell, with the decimals of the file', () => {
    const row = { id: 'a', vector: '0,5|-1|2' };
    expect(itemOfRow(row, columns, { decimal: ',' }, true)).toEqual({
      id: 'a',
      vector: [0.5, -1, 2],
    });
    expect(itemOfRow({ id: 'a', vector: '' }, columns, {}, true)).toEqual({ id: 'a' });
  });
});

describe('what makes items alike', () => {
  it.each<[object | string | null, string]>([
    ['brand', 'related must be {by: [{column}, …]}'],
    [null, 'related must be {by'],
    [{ by: [] }, 'related.by must list 1 to 16 columns'],
    [{ by: ['brand'] }, 'related.by[0] must be {column}'],
    [{ by: [{ column: 'brnad' }] }, 'there is no column'],
    [{ by: [{ column: '__proto__' }] }, 'there is no column'],
    [{ by: [{ column: 'day' }] }, 'dates are not compared'],
    [{ by: [{ column: 'price' }] }, 'levelEdges must be finite numbers in rising order'],
    [{ by: [{ column: 'brand', levelEdges: [1] }] }, 'levelEdges are of number columns'],
    [{ by: [{ column: 'brand', level: 0 }] }, 'level is of path columns only'],
    [{ by: [{ column: 'place', level: 2 }] }, 'level must be'],
    [{ by: [{ column: 'brand', weight: 0 }] }, 'weight must be above 0'],
    [{ by: [{ column: 'brand' }, { column: 'brand' }] }, 'has column "brand" twice'],
    [{ by: [{ column: 'vector' }, { column: 'other' }] }, 'may have one embedding'],
    [
      { by: [{ column: 'brand' }], neighbours: 201 },
      'neighbours must be a whole number from 1 to 200',
    ],
    [{ by: [{ column: 'brand' }], neighbour: 5 }, 'did you mean "neighbours"?'],
  ])('%j is refused in words', (related, words) =>
    expect(() => parseSchema({ ...base, related })).toThrow(words),
  );

  it('is no part of the hash, and needed by a feature that reads it', () => {
    const related = { by: [{ column: 'brand' }, { column: 'vector', weight: 2 }] };
    expect(parseSchema({ ...base, related }).hash).toBe(parseSchema(base).hash);
    const features = [{ name: 'alike', kind: 'related', edges: [50] }];
    expect(() => parseSchema({ ...base, features })).toThrow('nothing says what makes items alike');
    expect(parseSchema({ ...base, features, related }).related).toEqual(related);
    const wrong = [{ name: 'alike', kind: 'related', edges: [0, 50] }];
    expect(() => parseSchema({ ...base, features: wrong, related })).toThrow(
      'whole percents from 1 to 99',
    );
  });

  it.each([{ dimensions: 1 }, { dimensions: 1537 }, { dimensions: 2.5 }, {}])(
    'an embedding of %j is refused in words',
    (given) =>
      expect(() =>
        parseSchema({ ...base, columns: [{ name: 'v', type: 'embedding', ...given }] }),
      ).toThrow('dimensions must be a whole number from 2 to 1536'),
  );
});

describe('a proposed schema', () => {
  const vector = (i: number) => Array.from({ length: 8 }, (_, d) => Math.sin(i + d)).join('|');
  it('takes a column of lists of as many numbers for an embedding, which says what is alike', () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      id: `i${i}`,
      brand: ['x', 'y'][i % 2],
      vector: vector(i),
    }));
    const guess = guessColumns(['id', 'brand', 'vector'], rows, {});
    expect(guess.columns[2].guess).toEqual({ type: 'embedding', dimensions: 8 });
    const { definition } = proposeSchema('shop', guess, rows, 1_800_000_000_000);
    const schema = parseSchema(definition);
    expect(schema.columns).toContainEqual({ name: 'vector', type: 'embedding', dimensions: 8 });
    expect(schema.related?.by[0]).toEqual({ column: 'vector', weight: 3 });
    expect(schema.features.some(({ kind }) => kind === 'related')).toBe(true);
  });

  it.each([
    [['1|2|3'], undefined],
    [[vector(1), vector(2)], 8],
    [[vector(1), '1|2'], undefined],
    [['a|b|c|d|e|f|g|h'], undefined],
    [[[1, 2, 3, 4, 5, 6, 7, 8]], 8],
    [[5], undefined],
    [[], undefined],
  ])('%j has so many dimensions: %j', (cells, dimensions) =>
    expect(dimensionsOf(cells)).toBe(dimensions),
  );
});
