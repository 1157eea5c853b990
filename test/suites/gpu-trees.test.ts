import { describe, expect, test } from 'vitest';
import { GpuBooster } from '../../backend/device/gpu/booster.ts';
import { DeviceRows } from '../../backend/device/gpu/device-rows.ts';
import { GpuTreeGrower, type GpuGrowOptions } from '../../backend/device/gpu/grow-tree.ts';
import { MAX_FIXED } from '../../backend/device/gpu/histogram.wgsl.ts';
import { Workspace } from '../../backend/device/gpu/kernel.ts';
import type { CodeMatrix } from '../../backend/science/learn/code-matrix.ts';
import type { GrownTree } from '../../backend/science/learn/device/tree-growers.ts';
import { boost } from '../../backend/science/learn/trees/boost.ts';
import { scoreTrees } from '../../backend/science/learn/trees/score-trees.ts';
import {
  expectWithin,
  freshSeed,
  gpuName,
  noGpu,
  randomCodes,
  seededRandom,
  theGpu,
} from './support/gpu.ts';

const EPSILON = 2 ** -23;
const OPTIONS: GpuGrowOptions = {
  maxDepth: 4,
  lambda: 1,
  minChildHessian: 0.5,
  minChildRows: 0,
  minGain: 0.02,
  rate: 0.3,
};

interface Sums {
  readonly g: number;
  readonly h: number;
}
interface Bounds {
  readonly low: number;
  readonly high: number;
}

const clamp = (value: number, { low, high }: Bounds) => Math.min(high, Math.max(low, value));
const valueOf = ({ g, h }: Sums, lambda: number, bounds: Bounds) =>
  clamp(-g / (h + lambda), bounds);
const scoreOf = ({ g, h }: Sums, lambda: number, w: number) => -(2 * g * w + (h + lambda) * w * w);
const size = ({ g, h }: Sums, lambda: number, w: number) =>
  2 * Math.abs(g * w) + (h + lambda) * w * w;

/** What a split gains in float64, and how far the kernel may be off. */
function judge(left: Sums, right: Sums, bounds: Bounds, lambda: number) {
  const all = { g: left.g + right.g, h: left.h + right.h };
  const values = [left, right, all].map((sums) => valueOf(sums, lambda, bounds));
  const [l, r, p] = values;
  return {
    gain: scoreOf(left, lambda, l) + scoreOf(right, lambda, r) - scoreOf(all, lambda, p),
    slack: 16 * EPSILON * (size(left, lambda, l) + size(right, lambda, r) + size(all, lambda, p)),
    left: l,
    right: r,
  };
}

const sumOf = (rows: readonly number[], pairs: Float64Array): Sums => {
  let [g, h] = [0, 0];
  for (const row of rows) [g, h] = [g + pairs[2 * row], h + pairs[2 * row + 1]];
  return { g, h };
};

/** What a child must weigh. */
const leastHessian = (
  { h }: Sums,
  rows: number,
  { minChildHessian, minChildRows }: GpuGrowOptions,
) => Math.max(minChildHessian, ((minChildRows - 0.5) * h) / rows);

/** The most that any allowed split of these rows gains, by trying each. */
function bestGain(
  { rows: allRows, features, codes }: CodeMatrix,
  rows: readonly number[],
  pairs: Float64Array,
  bounds: Bounds,
  options: GpuGrowOptions,
): number {
  let best = Number.NEGATIVE_INFINITY;
  const all = sumOf(rows, pairs);
  const least = leastHessian(all, rows.length, options) * (1 + 1e-6);
  for (let feature = 0; feature < features; feature++) {
    const order = options.monotone?.[feature] ?? 0;
    const buckets = Array.from({ length: 256 }, () => ({ g: 0, h: 0 }));
    for (const row of rows) {
      const bucket = buckets[codes[feature * allRows + row]];
      bucket.g += pairs[2 * row];
      bucket.h += pairs[2 * row + 1];
    }
    for (const shift of [0, 1]) {
      const left = { g: 0, h: 0 };
      for (let threshold = 0; threshold < 255 - shift; threshold++) {
        left.g += buckets[threshold + shift].g;
        left.h += buckets[threshold + shift].h;
        const right = { g: all.g - left.g, h: all.h - left.h };
        if (left.h < least || right.h < least) continue;
        const split = judge(left, right, bounds, options.lambda);
        if (order * (split.right - split.left) < -1e-12) continue;
        best = Math.max(best, split.gain - split.slack);
      }
    }
  }
  return best;
}

