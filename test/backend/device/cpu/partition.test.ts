import { describe, expect, test } from 'vitest';
import { blocksOf, BLOCK_ROWS, loadCodes } from '../../../../backend/device/cpu/loaded-codes.ts';
import {
  allocatePoisoned,
  bytesAt,
  copyIn,
  expectSameBits,
  freshRandom,
  poolsOf,
  randomColumns,
} from './support.ts';

const POOLS = poolsOf(2 ** 28);
const FEATURES = 3;

/** Left when `((code − shift) & 255) ≤ threshold`, said in buckets: 1 to `last`, and the missing one or not. */
const CUTS = [
  ['missing left, low buckets left', { last: 40, takesMissing: true }],
  ['missing right, low buckets left', { last: 40, takesMissing: false }],
  ['missing alone on the left', { last: 0, takesMissing: true }],
  ['missing alone on the right', { last: 255, takesMissing: false }],
  ['the last bucket alone on the right', { last: 254, takesMissing: true }],
  ['every row left', { last: 255, takesMissing: true }],
] as const;

describe.each(CUTS)('splitBlock and placeBlock, %s', (_, { last, takesMissing }) => {
  test.each([1, 2, 255, 8191, 8193, 65_537])('keep the order of %i rows on each side', (rows) => {
    const { seed, random } = freshRandom();
    const columns = randomColumns(rows, FEATURES, random);
    const feature = Math.floor(FEATURES * random());
    const index = Uint32Array.from({ length: rows }, (__, row) => row);
    for (let i = rows - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * random());
      [index[i], index[j]] = [index[j], index[i]];
    }
    // The first fifth belongs to other nodes and stays where it is; the rest is split in uneven blocks.
    const from = Math.floor(rows / 5);
    const size = 1 + Math.floor(rows / 3.3);
    const found = POOLS.map((pool) => {
      const { columns: at } = loadCodes(pool, columns);
      const list = copyIn(pool, index);
      const spans: number[] = [];
      for (let start = from; start < rows; start += size) spans.push(start);
      const blocks = pool.u32(allocatePoisoned(pool, 32 * spans.length), 8 * spans.length);
      const shift = takesMissing ? 0 : 1;
      spans.forEach((start, i) =>
        blocks.set([start, Math.min(start + size, rows), feature, last - shift, shift], 8 * i),
      );
      const [lefts, rights] = [allocatePoisoned(pool, 4 * rows), allocatePoisoned(pool, 4 * rows)];
      const values = [at, rows, list, lefts, rights, blocks.byteOffset];
      pool.run('splitBlock', spans.length, values);
      let left = from;
      let right = from + spans.reduce((sum, __, i) => sum + blocks[8 * i + 5], 0);
      const middle = right;
      spans.forEach((__, i) => {
        const taken = blocks[8 * i + 5];
        blocks.set([left, right], 8 * i + 6);
        left += taken;
        right += blocks[8 * i + 1] - blocks[8 * i] - taken;
      });
      pool.run('placeBlock', spans.length, values);
      return { bytes: bytesAt(pool, list, 4 * rows), list: pool.u32(list, rows), middle };
    });
    expectSameBits(
      `seed ${seed}`,
      found.map(({ bytes }) => bytes),
    );
    const goesLeft = (row: number) => {
      const code = columns.codes[feature * rows + row];
      return code === 0 ? takesMissing : code <= last;
    };
    const own = [...index.subarray(from)];
    const oracle = [
      ...index.subarray(0, from),
      ...own.filter(goesLeft),
      ...own.filter((row) => !goesLeft(row)),
    ];
    expect(found[0].middle, `seed ${seed}`).toBe(from + own.filter(goesLeft).length);
    const worst = oracle.findIndex((row, i) => row !== found[0].list[i]);
    expect(worst, `seed ${seed}: the first place that differs`).toBe(-1);
  });
});

test('addLeaf adds each block’s value to its rows alone', () => {
  const { seed, random } = freshRandom();
  const rows = 20_011;
  const index = Uint32Array.from({ length: rows }, (_, row) => (row * 7919) % rows);
  const start = Float64Array.from({ length: rows }, () => random() - 0.5);
  const blocks = [
    [0, 1, 0.25],
    [1, 9000, -3.5],
    [9000, 9000, 1e9],
    [12_000, 20_011, 1 / 3],
  ];
  const oracle = start.slice();
  for (const [from, to, value] of blocks) for (let i = from; i < to; i++) oracle[index[i]] += value;
  for (const pool of POOLS) {
    const at = allocatePoisoned(pool, 16 * blocks.length);
    blocks.forEach(([from, to, value], i) => {
      pool.u32(at + 16 * i, 2).set([from, to]);
      pool.f64(at + 16 * i + 8, 1)[0] = value;
    });
    const scores = copyIn(pool, start);
    pool.run('addLeaf', blocks.length, [copyIn(pool, index), at, scores]);
    expect([...pool.f64(scores, rows)], `seed ${seed}`).toEqual([...oracle]);
  }
});

test.each([1, 8191, 8192, 8193, 16_385])(
  'addTree walks as the plain walk does: %i rows',
  (rows) => {
    const { seed, random } = freshRandom();
    const columns = randomColumns(rows, FEATURES, random);
    // A tree of 31 nodes: node i has the children 2 i + 1 and 2 i + 2.
    const nodes = Array.from({ length: 31 }, (_, node) => ({
      feature: Math.floor(FEATURES * random()),
      threshold: Math.floor(120 * random()),
      shift: Math.floor(2 * random()),
      left: node < 15 ? 2 * node + 1 : 0,
      value: random() - 0.5,
    }));
    const start = Float64Array.from({ length: rows }, () => random());
    const oracle = start.map((score, row) => {
      let node = nodes[0];
      while (node.left !== 0) {
        const code = columns.codes[node.feature * rows + row];
        const isLeft = code === 0 ? node.shift === 0 : code - node.shift <= node.threshold;
        node = nodes[node.left + (isLeft ? 0 : 1)];
      }
      return score + node.value;
    });
    for (const pool of POOLS) {
      const { columns: at } = loadCodes(pool, columns);
      const bytes = allocatePoisoned(pool, 24 * nodes.length);
      nodes.forEach(({ feature, threshold, shift, left, value }, i) => {
        pool.u32(bytes + 24 * i, 3).set([feature, threshold | (shift << 16), left]);
        pool.f64(bytes + 24 * i + 16, 1)[0] = value;
      });
      const scores = copyIn(pool, start);
      pool.run('addTree', blocksOf(rows), [at, rows, BLOCK_ROWS, bytes, scores]);
      expect([...pool.f64(scores, rows)], `seed ${seed}`).toEqual([...oracle]);
    }
  },
);
