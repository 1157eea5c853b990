import { describe, expect, test } from 'vitest';
import { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import {
  lambdaRank,
  lossBytes,
  MODE,
  sortingBytes,
} from '../../../../backend/device/cpu/row-losses.ts';
import type { LambdaRankOptions } from '../../../../backend/science/learn/device/objective.ts';
import { lambdaRankOracle, pairsOf } from '../../../oracle/lambda-rank.ts';
import { bytesAt, expectSameBits, freshRandom, poison, poolsOf, randomStarts } from './support.ts';

const POOLS = poolsOf(2 ** 28);

function evaluate(
  pool: KernelPool,
  scores: Float64Array,
  gains: Float32Array,
  starts: Uint32Array,
  options: LambdaRankOptions,
) {
  const loss = lambdaRank(pool, gains, starts, options);
  pool.f64(loss.scores, scores.length).set(scores);
  poison(pool, loss.values, 8 * scores.length);
  const totals = loss.evaluate(MODE.both);
  const pairs = pool.f32(loss.values, 2 * scores.length);
  return { totals, pairs, bytes: bytesAt(pool, loss.values, 8 * scores.length) };
}

interface Case {
  readonly slates: number;
  readonly longest: number;
  readonly scoreOf: (random: () => number) => number;
  readonly truncation: number;
  readonly normalise: boolean;
}

const PLAIN: Case = {
  slates: 300,
  longest: 25,
  scoreOf: (random) => 6 * random() - 3,
  truncation: 10,
  normalise: true,
};

describe('lambdaRank', () => {
  test.each([
    ['as LightGBM by default', {}],
    ['without normalisation', { normalise: false }],
    ['all pairs', { truncation: 1000 }],
    ['the first slot only', { truncation: 1 }],
    ['one slate', { slates: 1 }],
    ['slates of one row', { longest: 1 }],
    ['a block of slates exactly', { slates: 256, longest: 8 }],
    ['a block and one slate', { slates: 257, longest: 8 }],
    ['long slates', { slates: 3, longest: 900, truncation: 30 }],
    ['all scores equal', { scoreOf: () => 0 }],
    ['many equal scores', { scoreOf: (random: () => number) => Math.floor(3 * random()) }],
    ['scores of ±750', { scoreOf: (random: () => number) => 1500 * random() - 750 }],
    ['scores far from 0, close together', { scoreOf: (random: () => number) => 1e6 + random() }],
  ] as [string, Partial<Case>][])('equals the float64 oracle: %s', (_, more) => {
    const { slates, longest, scoreOf, ...options } = { ...PLAIN, ...more };
    const { seed, random } = freshRandom();
    const starts = randomStarts(slates, longest, random);
    const rows = starts[slates];
    const scores = Float64Array.from({ length: rows }, () => scoreOf(random));
    // Many rows without gain, some slates with none at all.
    const gains = new Float32Array(rows);
    for (let slate = 0; slate < slates; slate++)
      if (random() < 0.85)
        for (let row = starts[slate]; row < starts[slate + 1]; row++)
          gains[row] = random() < 0.4 ? 2 ** Math.floor(5 * random()) - 1 : 0;
    const found = POOLS.map((pool) => evaluate(pool, scores, gains, starts, options));
    expectSameBits(
      `seed ${seed}`,
      found.map(({ bytes }) => bytes),
    );
    const [{ pairs, totals }] = found;
    for (const other of found) expect(other.totals, `seed ${seed}`).toEqual(totals);
    let loss = 0;
    let [mostGradient, mostHessian] = [0, 0];
    for (let slate = 0; slate < slates; slate++) {
      const [from, to] = [starts[slate], starts[slate + 1]];
      const oracle = lambdaRankOracle(
        [...scores.subarray(from, to)],
        [...gains.subarray(from, to)],
        options,
      );
      loss += 1 - oracle.ndcg;
      oracle.gradient.forEach((gradient, i) => {
        const row = from + i;
        // Each of up to n sums rounds to f32 once; the slate's scale and the end round again.
        const bound = (to - from + 4) * 2 ** -24 * oracle.size[i] + 1e-30;
        const [g, h] = pairs.subarray(2 * row, 2 * row + 2);
        if (!(Math.abs(g - gradient) <= bound) || !(Math.abs(h - oracle.hessian[i]) <= bound))
          expect.fail(
            `seed ${seed}: slate ${slate}, row ${i}: ${g}, ${h}, the oracle says ${gradient}, ${oracle.hessian[i]}, ±${bound}`,
          );
        mostGradient = Math.max(mostGradient, Math.abs(g));
        mostHessian = Math.max(mostHessian, h);
      });
    }
    expect(Math.abs(totals.loss - loss), `seed ${seed}`).toBeLessThan(1e-9 * (1 + loss));
    expect([totals.mostGradient, totals.mostHessian], `seed ${seed}`).toEqual([
      mostGradient,
      mostHessian,
    ]);
  });

  test('a gradient is the slope of the pairs’ logistic loss, their weights held', () => {
    const { seed, random } = freshRandom();
    const n = 12;
    const options = { truncation: 5, normalise: false };
    const scores = Array.from({ length: n }, () => 4 * random() - 2);
    const gains = Array.from({ length: n }, () => Math.floor(4 * random()));
    gains[3] = 7;
    const { pairs } = evaluate(
      POOLS[0],
      Float64Array.from(scores),
      Float32Array.from(gains),
      Uint32Array.of(0, n),
      options,
    );
    const held = pairsOf(scores, gains, options.truncation, false).pairs;
    const lossAt = (at: readonly number[]) =>
      held.reduce(
        (sum, { better, worse, delta }) =>
          sum + delta * Math.log1p(Math.exp(at[worse] - at[better])),
        0,
      );
    const step = 1e-4;
    for (let row = 0; row < n; row++) {
      const at = (by: number) => lossAt(scores.with(row, scores[row] + by));
      expect(pairs[2 * row], `seed ${seed}, row ${row}`).toBeCloseTo(
        (at(step) - at(-step)) / (2 * step),
        5,
      );
      expect(pairs[2 * row + 1], `seed ${seed}, row ${row}`).toBeCloseTo(
        (at(step) - 2 * at(0) + at(-step)) / step ** 2,
        4,
      );
    }
  });

  test('gives both or nothing', () => {
    const loss = lambdaRank(POOLS[0], [1, 0], Uint32Array.of(0, 2), {
      truncation: 3,
      normalise: true,
    });
    expect(() => loss.evaluate(MODE.gradient)).toThrow(
      'LambdaRank gives gradient and hessian together',
    );
  });
});

test('one slate of all rows has room on many threads', async () => {
  const rows = 200_000;
  const starts = Uint32Array.of(0, rows);
  const threads = 6;
  const pool = new KernelPool(
    lossBytes(rows, starts.length) + sortingBytes(starts, threads),
    threads,
  );
  try {
    const gains = new Float32Array(rows);
    expect(() =>
      lambdaRank(pool, gains, starts, { truncation: 30, normalise: true }),
    ).not.toThrow();
  } finally {
    await pool.close();
  }
});