/**
 * Walks the device's tree over the rows in float64: every split gains as much as the best one would, every leaf had
 * none left, and every value is that of its rows.
 */
function checkTree(
  tree: GrownTree,
  matrix: CodeMatrix,
  pairs: Float64Array,
  options: GpuGrowOptions,
  what: string,
): Float64Array {
  const added = new Float64Array(matrix.rows);
  const visit = (node: number, rows: readonly number[], bounds: Bounds, depth: number) => {
    const sums = sumOf(rows, pairs);
    expectWithin(`${what}: cover`, [tree.cover[node]], [sums.h], () => 1e-6 * (1 + sums.h));
    const best =
      depth < options.maxDepth
        ? bestGain(matrix, rows, pairs, bounds, options)
        : Number.NEGATIVE_INFINITY;
    if (tree.left[node] === 0) {
      expect(best, `${what}: leaf ${node} could be split`).toBeLessThanOrEqual(
        options.minGain * (1 + 1e-6),
      );
      const value = options.rate * valueOf(sums, options.lambda, bounds);
      expectWithin(
        `${what}: value`,
        [tree.value[node]],
        [value],
        () => 1e-6 * (1 + Math.abs(value)),
      );
      for (const row of rows) added[row] = tree.value[node];
      return;
    }
    const [lefts, rights]: [number[], number[]] = [[], []];
    for (const row of rows) {
      const code = matrix.codes[tree.feature[node] * matrix.rows + row];
      const goesLeft = ((code - tree.shift[node]) & 255) <= tree.threshold[node];
      (goesLeft ? lefts : rights).push(row);
    }
    const split = judge(sumOf(lefts, pairs), sumOf(rights, pairs), bounds, options.lambda);
    expectWithin(`${what}: gain`, [tree.gain[node]], [split.gain], () => split.slack);
    expect(split.gain + split.slack, `${what}: node ${node}`).toBeGreaterThanOrEqual(best);
    const least = leastHessian(sums, rows.length, options) * (1 - 1e-6);
    for (const side of [lefts, rights])
      expect(sumOf(side, pairs).h, `${what}: child of ${node}`).toBeGreaterThanOrEqual(least);
    const middle = (split.left + split.right) / 2;
    const order = options.monotone?.[tree.feature[node]] ?? 0;
    const below = { low: bounds.low, high: middle };
    const above = { low: middle, high: bounds.high };
    const [one, two] = order > 0 ? [below, above] : order < 0 ? [above, below] : [bounds, bounds];
    visit(tree.left[node], lefts, one, depth + 1);
    visit(tree.left[node] + 1, rights, two, depth + 1);
  };
  const everyRow = Array.from({ length: matrix.rows }, (_, row) => row);
  visit(0, everyRow, { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, 0);
  return added;
}

/** The pairs as the device rounded them; that rounding is tested with the row kernels. */
async function roundedPairs(rows: DeviceRows, count: number): Promise<Float64Array> {
  const workspace = new Workspace(theGpu());
  const pairs = new Float64Array(2 * count);
  const most = new Float32Array(await workspace.read(rows.largest, 8));
  for (const block of rows.blocks) {
    const fixed = new Int32Array(await workspace.read(block.fixed, 8 * block.rows));
    fixed.forEach((units, at) => {
      pairs[2 * block.first + at] = (units * most[at % 2]) / MAX_FIXED;
    });
  }
  workspace.destroy();
  return pairs;
}

/** Rows whose gradients follow a few of their codes. */
function makeRows(rows: number, features: number, random: () => number) {
  const matrix = randomCodes(rows, features, random);
  const pairs = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const code = (feature: number) => matrix.codes[(feature % features) * rows + row];
    const signal = (code(0) > 100 ? 1 : -1) + (code(1) === 0 ? 2 : 0) * (code(2) > 30 ? 1 : -1);
    pairs[2 * row] = signal + 2 * random() - 1;
    pairs[2 * row + 1] = 0.05 + random() / 4;
  }
  return { matrix, pairs };
}

