import { describe, expect, test } from 'vitest';
import { GpuAdditiveLoss } from '../../backend/device/gpu/additive.ts';
import { DeviceRows } from '../../backend/device/gpu/device-rows.ts';
import { MAX_FIXED } from '../../backend/device/gpu/histogram.wgsl.ts';
import { spread, Workspace } from '../../backend/device/gpu/kernel.ts';
import { REDUCE_ROWS, REDUCE_WGSL } from '../../backend/device/gpu/reduce.wgsl.ts';
import { gpuAdditiveScores } from './support/gpu-scores.ts';
import { additiveScores, histogram } from '../../backend/science/learn/histogram.ts';
import { listwiseLoss, pointwiseLoss } from '../../backend/science/learn/loss.ts';
import {
  expectWithin,
  freshSeed,
  gpuName,
  noGpu,
  randomCodes,
  randomStarts,
  seededRandom,
  theGpu,
} from './support/gpu.ts';

/** Row-wise kernels against float64, each within the bound that its docstring gives. */
const EPSILON = 2 ** -23;

const SIZES = [
  ['a single row', 1, 1],
  ['rows that fill no word, a feature past a group', 7, 17],
  ['rows that fill no workgroup', 301, 5],
  ['many workgroups', 20_011, 32],
] as const;

