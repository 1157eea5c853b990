import { describe, expect, test } from 'vitest';
import {
  FEATURE_STRIDE,
  blocksOf,
  BLOCK_ROWS,
  loadCodes,
  loadRows,
} from '../../../../backend/device/cpu/loaded-codes.ts';
import type { LoadedCodes } from '../../../../backend/device/cpu/loaded-codes.ts';
import { scratchBytesOf } from '../../../../backend/device/cpu/grow-tree.ts';
import {
  allocatePoisoned,
  bytesAt,
  copyIn,
  expectSameBits,
  freshRandom,
  packed,
  poolsOf,
  randomColumns,
} from './support.ts';

const POOLS = poolsOf(2 ** 29);
const BUCKETS = 256;
const ROWS = [1, 7, 8191, 8192, 8193, 65_535, 65_536, 65_537];
const FEATURES = [1, 7, 8, 9, 39];
const [MOST_G, MOST_H] = [2 ** 15 - 1, 2 ** 16 - 1];

interface Block {
  readonly from: number;
  readonly to: number;
  readonly node: number;
  readonly alone: boolean;
}

/** Node sums (poisoned where a block stores, zeroed where blocks add, as the caller owes) after `histogramBlock`. */
function histogramBlock(
  { pool, codes, stride, features, buckets }: LoadedCodes,
  values: number,
  index: number,
  blocks: readonly Block[],
  nodes: number,
): number {
  const nodeBytes = features * BUCKETS * 16;
  const sums = allocatePoisoned(pool, nodes * nodeBytes);
  for (const { node, alone } of blocks)
    if (!alone) pool.u8(sums + node * nodeBytes, nodeBytes).fill(0);
  const scratchBytes = scratchBytesOf(features);
  const scratch = allocatePoisoned(pool, pool.threads * scratchBytes);
  const words = blocks.flatMap(({ from, to, node, alone }) => [from, to, node, alone ? 1 : 0]);
  const list = copyIn(pool, Uint32Array.from(words));
  const locks = pool.allocate(4 * nodes);
  pool.run('histogramBlock', blocks.length, [
    codes,
    stride,
    values,
    index,
    list,
    sums,
    features,
    locks,
    scratch,
    scratchBytes,
    buckets,
  ]);
  return sums;
}

/** Cuts `from .. to` into blocks of at most `size` rows. */
function cut(from: number, to: number, size: number, node: number): Block[] {
  const blocks: Block[] = [];
  for (let at = from; at < to; at += size)
    blocks.push({ from: at, to: Math.min(at + size, to), node, alone: to - from <= size });
  return blocks;
}

describe.each(FEATURES)('histogramBlock of %i features', (features) => {
  test.each(ROWS)('equals the sums of whole numbers, bit for bit: %i rows', (rows) => {
    const { seed, random } = freshRandom();
    const columns = randomColumns(rows, features, random);
    const values = BigInt64Array.from({ length: rows }, () =>
      packed(Math.round((2 * random() - 1) * MOST_G), Math.round(random() * MOST_H)),
    );
    // A subset in any order, as partitions leave it: the kernel may not count on ascending rows.
    const subset = Uint32Array.from({ length: rows }, (_, row) => row)
      .filter(() => random() < 0.6)
      .toReversed();
    const third = Math.floor(subset.length / 3);
    // Node 0 in one block, node 1 untouched, node 2 in many; then node 3: all rows without an index.
    const blocks = [...cut(0, third, 65_535, 0), ...cut(third, subset.length, 997, 2)];
    const whole = cut(0, rows, 20_000, 0);
    const found = POOLS.map((pool) => {
      const matrix = loadCodes(pool, columns);
      const at = copyIn(pool, values);
      const sums = histogramBlock(matrix, at, copyIn(pool, subset), blocks, 3);
      const all = histogramBlock(matrix, at, 0, whole, 1);
      const cells = features * BUCKETS * 2;
      return {
        bytes: Buffer.concat([bytesAt(pool, sums, 24 * cells), bytesAt(pool, all, 8 * cells)]),
        nodes: [0, 1, 2]
          .map((node) => pool.f64(sums + node * 8 * cells, cells))
          .concat(pool.f64(all, cells)),
        buckets: pool.u32(matrix.buckets, features),
      };
    });
    expectSameBits(
      `seed ${seed}`,
      found.map(({ bytes }) => bytes),
    );
    const [{ nodes, buckets }] = found;
    const lists = [subset.subarray(0, third), undefined, subset.subarray(third), values.keys()];
    lists.forEach((list, node) => {
      if (list === undefined || (third === 0 && node === 0)) {
        expect(nodes[node].every(Number.isNaN), `seed ${seed}: node ${node} is left alone`).toBe(
          true,
        );
        return;
      }
      const oracle = new Float64Array(features * BUCKETS * 2);
      for (const row of list) {
        const [g, h] = [Number(values[row] >> 32n), Number(values[row] & 0xffff_ffffn)];
        for (let feature = 0; feature < features; feature++) {
          const cell = 2 * (feature * BUCKETS + columns.codes[feature * rows + row]);
          oracle[cell] += g;
          oracle[cell + 1] += h;
        }
      }
      if (subset.length === third && node === 2) return;
      for (let feature = 0; feature < features; feature++)
        for (let i = 0; i < 2 * buckets[feature]; i++) {
          const cell = 2 * feature * BUCKETS + i;
          if (nodes[node][cell] !== oracle[cell])
            expect.fail(
              `seed ${seed}: node ${node}, feature ${feature}, bucket ${i >> 1}: ${nodes[node][cell]}, not ${oracle[cell]}`,
            );
        }
    });
  });
});

