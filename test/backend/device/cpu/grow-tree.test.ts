import { describe, expect, test } from 'vitest';
import { loadCodes } from '../../../../backend/device/cpu/loaded-codes.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { TreeGrower, type Drawn } from '../../../../backend/device/cpu/grow-tree.ts';
import type {
  GrownTree,
  GrowOptions,
} from '../../../../backend/science/learn/device/tree-growers.ts';
import { sumOver, type Rows } from '../../../oracle/split.ts';
import { growOracle } from '../../../oracle/tree.ts';
import { copyIn, freshRandom, packed, poison, poolsOf, randomColumns } from './support.ts';
import { exactRows, FREE, G_STEP, H_STEP, leavesOf, recordAllocations } from './tree-support.ts';

const POOLS = poolsOf(2 ** 30);
/** Place among a grower's arrays of the locks, which lie open between jobs; all others may hold anything. */
const LOCKS = 4;

type TreeWithLeaves = GrownTree & Pick<TreeGrower, 'leaves'>;

function grow(pool: KernelPool, data: Rows, options: GrowOptions, drawn?: Drawn): TreeWithLeaves {
  const matrix = loadCodes(pool, data);
  let grower: TreeGrower;
  const taken = recordAllocations(pool, () => (grower = new TreeGrower(matrix, options.maxLeaves)));
  taken.forEach(({ address, sizeBytes }, i) => i !== LOCKS && poison(pool, address, sizeBytes));
  const values = copyIn(
    pool,
    BigInt64Array.from(data.g, (g, row) => packed(g / G_STEP, data.h[row] / H_STEP)),
  );
  const tree = grower!.grow(values, { gradient: G_STEP, hessian: H_STEP }, options, drawn);
  return { ...tree, leaves: grower!.leaves };
}

const ascending = (a: number, b: number) => a - b;

/** Leaves as "rows: value", in an order of their own. */
const said = (leaves: Iterable<readonly [readonly number[], number]>) =>
  Array.from(
    leaves,
    ([rows, value]) => `${rows.toSorted(ascending).join(' ')}: ${value.toPrecision(12)}`,
  ).toSorted();

const CASES: readonly [
  string,
  Partial<GrowOptions>,
  { rows?: number; features?: number; buckets?: number; flat?: number }?,
][] = [
  ['two levels', { maxDepth: 2 }],
  ['six levels', {}],
  ['no ridge', { lambda: 0 }],
  ['few leaves', { maxLeaves: 5 }],
  ['one leaf', { maxLeaves: 1 }],
  ['a least hessian', { minChildHessian: 5 }],
  ['a least gain', { minGain: 200 }],
  ['a least number of rows', { minChildRows: 10 }],
  ['until no rows are left to split', { maxDepth: 40, maxLeaves: 400 }, { rows: 60 }],
  ['three codes', {}, { buckets: 3 }],
  ['all rows alike', {}, { buckets: 1 }],
  ['one row', {}, { rows: 1 }],
  ['one feature', {}, { features: 1 }],
  ['rising and falling features', { monotone: Int8Array.of(1, -1, 0, 1), minGain: 1e-6 }],
  [
    'rising and falling features, no ridge, deep',
    { monotone: Int8Array.of(1, -1, 1, -1), lambda: 0, maxDepth: 12, maxLeaves: 90 },
  ],
  ['rows without a hessian', { minChildRows: 0 }, { flat: 0.7 }],
  [
    'children of no rows not forbidden',
    { minChildRows: 0, lambda: 0, maxDepth: 30, maxLeaves: 400 },
    { rows: 60 },
  ],
];

describe.each(['depth', 'best'] as const)('a tree grown %s first', (order) => {
  test.each(CASES)('is the one that trying every split gives: %s', (_, more, shape = {}) => {
    const { seed, random } = freshRandom();
    for (let round = 0; round < 2; round++) {
      const { rows = 180, features = 4, buckets = 40, flat = 0 } = shape;
      const data = exactRows(randomColumns(rows, features, random, buckets), random, flat);
      const options = { ...FREE, order, ...more };
      const trees = POOLS.map((pool) => grow(pool, data, options));
      const [tree] = trees;
      for (const other of trees) expect(other, `seed ${seed}`).toEqual(tree);
      const leaves = Array.from(
        leavesOf(tree, data),
        ([leaf, list]) => [list, tree.value[leaf]] as const,
      );
      const oracle = growOracle(data, options).map(({ list, value }) => [list, value] as const);
      expect(said(leaves), `seed ${seed}, round ${round}`).toEqual(said(oracle));
      // No leaf without rows: the walk found them all.
      expect(leaves.length, `seed ${seed}`).toBe(tree.left.filter((left) => left === 0).length);
      expect(
        tree.leaves.map(({ from, to }) => to - from).toSorted(ascending),
        `seed ${seed}`,
      ).toEqual(leaves.map(([list]) => list.length).toSorted(ascending));
    }
  });

  test.each([
    ['a few stored nodes', 9000, 6, 64],
    ['stored nodes with a lock each', 70_001, 5, 32],
    ['many stored nodes', 20_000, 9, 512],
  ] as const)(
    'of many rows holds the exact sums in every node: %s',
    (_, rows, maxDepth, maxLeaves) => {
      const { seed, random } = freshRandom();
      const data = exactRows(randomColumns(rows, 9, random), random);
      const options = { ...FREE, order, maxDepth, maxLeaves, minChildRows: 5 };
      const trees = POOLS.map((pool) => grow(pool, data, options));
      const [tree] = trees;
      for (const other of trees) expect(other, `seed ${seed}`).toEqual(tree);
      expectSums(`seed ${seed}`, tree, data, options.lambda);
    },
  );
});