describe.skipIf(noGpu)(`row kernels on ${gpuName}`, () => {
  test.for([
    ...SIZES.map((size) => [...size, {}] as const),
    ['blocks of 100 rows', 1003, 20, { maxBlockRows: 100 }] as const,
    ['more codes than the budget', 5003, 20, { budgetBytes: 32 * 1000 }] as const,
  ])('additive scores: %s', async ([, rows, features, options]) => {
    const seed = freshSeed();
    const random = seededRandom(seed);
    const matrix = randomCodes(rows, features, random);
    const weights = Float32Array.from({ length: features * 256 }, () => 4 * random() - 2);
    const kernel = gpuAdditiveScores(theGpu(), matrix, options);
    await kernel.run(weights.map((weight) => weight + 1));
    const found = await kernel.run(weights);
    kernel.destroy();
    const oracle = additiveScores(matrix, Float64Array.from(weights));
    const size = additiveScores(matrix, Float64Array.from(weights, Math.abs));
    expectWithin(`seed ${seed}`, found, oracle, (row) => features * 2 ** -24 * size[row]);
  });

  const labelled = (rows: number, longest: number, random: () => number) => ({
    ...randomCodes(rows, 3, random),
    starts: randomStarts(rows, longest, random),
    // f32 numbers, so that the oracle starts from the same values.
    reward: Float64Array.from({ length: rows }, () =>
      random() < 0.2 ? Math.fround(0.5 + random()) : 0,
    ),
    base: Float32Array.from({ length: rows }, () => 40 * (random() - 0.5) ** 3 * 8),
    position: new Uint16Array(rows),
    at: new Float64Array(0),
    session: new Uint32Array(0),
  });

  const gradients = async (
    set: ReturnType<typeof labelled>,
    objective: 'logistic' | 'squared' | 'softmax',
    maxBlockRows?: number,
  ) => {
    const rows = new DeviceRows(theGpu(), set, objective, { maxBlockRows });
    const workspace = new Workspace(theGpu());
    workspace.clear(rows.largest);
    workspace.submit([...rows.gradients(), ...rows.toFixed()]);
    const pairs = new Float32Array(2 * set.rows);
    const fixed = new Int32Array(2 * set.rows);
    for (const block of rows.blocks) {
      pairs.set(
        new Float32Array(await workspace.read(block.pairs, 8 * block.rows)),
        2 * block.first,
      );
      fixed.set(new Int32Array(await workspace.read(block.fixed, 8 * block.rows)), 2 * block.first);
    }
    const most = new Float32Array(await workspace.read(rows.largest, 8));
    const loss = await rows.loss();
    const scores = await rows.scores();
    rows.destroy();
    workspace.destroy();
    expect(scores).toEqual(set.base);
    const of = (side: number) =>
      Float64Array.from({ length: set.rows }, (_, row) => pairs[2 * row + side]);
    return { gradient: of(0), hessian: of(1), fixed, most, loss };
  };

  test.for(SIZES)('logistic gradient, loss, and their whole numbers: %s', async ([, rows]) => {
    const seed = freshSeed();
    const set = labelled(rows, 30, seededRandom(seed));
    const [gradient, hessian] = [new Float64Array(rows), new Float64Array(rows)];
    const loss = pointwiseLoss(set, Float64Array.from(set.base), gradient, hessian);
    const found = await gradients(set, 'logistic');
    const weight = (row: number) => Math.max(1, set.reward[row]);
    const bound = (row: number) => 8 * EPSILON * weight(row);
    expectWithin(`seed ${seed}: gradient`, found.gradient, gradient, bound);
    expectWithin(`seed ${seed}: hessian`, found.hessian, hessian, bound);
    expectWithin(
      `seed ${seed}: loss`,
      [found.loss],
      [loss],
      () => 8 * EPSILON * (loss + 1.5 * rows),
    );
    [found.gradient, found.hessian].forEach((values, side) => {
      const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(found.most[side]).toBe(most);
      const units = Float64Array.from(values, (_, row) => found.fixed[2 * row + side]);
      expectWithin(
        `seed ${seed}: whole numbers`,
        units,
        values.map((value) => (value / most) * MAX_FIXED),
        () => 0.55,
      );
    });
  });

  test('squared gradient: residuals and ones', async () => {
    const seed = freshSeed();
    const set = labelled(1000, 30, seededRandom(seed));
    const found = await gradients(set, 'squared');
    const residual = Float64Array.from(set.base, (score, row) => score - set.reward[row]);
    expectWithin(
      `seed ${seed}: gradient`,
      found.gradient,
      residual,
      (row) => EPSILON * Math.abs(residual[row]),
    );
    expect(found.hessian.every((value) => value === 1)).toBe(true);
    const loss = residual.reduce((sum, r) => sum + (r * r) / 2, 0);
    expect(Math.abs(found.loss - loss)).toBeLessThanOrEqual(32 * EPSILON * loss);
  });

  test.for([
    ['a single row', 1, 1, undefined],
    ['slates of one row', 50, 1, undefined],
    ['short slates', 3001, 25, undefined],
    ['slates longer than their lanes', 4000, 300, undefined],
    ['blocks that end with a slate', 3000, 25, 100],
  ] as const)('softmax gradient per slate: %s', async ([, rows, longest, blockRows]) => {
    const seed = freshSeed();
    const set = labelled(rows, longest, seededRandom(seed));
    const [gradient, hessian] = [new Float64Array(rows), new Float64Array(rows)];
    const loss = listwiseLoss(set, Float64Array.from(set.base), gradient, hessian);
    const found = await gradients(set, 'softmax', blockRows);
    const earned = new Float64Array(rows);
    const length = new Float64Array(rows);
    for (let s = 0; s + 1 < set.starts.length; s++) {
      const own = set.reward.subarray(set.starts[s], set.starts[s + 1]);
      earned.fill(
        own.reduce((a, b) => a + b, 0),
        set.starts[s],
        set.starts[s + 1],
      );
      length.fill(own.length, set.starts[s], set.starts[s + 1]);
    }
    const bound = (row: number) =>
      earned[row] * (9 + 3 * Math.log(length[row]) + length[row] / 32) * EPSILON;
    expectWithin(`seed ${seed}: gradient`, found.gradient, gradient, bound);
    expectWithin(`seed ${seed}: hessian`, found.hessian, hessian, (row) => 2 * bound(row));
    const total = earned.reduce((a, b, row) => a + b / length[row], 0);
    expectWithin(
      `seed ${seed}: loss`,
      [found.loss],
      [loss],
      () => (16 + longest / 32) * EPSILON * (loss + total),
    );
  });

  test.for([
    ['listwise', 'softmax', listwiseLoss, 700, undefined],
    ['listwise, in blocks', 'softmax', listwiseLoss, 3000, 500],
    ['listwise, with an outside option', 'softmax', listwiseLoss, 700, undefined],
    ['listwise, with an outside option, in blocks', 'softmax', listwiseLoss, 3000, 500],
    ['pointwise', 'logistic', pointwiseLoss, 20_000, undefined],
  ] as const)(
    "an additive model's loss and gradient: %s",
    async ([name, objective, lossOf, rows, maxBlockRows]) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const { base: _, ...plain } = labelled(rows, 25, random);
      const outside = Float32Array.from(plain.starts.subarray(1), () => 2 * random());
      const set = { ...plain, ...(name.includes('outside') && { outside }) };
      const model = new GpuAdditiveLoss(theGpu(), set, objective, { maxBlockRows });
      const weights = Float64Array.from({ length: 3 * 256 }, () => Math.fround(random() - 0.5));
      // The scores of `weights` out of those of two other points.
      const [other, half, scores] = [0, 1, 2].map(() => model.allocateScores());
      model.score(
        weights.map((weight, j) => 2 * weight + (j % 5)),
        other,
      );
      model.score(
        weights.map((weight, j) => weight + (j % 5)),
        half,
      );
      await model.gradient(other, new Float64Array(3 * 256));
      model.combine(other, 1, half, -1, scores);
      const found = { gradient: new Float64Array(3 * 256), hessian: new Float64Array(3 * 256) };
      const loss = await model.gradient(scores, found.gradient);
      await model.curvature(scores, found.hessian);
      expect(await model.value(scores)).toBe(loss);
      model.destroy();
      const [gradient, hessian] = [new Float64Array(rows), new Float64Array(rows)];
      const expectedLoss = lossOf(set, additiveScores(set, weights), gradient, hessian);
      const expected = histogram(set, gradient, hessian);
      const counts = histogram(set, new Float64Array(rows).fill(1), hessian).gradient;
      expect(Math.abs(loss / expectedLoss - 1), `seed ${seed}`).toBeLessThan(1e-5);
      const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      // Half a whole number's step per row, and the row's own error.
      const bound = (values: Float64Array) => (at: number) =>
        counts[at] * (0.6 / MAX_FIXED) * most(values) + counts[at] * 100 * EPSILON * 30;
      expectWithin(`seed ${seed}`, found.gradient, expected.gradient, bound(gradient));
      expectWithin(`seed ${seed}`, found.hessian, expected.hessian, bound(hessian));
    },
  );

  test.for([[1], [255], [4096], [4097], [100_001]])('sum and largest of %i', async ([count]) => {
    const seed = freshSeed();
    const random = seededRandom(seed);
    const values = Float32Array.from({ length: count }, () => 2 * random() - 1);
    const workspace = new Workspace(theGpu());
    const groups = Math.ceil(count / REDUCE_ROWS);
    const results = workspace.storage(8 * groups);
    const step = workspace.step(
      REDUCE_WGSL,
      [workspace.upload(values), results, workspace.uniform(count)],
      spread(groups),
    );
    workspace.submit([step]);
    const found = new Float32Array(await workspace.read(results, 8 * groups));
    workspace.destroy();
    const of = (side: number) => Array.from({ length: groups }, (_, at) => found[2 * at + side]);
    const [sum, size] = [0, 0].map((_, k) =>
      values.reduce((a, b) => a + (k === 0 ? b : Math.abs(b)), 0),
    );
    expectWithin(
      `seed ${seed}`,
      [of(0).reduce((a, b) => a + b, 0)],
      [sum],
      () => 24 * 2 ** -24 * size + 1e-9,
    );
    expect(Math.max(...of(1))).toBe(values.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
  });

  test('rows that do not fit the budget are refused with the remedy', () => {
    const set = labelled(1000, 30, seededRandom(1));
    expect(() => new DeviceRows(theGpu(), set, 'softmax', { budgetBytes: 5000 })).toThrow(
      /1000 rows of 3 features exceed the budget of 5000 bytes: learn on the CPU/,
    );
  });
});