test.each([
  ['the most', MOST_G, MOST_H],
  ['the least', -MOST_G, MOST_H],
  ['least gradients alone', -MOST_G, 0],
] as const)('65,535 rows of one bucket do not overflow: %s', (_, g, h) => {
  const rows = 65_535;
  const columns = { rows, features: 1, codes: new Uint8Array(rows).fill(255) };
  for (const pool of POOLS) {
    const matrix = loadCodes(pool, columns);
    const values = copyIn(pool, new BigInt64Array(rows).fill(packed(g, h)));
    const sums = histogramBlock(matrix, values, 0, cut(0, rows, rows, 0), 1);
    expect([...pool.f64(sums + 255 * 16, 2)]).toEqual([g * rows, h * rows]);
    expect(pool.f64(sums, 510).every((sum) => sum === 0)).toBe(true);
  }
});

describe.each([1, 7, 8, 9])('histogramWide of %i features', (features) => {
  test.each(ROWS)('equals the sums of 62-bit whole numbers: %i rows', (rows) => {
    const { seed, random } = freshRandom();
    const columns = randomColumns(rows, features, random);
    const most = 2 ** Math.min(50, 62 - Math.ceil(Math.log2(rows + 1)));
    const values = BigInt64Array.from({ length: rows }, () =>
      BigInt(Math.round((2 * random() - 1) * most)),
    );
    const oracle = new BigInt64Array(features * BUCKETS);
    for (let feature = 0; feature < features; feature++)
      for (let row = 0; row < rows; row++)
        oracle[feature * BUCKETS + columns.codes[feature * rows + row]] += values[row];
    for (const pool of POOLS) {
      const { codes, stride } = loadCodes(pool, columns);
      const cells = stride * FEATURE_STRIDE;
      const sums = pool.allocate(8 * pool.threads * cells);
      pool.run('histogramWide', blocksOf(rows), [
        codes,
        stride,
        copyIn(pool, values),
        rows,
        BLOCK_ROWS,
        sums,
      ]);
      const found = new BigInt64Array(features * BUCKETS);
      for (let thread = 0; thread < pool.threads; thread++)
        for (let feature = 0; feature < features; feature++)
          pool
            .i64(sums + 8 * (thread * cells + feature * FEATURE_STRIDE), BUCKETS)
            .forEach((sum, bucket) => (found[feature * BUCKETS + bucket] += sum));
      const worst = found.findIndex((sum, cell) => sum !== oracle[cell]);
      expect(worst, `seed ${seed}, ${pool.threads} threads: the first cell that differs`).toBe(-1);
    }
  });
});

test.each(FEATURES)(
  'subtractNode leaves the sibling in the parent’s place: %i features',
  (features) => {
    const { seed, random } = freshRandom();
    const nodes = 7;
    const cells = features * BUCKETS * 2;
    const buckets = Uint32Array.from({ length: features }, () => 1 + Math.floor(256 * random()));
    const before = Float64Array.from({ length: nodes * cells }, () =>
      Math.round((random() - 0.5) * 2 ** 53),
    );
    const pairs = [
      [3, 1],
      [0, 6],
      [5, 4],
    ];
    const found = POOLS.map((pool) => {
      const sums = copyIn(pool, before);
      const list = copyIn(pool, Uint32Array.from(pairs.flat()));
      pool.run('subtractNode', pairs.length, [list, sums, features, copyIn(pool, buckets)]);
      return pool.f64(sums, nodes * cells);
    });
    const oracle = before.slice();
    for (const [parent, other] of pairs)
      for (let feature = 0; feature < features; feature++)
        for (let i = 0; i < 2 * buckets[feature]; i++) {
          const at = 2 * feature * BUCKETS + i;
          oracle[parent * cells + at] -= before[other * cells + at];
        }
    found.forEach((sums) => {
      const worst = oracle.findIndex((value, at) => value !== sums[at]);
      expect(worst, `seed ${seed}: the first cell that differs`).toBe(-1);
    });
  },
);

test.each([1, 8193, 65_537, 70_001])(
  'rows that are loaded a part at a time are those that are loaded at once: %i rows',
  (rows) => {
    const { random } = freshRandom();
    const columns = randomColumns(rows, 9, random);
    for (const pool of POOLS) {
      const [whole, parts] = [loadCodes(pool, columns), loadRows(pool, columns)].map(
        ({ codes, stride }) => Buffer.from(pool.u8(codes, rows * stride)),
      );
      expect(parts.equals(whole)).toBe(true);
    }
  },
);

test.each(FEATURES)(
  'codes by row are the columns turned over, padded with 0: %i features',
  (features) => {
    const { seed, random } = freshRandom();
    const rows = 8193;
    const columns = randomColumns(rows, features, random);
    for (const pool of POOLS) {
      const { codes, stride, buckets, columns: kept } = loadCodes(pool, columns);
      const found = pool.u8(codes, rows * stride);
      for (let row = 0; row < rows; row++)
        for (let feature = 0; feature < stride; feature++) {
          const code = feature < features ? columns.codes[feature * rows + row] : 0;
          if (found[row * stride + feature] !== code)
            expect.fail(`seed ${seed}: row ${row}, feature ${feature}`);
        }
      expect(bytesAt(pool, kept, rows * features).equals(columns.codes)).toBe(true);
      for (let feature = 0; feature < features; feature++) {
        const most = columns.codes
          .subarray(feature * rows, (feature + 1) * rows)
          .reduce((a, b) => Math.max(a, b));
        expect(pool.u32(buckets, features)[feature]).toBe(most + 1);
      }
    }
  },
);