describe.skipIf(noGpu)(`trees on ${gpuName}`, () => {
  test.for([
    ['a single row is a leaf', 1, 2, {}, {}],
    ['rows that fill no workgroup', 200, 3, {}, {}],
    ['one level', 1000, 2, { maxDepth: 1 }, {}],
    ['features past a group, many tiles', 40_000, 18, { maxDepth: 6 }, {}],
    ['blocks of rows', 5000, 5, { maxDepth: 5 }, { maxBlockRows: 900 }],
    ['half the workgroup memory', 20_000, 9, { maxDepth: 5, span: 8 }, {}],
    ['monotone features', 5000, 3, { maxDepth: 5, monotone: Int8Array.of(-1, 1, 0) }, {}],
    ['children must weigh something', 3000, 3, { minChildHessian: 40 }, {}],
    ['children must have rows', 3000, 3, { minChildRows: 300 }, {}],
    ['children must have rows, in blocks', 3000, 3, { minChildRows: 90 }, { maxBlockRows: 900 }],
    ['no ridge', 3000, 3, { lambda: 0 }, {}],
  ] as const)('every split is the best there is: %s', async ([, rows, features, own, codes]) => {
    const seed = freshSeed();
    const options: GpuGrowOptions = { ...OPTIONS, ...own };
    const { matrix, pairs } = makeRows(rows, features, seededRandom(seed));
    const base = Float32Array.from({ length: rows }, (_, row) => row % 7);
    const set = { ...matrix, reward: new Float64Array(rows), base };
    const held = new DeviceRows(theGpu(), set, 'squared', codes);
    const grower = new GpuTreeGrower(theGpu(), held, options);
    // Twice: the second tree must not carry anything over from the first.
    held.writePairs(pairs.map((value, at) => (at % 2 === 0 ? -3 * value : value)));
    await grower.grow();
    held.writePairs(pairs);
    const before = await held.scores();
    const tree = await grower.grow();
    const after = await held.scores();
    const rounded = await roundedPairs(held, rows);
    grower.destroy();
    held.destroy();
    const values = checkTree(tree, matrix, rounded, options, `seed ${seed}`);
    // A tree of one leaf is none.
    const added = tree.left.length > 1 ? values : values.map(() => 0);
    expectWithin(
      `seed ${seed}: scores`,
      after,
      Float64Array.from(before, (score, row) => score + added[row]),
      (row) => EPSILON * Math.abs(before[row] + added[row]),
    );
    if (rows > 1) expect(tree.left.length, `seed ${seed}`).toBeGreaterThan(1);
  });

  test('gradients made on the host grow the same trees as those made on the device', async () => {
    const seed = freshSeed();
    const make = (rows: number) => {
      const { matrix, pairs } = makeRows(rows, 4, seededRandom(seed + rows));
      return { ...matrix, reward: Float64Array.from({ length: rows }, (_, row) => pairs[2 * row]) };
    };
    const [set, heldOut] = [make(2000), make(500)];
    const half = (from: typeof set, scores: ArrayLike<number>) =>
      from.reward.reduce((sum, own, row) => sum + (scores[row] - Math.fround(own)) ** 2 / 2, 0);
    const booster = new GpuBooster(theGpu(), {
      train: set,
      heldOut,
      objective: 'squared',
      options: { ...OPTIONS, order: 'depth', maxLeaves: 16 },
    });
    const { trees, curve } = await boost(booster, { trees: 5 });
    await booster.close();
    expect(trees).toHaveLength(5);
    const rows = new DeviceRows(theGpu(), set, 'squared');
    const grower = new GpuTreeGrower(theGpu(), rows, OPTIONS);
    for (const [t, tree] of trees.entries()) {
      const scores = await rows.scores();
      expect(half(set, scores) / curve[t].loss, `seed ${seed}`).toBeCloseTo(1, 5);
      rows.writePairs(
        Float32Array.from({ length: 2 * set.rows }, (_, at) =>
          at % 2 === 1 ? 1 : scores[at >> 1] - Math.fround(set.reward[at >> 1]),
        ),
      );
      expect(await grower.grow(), `seed ${seed}`).toEqual(tree);
      const held = scoreTrees(trees.slice(0, t + 1), heldOut);
      expect(half(heldOut, held) / curve[t].heldOut!, `seed ${seed}`).toBeCloseTo(1, 5);
    }
    grower.destroy();
    rows.destroy();
  });
});
