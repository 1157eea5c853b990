import { describe, expect, test } from 'vitest';
import {
  listwise,
  MODE,
  pointwise,
  type RowLoss,
} from '../../../../backend/device/cpu/row-losses.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { listwiseLoss } from '../../../../backend/science/learn/loss.ts';
import {
  bytesAt,
  expectSameBits,
  expectWithin,
  freshRandom,
  poison,
  poolsOf,
  randomStarts,
} from './support.ts';

const POOLS = poolsOf(2 ** 28);
const EPSILON = 2 ** -52;

/** Loss, gradient and hessian of one row, in float64. */
type Row = readonly [loss: number, gradient: number, hessian: number];
const ORACLES = {
  logistic: (s: number, y: number, w: number): Row => {
    const t = Math.exp(-Math.abs(s));
    const p = s >= 0 ? 1 / (1 + t) : t / (1 + t);
    return [w * (Math.max(s, 0) + Math.log1p(t) - y * s), w * (p - y), w * p * (1 - p)];
  },
  squared: (s: number, y: number, w: number): Row => [(w * (s - y) ** 2) / 2, w * (s - y), w],
} as const;

/** Every range that a score can be in: far, near, tiny, both signs, none. */
const EDGES = [
  0, -0, 1e-300, -1e-300, 1e-17, -1e-17, 1e-8, -1e-8, 36.7, -36.7, 699, -699, 750, -750, 1e5, -1e5,
];
const scoreOf = (row: number, random: () => number) =>
  row < EDGES.length ? EDGES[row] : (2 * random() - 1) * 10 ** (8 * random() - 5);

function evaluate(pool: KernelPool, loss: RowLoss, scores: Float64Array, mode: 0 | 1 | 2 | 3) {
  pool.f64(loss.scores, scores.length).set(scores);
  poison(pool, loss.values, 8 * scores.length);
  return { totals: loss.evaluate(mode), bytes: bytesAt(pool, loss.values, 8 * scores.length) };
}

const f64 = (bytes: Buffer) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const f32 = (bytes: Buffer) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** Checks all modes on all pools against the rows' true values. @param slack of each row's values, in f64 */
function expectRows(
  what: string,
  lossOn: (pool: KernelPool) => RowLoss,
  scores: Float64Array,
  oracle: readonly Row[],
  slack: (row: number) => number,
): void {
  const losses = POOLS.map(lossOn);
  const found = [0, 1, 2, 3].map((mode) => {
    const each = POOLS.map((pool, i) => evaluate(pool, losses[i], scores, mode as 0 | 1 | 2 | 3));
    expectSameBits(
      `${what}, mode ${mode}`,
      each.map(({ bytes }) => bytes),
    );
    for (const { totals } of each) expect(totals, what).toEqual(each[0].totals);
    return each[0];
  });
  const [nothing, gradient, hessian, both] = found;
  expect(
    nothing.bytes.every((byte) => byte === 0xff),
    `${what}: values are left alone`,
  ).toBe(true);
  const [g, h] = [oracle.map((row) => row[1]), oracle.map((row) => row[2])];
  expectWithin(`${what}: gradient`, f64(gradient.bytes), g, slack);
  expectWithin(`${what}: hessian`, f64(hessian.bytes), h, slack);
  const rounded = (values: number[]) => (row: number) =>
    Math.abs(values[row]) * 2 ** -23 + slack(row) + 1e-45;
  const pairs = f32(both.bytes);
  expectWithin(
    `${what}: gradient as f32`,
    pairs.filter((_, i) => i % 2 === 0),
    g,
    rounded(g),
  );
  expectWithin(
    `${what}: hessian as f32`,
    pairs.filter((_, i) => i % 2 === 1),
    h,
    rounded(h),
  );
  const loss = oracle.reduce((sum, row) => sum + row[0], 0);
  const size = oracle.reduce((sum, row) => sum + Math.abs(row[0]), 0);
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const largest = scores.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  for (const { totals } of found) {
    expect(Math.abs(totals.loss - loss), `${what}: loss`).toBeLessThanOrEqual(
      1e-12 * size + scores.length * 4 * EPSILON * largest,
    );
    expect(totals.mostGradient, what).toBeCloseTo(most(g), 9);
    expect(totals.mostHessian, what).toBeCloseTo(most(h), 9);
  }
}

describe.each(['logistic', 'squared'] as const)('the %s kernel', (kind) => {
  test.each([
    [1, 'no weights'],
    [2, 'weights'],
    [3, 'weights'],
    [8191, 'weights'],
    [8192, 'no weights'],
    [8193, 'weights'],
    [65_537, 'no weights'],
  ] as const)('equals the float64 oracle: %i rows, %s', (rows, weighing) => {
    const { seed, random } = freshRandom();
    const scores = Float64Array.from({ length: rows }, (_, row) => scoreOf(row, random));
    const labels = Float32Array.from({ length: rows }, () =>
      random() < 0.3 ? random() : Math.round(random()),
    );
    const weights =
      weighing === 'weights'
        ? Float32Array.from({ length: rows }, () => (random() < 0.1 ? 0 : 5 * random()))
        : undefined;
    const oracle = Array.from(scores, (s, row) =>
      ORACLES[kind](s, labels[row], weights?.[row] ?? 1),
    );
    // Both sides round a few times.
    const slack = (row: number) =>
      8 * EPSILON * (weights?.[row] ?? 1) * (kind === 'logistic' ? 1 : 1 + Math.abs(scores[row]));
    expectRows(
      `seed ${seed}`,
      (pool) => pointwise(pool, kind, labels, weights),
      scores,
      oracle,
      slack,
    );
  });
});

