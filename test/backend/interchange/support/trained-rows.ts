import { seededRandom } from '../../../../shared/explore/random.ts';
import { bucketCount, parseSchema, type Schema } from '../../../../shared/features/schema.ts';

/** Features of all kinds whose buckets follow from one raw value, and of some that do not. */
export const SCHEMA: Schema = parseSchema({
  name: 'foreign',
  columns: [
    { name: 'price', type: 'number' },
    { name: 'country', type: 'category' },
    { name: 'tags', type: 'set' },
    { name: 'rating', type: 'number' },
  ],
  features: [
    {
      name: 'price level',
      kind: 'quantile',
      column: 'price',
      edges: [50.5, 100, 200.25, 400, 800],
    },
    {
      name: 'country',
      kind: 'category',
      column: 'country',
      values: ['pt', 'es', 'fr', 'it', 'de', 'gr', 'hr'],
    },
    { name: 'device', kind: 'context', key: 'device', values: ['phone', 'desktop'] },
    { name: 'hour', kind: 'request-time', part: 'hour' },
    { name: 'tags', kind: 'set-overlap', column: 'tags', preference: 'tags', most: 3 },
    {
      name: 'rating',
      kind: 'quantile',
      column: 'rating',
      edges: Array.from({ length: 40 }, (_, i) => i / 4 - 2),
    },
    { name: 'party', kind: 'context', key: 'party', edges: [1, 2, 4] },
    { name: 'country × device', kind: 'cross', of: ['country', 'device'] },
  ],
});

export const ITEMS_PER_SLATE = 10;

export interface Rows {
  readonly rows: number;
  /** Feature-major. */
  readonly codes: Uint8Array;
  readonly labels: Float64Array;
  /** The codes of one row. */
  readonly codesOf: (row: number) => Uint8Array;
}

/** Random codes of every bucket, a tenth of them missing, and labels that no single feature explains. */
export function randomRows(schema: Schema, rows: number, seed: number): Rows {
  const random = seededRandom(seed);
  const sizes = schema.features.map(bucketCount);
  const codes = new Uint8Array(rows * sizes.length);
  const labels = new Float64Array(rows);
  const effect = sizes.map((size) => Array.from({ length: size }, () => random() * 2 - 1));
  for (let row = 0; row < rows; row++) {
    let score = 0;
    sizes.forEach((size, feature) => {
      const code = random() < 0.1 ? 0 : Math.floor(random() * size);
      codes[feature * rows + row] = code;
      score += effect[feature][code] * (feature % 2 === 0 ? 1 : effect[0][codes[row]]);
    });
    labels[row] = score + random() - 0.5 > 0.3 ? 1 : 0;
  }
  return {
    rows,
    codes,
    labels,
    codesOf: (row) => Uint8Array.from(sizes, (_, feature) => codes[feature * rows + row]),
  };
}
