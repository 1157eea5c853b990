import { describe, expect, test } from 'vitest';
import { AdditiveLoss } from '../../../../backend/device/cpu/additive-loss.ts';
import {
  codesBytes,
  loadCodes,
  loadRows,
  rowCodesBytes,
} from '../../../../backend/device/cpu/loaded-codes.ts';
import {
  lambdaRank,
  listwise,
  lossBytes,
  pointwise,
  type RowLoss,
} from '../../../../backend/device/cpu/row-losses.ts';
import { additiveScores, histogram } from '../../../../backend/science/learn/histogram.ts';
import { listwiseLoss, pointwiseLoss } from '../../../../backend/science/learn/loss.ts';
import {
  bytesAt,
  expectSameBits,
  expectWithin,
  freshRandom,
  poison,
  poolsOf,
  randomColumns,
  randomStarts,
} from './support.ts';

const POOLS = poolsOf(2 ** 29);
const ROWS = [1, 7, 8191, 8193, 65_537];

describe.each([1, 7, 8, 9, 39])('additive scores of %i features', (features) => {
  test.each(ROWS)('equal the sums of weights, and are linear: %i rows', (rows) => {
    const { seed, random } = freshRandom();
    const columns = randomColumns(rows, features, random);
    const weights = Float64Array.from({ length: features * 256 }, () => 2 * random() - 1);
    const oracle = additiveScores(columns, weights);
    const found = POOLS.map((pool) => {
      const loss = new AdditiveLoss(
        loadCodes(pool, columns),
        pointwise(pool, 'squared', new Float32Array(rows)),
      );
      const [scores, mix] = [loss.allocateScores(), loss.allocateScores()];
      poison(pool, scores, 8 * rows);
      poison(pool, mix, 8 * rows);
      loss.score(weights, scores);
      loss.combine(scores, 1.5, scores, -0.25, mix);
      expectWithin(`seed ${seed}`, pool.f64(scores, rows), oracle, () => features * 2 ** -52);
      expectWithin(
        `seed ${seed}: combined`,
        pool.f64(mix, rows),
        oracle.map((score) => 1.25 * score),
        () => 4 * features * 2 ** -52,
      );
      return bytesAt(pool, scores, 8 * rows);
    });
    expectSameBits(`seed ${seed}`, found);
  });
});