test('slim slices off many wide nodes leave a histogram for each', () => {
  const { seed, random } = freshRandom();
  const rows = 16 * 1250;
  // Four features halve the rows evenly four times; then the fifth cuts a slim slice off each of the 16 parts.
  const codes = new Uint8Array(5 * rows);
  const g = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const isSlim = random() < 0.1;
    codes[4 * rows + row] = isSlim ? 2 : 1;
    let pull = isSlim ? 1 : 0;
    for (let feature = 0; feature < 4; feature++) {
      const isHigh = (row >> feature) & 1;
      codes[feature * rows + row] = 1 + isHigh;
      pull += isHigh * 2 ** (feature + 2);
    }
    g[row] = Math.round(400 * (pull + random())) * G_STEP;
  }
  const data = { rows, features: 5, codes, g, h: new Float64Array(rows).fill(1000 * H_STEP) };
  const options = { ...FREE, lambda: 0, maxLeaves: 64 };
  const trees = POOLS.map((pool) => grow(pool, data, options));
  for (const tree of trees) {
    expectSums(`seed ${seed}`, tree, data, options.lambda);
    expect(tree.leaves.length).toBe(32);
  }
});

/** Every node's hessian, and every leaf's value and rows, against the rows that the walk brings there. */
function expectSums(what: string, tree: TreeWithLeaves, data: Rows, lambda: number): void {
  const at = tree.left.map((): number[] => []);
  for (const [leaf, list] of leavesOf(tree, data)) at[leaf] = list;
  for (let node = tree.left.length - 1; node >= 0; node--) {
    const left = tree.left[node];
    if (left !== 0) at[node] = [...at[left], ...at[left + 1]];
    const { g, h } = sumOver(data, at[node]);
    expect(tree.cover[node], `${what}: hessian of node ${node}`).toBe(h);
    expect(tree.left[node] === 0 ? tree.value[node] : 0, `${what}: value of node ${node}`).toBe(
      left === 0 ? -g / (h + lambda) : 0,
    );
  }
  const spans = tree.leaves.toSorted((a, b) => a.from - b.from || a.to - b.to);
  spans.forEach(({ node, from, to }, i) => {
    expect(from, `${what}: leaves lie side by side`).toBe(i === 0 ? 0 : spans[i - 1].to);
    expect(to - from, `${what}: rows of leaf ${node}`).toBe(at[node].length);
  });
  expect(spans.at(-1)!.to).toBe(data.rows);
}

test('a sample is all that counts, and features that a node may not split on are left alone', () => {
  const { seed, random } = freshRandom();
  const rows = 3000;
  const data = exactRows(randomColumns(rows, 6, random), random);
  const sample = Uint32Array.from({ length: rows }, (_, row) => row).filter(() => random() < 0.4);
  const own: Rows = {
    rows: sample.length,
    features: 6,
    codes: Uint8Array.from({ length: 6 * sample.length }, (_, i) => {
      const feature = Math.floor(i / sample.length);
      return data.codes[feature * rows + sample[i % sample.length]];
    }),
    g: Float64Array.from(sample, (row) => data.g[row]),
    h: Float64Array.from(sample, (row) => data.h[row]),
  };
  const options: GrowOptions = { ...FREE, maxDepth: 5 };
  const drawFeatures = (allowed: Uint8Array) => allowed.set([1, 0, 1, 0, 0, 1]);
  for (const pool of POOLS) {
    const grower = new TreeGrower(loadCodes(pool, data), options.maxLeaves);
    const values = copyIn(
      pool,
      BigInt64Array.from(data.g, (g, row) => packed(g / G_STEP, data.h[row] / H_STEP)),
    );
    const drawn = { sample, drawFeatures };
    const tree = grower.grow(values, { gradient: G_STEP, hessian: H_STEP }, options, drawn);
    const expected = grow(pool, own, options, { drawFeatures });
    expect({ ...tree, leaves: expected.leaves }, `seed ${seed}`).toEqual(expected);
    const used = new Set(tree.feature.filter((_, node) => tree.left[node] !== 0));
    expect(
      [...used].filter((feature) => ![0, 2, 5].includes(feature)),
      `seed ${seed}`,
    ).toEqual([]);
    expect(used.size).toBeGreaterThan(0);
  }
});

test.each([
  [1, 1, 2],
  [300, 39, 31],
  [9000, 8, 64],
  [70_000, 9, 1000],
  [300, 3, 100_000],
])(
  'a grower takes no more memory than announced: %i rows, %i features, %i leaves',
  (rows, features, maxLeaves) => {
    for (const pool of POOLS) {
      const matrix = loadCodes(pool, randomColumns(rows, features, freshRandom().random));
      const before = pool.allocate(0);
      void new TreeGrower(matrix, maxLeaves);
      expect(pool.allocate(0) - before).toBeLessThanOrEqual(
        TreeGrower.sizeBytes(rows, features, maxLeaves, pool.threads),
      );
    }
  },
);