test('exp is right to a few units in the last place over its range, log1p to 2⁻⁵² and what exp adds', () => {
  const { seed, random } = freshRandom();
  const rows = 20_000;
  const [pool] = POOLS;
  // With label 0, the gradient of a negative score is p = eˢ / (1 + eˢ), and its loss log(1 + eˢ).
  const scores = Float64Array.from(
    { length: rows },
    (_, row) => -700 * random() ** (1 + (row % 6)),
  );
  const loss = pointwise(pool, 'logistic', new Float32Array(rows));
  const found = f64(evaluate(pool, loss, scores, MODE.gradient).bytes);
  expectWithin(
    `seed ${seed}: p`,
    found,
    Array.from(scores, (s) => Math.exp(s) / (1 + Math.exp(s))),
    // exp: 3, the oracle's own: 1, quotients: 2.
    (row) => 6 * EPSILON * Math.exp(scores[row]),
  );
  const one = pointwise(pool, 'logistic', new Float32Array(1));
  for (const s of scores.subarray(0, 6000)) {
    pool.f64(one.scores, 1)[0] = s;
    const off = Math.abs(one.evaluate(MODE.nothing).loss - Math.log1p(Math.exp(s)));
    if (!(off <= EPSILON + 4 * EPSILON * Math.exp(s)))
      expect.fail(`seed ${seed}: log(1 + exp(${s})) is off by ${off}`);
  }
});

test('gradients are the slopes of the loss', () => {
  const { seed, random } = freshRandom();
  const [pool] = POOLS;
  const step = 1e-4;
  for (const kind of ['logistic', 'squared'] as const)
    for (let trial = 0; trial < 200; trial++) {
      const s = 8 * random() - 4;
      const row = pointwise(pool, kind, [Math.round(random())], [0.5 + random()]);
      const at = (by: number) => {
        pool.f64(row.scores, 1)[0] = s + by;
        return row.evaluate(MODE.nothing).loss;
      };
      const slope = (at(step) - at(-step)) / (2 * step);
      const bend = (at(step) - 2 * at(0) + at(-step)) / step ** 2;
      pool.f64(row.scores, 1)[0] = s;
      row.evaluate(MODE.gradient);
      expect(f64(bytesAt(pool, row.values, 8))[0], `seed ${seed}, ${kind} at ${s}`).toBeCloseTo(
        slope,
        6,
      );
      row.evaluate(MODE.hessian);
      expect(f64(bytesAt(pool, row.values, 8))[0], `seed ${seed}, ${kind} at ${s}`).toBeCloseTo(
        bend,
        5,
      );
    }
});

describe('the softmax kernel', () => {
  test.each([
    [1, 1],
    [1, 3000],
    [255, 9],
    [256, 9],
    [257, 9],
    [513, 40],
  ])('equals the float64 oracle: %i slates of up to %i rows', (slates, longest) => {
    const { seed, random } = freshRandom();
    const starts = randomStarts(slates, longest, random);
    const rows = starts[slates];
    const scores = Float64Array.from({ length: rows }, () =>
      random() < 0.1 ? 1500 * random() - 750 : 8 * random() - 4,
    );
    // f32 on both sides: rewards are rounded once, before.
    const reward = Float64Array.from({ length: rows }, () =>
      random() < 0.15 ? Math.fround(3 * random()) : 0,
    );
    const [g, h] = [new Float64Array(rows), new Float64Array(rows)];
    const slateOf = new Uint32Array(rows);
    const earned = new Float64Array(slates);
    const oracle: Row[] = [];
    for (let slate = 0; slate < slates; slate++) {
      const [from, to] = [starts[slate], starts[slate + 1]];
      const own = {
        rows: to - from,
        starts: Uint32Array.of(0, to - from),
        reward: reward.subarray(from, to),
      };
      const loss = listwiseLoss(
        own,
        scores.subarray(from, to),
        g.subarray(from, to),
        h.subarray(from, to),
      );
      for (let row = from; row < to; row++) {
        slateOf[row] = slate;
        earned[slate] += reward[row];
        oracle.push([row === from ? loss : 0, g[row], h[row]]);
      }
    }
    // The exponent itself is off by some units of the largest score, which p then is too.
    const slack = (row: number) => {
      const size = scores
        .subarray(starts[slateOf[row]], starts[slateOf[row] + 1])
        .reduce((most, s) => Math.max(most, Math.abs(s)), 1);
      return 8 * EPSILON * earned[slateOf[row]] * (size + longest);
    };
    if (rows > 0)
      expectRows(`seed ${seed}`, (pool) => listwise(pool, reward, starts), scores, oracle, slack);
  });
});