describe.each(['logistic', 'softmax', 'softmax with an outside option'] as const)(
  'the gradient of %s loss by bucket',
  (kind) => {
    test.each([
      [1, 1],
      [7, 3],
      [8193, 9],
      [65_537, 4],
      [200_003, 8],
    ])(
      'is the histogram of the rows’, the same to the bit on any threads: %i rows, %i features',
      (rows, features) => {
        const { seed, random } = freshRandom();
        const columns = randomColumns(rows, features, random);
        const starts = randomStarts(Math.ceil(rows / 3), 5, random).map((start) =>
          Math.min(start, rows),
        );
        starts[starts.length - 1] = rows;
        const reward = Float64Array.from({ length: rows }, () => (random() < 0.2 ? 1 : 0));
        const weights = Float64Array.from({ length: features * 256 }, () => 2 * random() - 1);
        const outside = Float32Array.from({ length: starts.length - 1 }, () => random() / 2);
        const hasOutside = kind === 'softmax with an outside option';
        const set = { rows, starts, reward, ...(hasOutside && { outside }) };
        const [g, h] = [new Float64Array(rows), new Float64Array(rows)];
        const lossOf = kind === 'logistic' ? pointwiseLoss : listwiseLoss;
        const total = lossOf(set, additiveScores(columns, weights), g, h);
        const oracle = histogram(columns, g, h);
        const sizes = histogram(columns, g.map(Math.abs), h);
        const found = POOLS.map((pool) => {
          const rowLoss: RowLoss =
            kind === 'logistic'
              ? pointwise(pool, 'logistic', reward)
              : listwise(pool, reward, starts, set.outside);
          const loss = new AdditiveLoss(loadCodes(pool, columns), rowLoss);
          const scores = loss.allocateScores();
          loss.score(weights, scores);
          // Ten times: which thread takes which rows differs from run to run, the answer must not.
          const gradients = Array.from({ length: 10 }, () => {
            const into = new Float64Array(features * 256).fill(Number.NaN);
            const value = loss.gradient(scores, into);
            expect(Math.abs(value - total), `seed ${seed}: loss`).toBeLessThan(1e-11 * (1 + total));
            return into;
          });
          const curvature = new Float64Array(features * 256).fill(Number.NaN);
          loss.curvature(scores, curvature);
          expect(loss.value(scores), `seed ${seed}`).toBeCloseTo(total, 6);
          const both = [0, 1].map(() => new Float64Array(features * 256).fill(Number.NaN));
          const value = loss.gradient(scores, both[0], both[1]);
          expect(Math.abs(value - total), `seed ${seed}: loss`).toBeLessThan(1e-11 * (1 + total));
          // What is kept for a gradient is that of the scores asked about, and of what they hold now.
          const others = loss.allocateScores();
          const kept = new Float64Array(features * 256);
          loss.value(scores, true);
          loss.gradient(scores, kept);
          gradients.push(kept.slice());
          loss.value(others, true);
          loss.gradient(scores, kept);
          gradients.push(kept.slice());
          loss.value(others, true);
          loss.score(weights, others);
          loss.gradient(others, kept);
          gradients.push(kept);
          return { gradients, curvature, both };
        });
        expectSameBits(
          `seed ${seed}: gradient`,
          found.flatMap(({ gradients }) => gradients.map(({ buffer }) => new Uint8Array(buffer))),
        );
        expectSameBits(
          `seed ${seed}: curvature`,
          found.map(({ curvature }) => new Uint8Array(curvature.buffer)),
        );
        for (const which of [0, 1])
          expectSameBits(
            `seed ${seed}: from one pass`,
            found.map(({ both }) => new Uint8Array(both[which].buffer)),
          );
        const [{ gradients, curvature, both }] = found;
        const slack = (sums: Float64Array) => (at: number) => 1e-12 * sums[at] + rows * 2 ** -49;
        expectWithin(
          `seed ${seed}: gradient`,
          gradients[0],
          oracle.gradient,
          slack(sizes.gradient),
        );
        expectWithin(`seed ${seed}: curvature`, curvature, oracle.hessian, slack(oracle.hessian));
        // Each row's is rounded to f32, and to a whole multiple of the largest by 2⁻³⁰; of a reward of 1, none is above 2.
        const rounded = (sums: Float64Array) => (at: number) =>
          2 ** -23 * sums[at] + rows * 2 ** -29;
        expectWithin(`seed ${seed}: one pass`, both[0], oracle.gradient, rounded(sizes.gradient));
        expectWithin(`seed ${seed}: one pass`, both[1], oracle.hessian, rounded(oracle.hessian));
      },
    );

    test('is 0 where nothing pulls', () => {
      const [pool] = POOLS;
      const columns = randomColumns(5, 2, freshRandom().random);
      const still: RowLoss = {
        ...pointwise(pool, 'squared', new Float32Array(5)),
        evaluate: () => ({ loss: 3, mostGradient: 0, mostHessian: 0 }),
      };
      const loss = new AdditiveLoss(loadCodes(pool, columns), still);
      const into = new Float64Array(512).fill(Number.NaN);
      expect(loss.gradient(loss.allocateScores(), into)).toBe(3);
      expect(into.every((value) => value === 0)).toBe(true);
      const curvature = new Float64Array(512).fill(Number.NaN);
      expect(loss.gradient(loss.allocateScores(), into.fill(Number.NaN), curvature)).toBe(3);
      expect([...into, ...curvature].every((value) => value === 0)).toBe(true);
    });
  },
);

test.each([1, 1001, 8193])('no more memory is taken than was announced: %i rows', (rows) => {
  const { random } = freshRandom();
  const columns = randomColumns(rows, 9, random);
  const labels = new Float32Array(rows);
  const starts = Uint32Array.from({ length: rows + 1 }, (_, row) => row);
  for (const pool of POOLS) {
    const taken = (use: () => void): number => {
      const before = pool.allocate(0);
      use();
      return pool.allocate(0) - before;
    };
    expect(taken(() => loadCodes(pool, columns))).toBeLessThanOrEqual(codesBytes(rows, 9));
    expect(taken(() => loadRows(pool, columns))).toBeLessThanOrEqual(rowCodesBytes(rows, 9));
    for (const make of [
      () => pointwise(pool, 'logistic', labels, labels),
      () => listwise(pool, labels, starts),
      () => lambdaRank(pool, labels, starts, { truncation: 10, normalise: true }),
    ])
      expect(taken(make)).toBeLessThanOrEqual(lossBytes(rows, starts.length));
    const matrix = loadCodes(pool, columns);
    const loss = pointwise(pool, 'squared', labels);
    const additive = () => {
      const own = new AdditiveLoss(matrix, loss);
      for (let i = 0; i < 3; i++) own.allocateScores();
    };
    expect(taken(additive)).toBeLessThanOrEqual(AdditiveLoss.sizeBytes(rows, 9, pool.threads));
  }
});
