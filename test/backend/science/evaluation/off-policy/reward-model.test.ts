import { describe, expect, it } from 'vitest';
import {
  effectiveSampleSize,
  weightReport,
} from '../../../../../backend/science/evaluation/off-policy/weight-report.ts';
import {
  crossFitRewards,
  fitOneHot,
  foldsByCluster,
  predictOneHot,
} from '../../../../../backend/science/evaluation/off-policy/reward-model.ts';
import { shrinkWeights } from '../../../../../backend/science/evaluation/off-policy/doubly-robust.ts';
import { tuneShrinkage } from '../../../../../backend/science/evaluation/off-policy/tune-shrinkage.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { ACTIONS, CONTEXTS, logActions } from '../../../../world/logged-actions.ts';

const SEED = 77;

describe(`one-hot ridge regression (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const rows = Array.from({ length: 400 }, (_, row) => row);
  const columns = [4, 3].map((size) => ({
    size,
    codes: Uint8Array.from(rows, () => Math.floor(random() * size)),
  }));
  const target = rows.map((row) => columns[0].codes[row] - 0.5 * columns[1].codes[row] + random());

  it('stands where its gradient is 0', () => {
    const l2 = 3;
    const { intercept, weights } = fitOneHot(columns, target, rows, l2);
    expect(intercept).toBeCloseTo(target.reduce((sum, y) => sum + y, 0) / rows.length, 12);
    columns.forEach(({ size, codes }, f) => {
      for (let code = 0; code < size; code++) {
        let gradient = -l2 * weights[f][code];
        for (const row of rows) {
          if (codes[row] !== code) continue;
          const fitted = predictOneHot({ intercept, weights }, (c) => columns[c].codes[row]);
          gradient += target[row] - fitted;
        }
        expect(Math.abs(gradient)).toBeLessThan(1e-3);
      }
    });
  });

  it('of one column is cell means shrunk to the grand mean', () => {
    const { intercept, weights } = fitOneHot([columns[0]], target, rows, 5);
    const own = rows.filter((row) => columns[0].codes[row] === 2);
    const sum = own.reduce((total, row) => total + target[row] - intercept, 0);
    expect(weights[0][2]).toBeCloseTo(sum / (own.length + 5), 12);
  });
});

describe('cross-fitting', () => {
  it('keeps a cluster in one fold', () => {
    expect([...foldsByCluster([9, 9, 4, 9, 4, 7], 6, 2)]).toEqual([0, 0, 1, 0, 1, 0]);
    expect([...foldsByCluster(undefined, 4, 3)]).toEqual([0, 1, 2, 0]);
  });

  it('never shows a row its own reward', () => {
    const { tables, context } = logActions(500, SEED);
    const features = [
      { size: CONTEXTS * ACTIONS, at: (row: number, a: number) => context[row] * ACTIONS + a },
    ];
    const before = crossFitRewards(tables, features, { l2: [1] }).model;
    const reward = Float64Array.from(tables.reward);
    reward[10] += 1000;
    const after = crossFitRewards({ ...tables, reward }, features, { l2: [1] }).model;
    expect(after.logged[10]).toBe(before.logged[10]);
    expect(after.expected[10]).toBe(before.expected[10]);
    expect(after.logged[11]).not.toBe(before.logged[11]);
  });

  it('foretells each visitor’s expected reward under the evaluated policy', () => {
    const { tables, context } = logActions(20_000, SEED);
    const at = (row: number, a: number) => context[row] * ACTIONS + a;
    const { model } = crossFitRewards(tables, [{ size: CONTEXTS * ACTIONS, at }]);
    const row = context.indexOf(1);
    let expected = 0;
    for (let a = 0; a < ACTIONS; a++) {
      const same = [...context.keys()].filter((i) => context[i] === 1 && tables.action[i] === a);
      const rate = same.reduce((sum, i) => sum + tables.reward[i], 0) / same.length;
      expected += tables.evaluation[row * ACTIONS + a] * rate;
    }
    expect(Math.abs(model.expected[row] - expected)).toBeLessThan(0.02);
  });
});

describe('weights', () => {
  it.each([
    { weights: [1, 1, 1, 1], size: 4, of: 'all alike' },
    { weights: [4, 0, 0, 0], size: 1, of: 'one that speaks for all' },
    { weights: [0, 0], size: 0, of: 'none' },
    { weights: [1, 2, 3], size: 36 / 14, of: '1, 2, 3' },
  ])('$of count as $size rows', ({ weights, size }) => {
    expect(effectiveSampleSize(weights)).toBeCloseTo(size, 12);
  });

  it('are reported with what clipping took away', () => {
    const raw = Float64Array.from({ length: 200 }, (_, i) => (i < 3 ? 11 : 1));
    const report = weightReport(
      raw,
      raw.map((weight) => Math.min(weight, 10)),
    );
    expect(report).toMatchObject({ max: 11, maxUsed: 10, mean: 1.15, shareClipped: 0.015 });
    expect(report.shareCutOff).toBeCloseTo(3 / 230, 12);
    expect(report.largestPercentShare).toBeCloseTo(22 / 230, 12);
  });

  it('are shrunk by the λ whose bound on the squared error is least', () => {
    const { tables, context } = logActions(300, SEED);
    const at = (row: number, a: number) => context[row] * ACTIONS + a;
    const rounds = crossFitRewards(tables, [{ size: CONTEXTS * ACTIONS, at }]);
    const weights = Float64Array.from(rounds.pscore, (p, row) => rounds.evaluation[row] / p);
    const n = weights.length;
    // The definition, term by term.
    const bound = (lambda: number) => {
      const used = shrinkWeights(weights, lambda);
      const rest = Array.from(weights, (_, i) => rounds.reward[i] - rounds.model.logged[i]);
      const terms = rest.map((value, i) => rounds.model.expected[i] + used[i] * value);
      const mean = terms.reduce((a, b) => a + b, 0) / n;
      const variance = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / n;
      const bias = Math.abs(
        rest.reduce((sum, value, i) => sum + (weights[i] - used[i]) * value, 0) / n,
      );
      const second = weights.reduce((sum, w) => sum + w * w, 0) / n;
      const log = Math.log(2 / 0.1);
      const slack = Math.sqrt((2 * second * log) / n) + (2 * Math.max(...weights) * log) / (3 * n);
      return variance / n + (bias + slack) ** 2;
    };
    const lambdas = [0, 0.1, 1, 10, 100, Number.POSITIVE_INFINITY];
    const least = lambdas.toSorted((a, b) => bound(a) - bound(b))[0];
    expect(tuneShrinkage(rounds, weights, lambdas)).toBe(least);
    expect(bound(tuneShrinkage(rounds, weights))).toBeLessThanOrEqual(bound(least) * 1.001);
  });
});
