import { describe, expect, test } from 'vitest';
import { addCrossProducts } from '../../../../backend/science/experiment/cross-products.ts';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import { resultData } from '../../../../backend/science/experiment/result-data.ts';
import type { SurrogateWeights } from '../../../../backend/science/metric-weighting/learned-weights.ts';
import { meanStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { answered, effectIn, meanOf, normal, times } from './draws.ts';
import { productsOf } from './products-of.ts';

const METRICS = ['click', 'dwell', 'booking', 'clicks_per_ranking'];
const COLUMNS = [
  'click',
  'dwell',
  'booking',
  'clicks_per_ranking/numerator',
  'clicks_per_ranking/denominator',
];
const DEVIATIONS = [0.5, 12, 0.2, 0.3];
const normalisers = Object.fromEntries(
  METRICS.map((metric, i) => [metric, { mean: 0, deviation: DEVIATIONS[i] }]),
);
const WEIGHTS = [0.4, 0.2, -0.3, 0.5];
const weightsOf = (values: readonly number[]) =>
  values.map((weight, i) => ({ metric: METRICS[i], weight }));

/** One habit drives all of a unit's metrics. @param lift of the habit's four outcomes. */
function units(random: () => number, n: number, lift = [0, 0, 0, 0]) {
  return times(n, () => {
    const habit = random();
    const rankings = 1 + Math.floor(4 * random());
    let clicks = 0;
    for (let i = 0; i < rankings; i++) clicks += Number(random() < 0.4 * habit + lift[3]);
    return [
      Number(random() < 0.6 * habit + lift[0]),
      30 * habit + 10 * random() + lift[1],
      Number(random() < 0.1 * habit + lift[2]),
      clicks,
      rankings,
    ];
  });
}
const arm = (rows: readonly number[][]) => ({ products: productsOf(COLUMNS, rows) });

describe('resultData', () => {
  const random = seededRandom(81);
  const [c, t] = [units(random, 1200), units(random, 1500, [0.05, 1, 0.01, 0.02])];

  test('of fixed weights is Welch on the weighted sum that each unit would have', () => {
    const found = answered(
      resultData(arm(c), arm(t), { weights: weightsOf(WEIGHTS.slice(0, 3)), normalisers }),
    );
    const composite = (rows: number[][]) =>
      meanStatistic(
        rows.map((row) =>
          [0, 1, 2].reduce((sum, i) => sum + (WEIGHTS[i] * row[i]) / DEVIATIONS[i], 0),
        ),
      );
    const effect = answered(effectOf(composite(c), composite(t), { hypothesis: 0 }));
    const { pValue, low, high } = welchTest(effect);
    expect(found.value).toBeCloseTo(effect.estimate, 10);
    expect(found.standardError).toBeCloseTo(effect.standardError, 10);
    expect(found.fixed.pValue).toBeCloseTo(pValue, 10);
    expect(found.fixed.low).toBeCloseTo(low, 10);
    expect(found.fixed.high).toBeCloseTo(high, 10);
    expect(found.fromWeights).toBe(0);
  });

  test('is the sum of its terms, each metric multiplied before the sum', () => {
    const { terms, value } = answered(
      resultData(arm(c), arm(t), { weights: weightsOf(WEIGHTS), normalisers }),
    );
    expect(terms.map(({ metric }) => metric)).toEqual(METRICS);
    for (const [i, term] of terms.entries()) {
      expect(term.deviation).toBe(DEVIATIONS[i]);
      expect(term.normalised).toBeCloseTo(term.effect / DEVIATIONS[i], 12);
      expect(term.value).toBeCloseTo(WEIGHTS[i] * term.normalised, 12);
    }
    expect(value).toBeCloseTo(
      terms.reduce((sum, term) => sum + term.value, 0),
      12,
    );
  });

  test("metrics without a normaliser are in the control's deviations", () => {
    const { terms } = answered(
      resultData(arm(c), arm(t), { weights: [{ metric: 'dwell', weight: 1 }] }),
    );
    const dwell = effectIn(
      meanStatistic(c.map((row) => row[1])),
      meanStatistic(t.map((row) => row[1])),
    );
    expect(terms[0].deviation).toBeCloseTo(Math.sqrt(dwell.control.variance), 9);
  });

  test('covers the true weighted sum at the stated rate: correlated metrics, a ratio, uncertain correlated weights', () => {
    const lift = [0.06, 1.5, -0.01, 0.02];
    const truth = lift.reduce((sum, by, i) => sum + (WEIGHTS[i] * by) / DEVIATIONS[i], 0);
    // Σ_w = L Lᵀ, large enough to matter as much as the effects' own.
    const root = [
      [0.15, 0, 0, 0],
      [0.1, 0.12, 0, 0],
      [-0.05, 0.04, 0.2, 0],
      [0.1, 0, -0.05, 0.15],
    ];
    const covariance = root.flatMap((one) =>
      root.map((other) => one.reduce((sum, value, k) => sum + value * other[k], 0)),
    );
    const RUNS = 800;
    const hits = { fixed: 0, sequential: 0, blind: 0 };
    const [values, variances, shares]: number[][] = [[], [], []];
    for (let run = 0; run < RUNS; run++) {
      const noise = times(4, () => normal(random));
      const drawn = WEIGHTS.map(
        (weight, i) => weight + root[i].reduce((sum, value, k) => sum + value * noise[k], 0),
      );
      const arms = [arm(units(random, 1000)), arm(units(random, 1000, lift))] as const;
      const weights = weightsOf(drawn);
      const found = answered(resultData(...arms, { weights, covariance, normalisers }));
      const blind = answered(resultData(...arms, { weights, normalisers }));
      const holds = ({ low, high }: { low: number; high: number }) =>
        Number(low <= truth && truth <= high);
      hits.fixed += holds(found.fixed);
      hits.sequential += holds(found.sequential);
      hits.blind += holds(blind.fixed);
      values.push(found.value);
      variances.push(found.standardError ** 2);
      shares.push(found.fromWeights);
    }
    expect(meanOf(shares)).toBeGreaterThan(0.3);
    expect(hits.fixed / RUNS).toBeGreaterThan(0.93);
    expect(hits.fixed / RUNS).toBeLessThan(0.98);
    expect(hits.sequential / RUNS).toBeGreaterThan(0.95);
    // Without the weights' own uncertainty the interval would be too short.
    expect(hits.blind / RUNS).toBeLessThan(0.9);
    const mean = meanOf(values);
    const spread = meanOf(values.map((value) => (value - mean) ** 2));
    expect(meanOf(variances) / spread).toBeGreaterThan(0.9);
    expect(meanOf(variances) / spread).toBeLessThan(1.25);
  });

  test('of 1,000 A/A experiments read daily for 28 days is significant in at most 5 %; by one-look tests in far more', () => {
    const [RUNS, DAYS, UNITS] = [1000, 28, 100];
    const covariance = times(16, (at) => (at % 5 === 0 ? 0.01 : 0));
    const alarms = { sure: 0, uncertain: 0, fixed: 0 };
    for (let run = 0; run < RUNS; run++) {
      const seen = new Set<keyof typeof alarms>();
      const day = () => productsOf(COLUMNS, units(random, UNITS));
      let [control, treatment] = [day(), day()];
      for (let at = 1; at < DAYS; at++) {
        control = addCrossProducts(control, day());
        treatment = addCrossProducts(treatment, day());
        const arms = [{ products: control }, { products: treatment }] as const;
        const weights = weightsOf(WEIGHTS);
        const sure = resultData(...arms, { weights, normalisers });
        if (sure.kind === 'no-answer') continue;
        const uncertain = answered(resultData(...arms, { weights, covariance, normalisers }));
        if (sure.sequential.low > 0 || sure.sequential.high < 0) seen.add('sure');
        if (sure.sequential.pValue < 0.05) seen.add('sure');
        if (uncertain.sequential.low > 0 || uncertain.sequential.high < 0) seen.add('uncertain');
        if (sure.fixed.pValue < 0.05) seen.add('fixed');
      }
      for (const alarm of seen) alarms[alarm]++;
    }
    expect(alarms.sure / RUNS).toBeLessThanOrEqual(0.05);
    expect(alarms.uncertain).toBeLessThanOrEqual(alarms.sure);
    expect(alarms.fixed / RUNS).toBeGreaterThan(0.15);
  });

  const weights = weightsOf(WEIGHTS);
  test.each([
    ['few units', arm(c.slice(0, 212)), { weights }, 'not enough data: 212 of 1,000 sessions'],
    ['no weights', arm(c), { weights: [] }, 'no metric weights: there are none'],
    [
      'weights that abstain without a prior',
      arm(c),
      { weights, prior: {}, abstains: 'too few labels: 40 of 1,000' },
      'no metric weights: too few labels: 40 of 1,000, and no prior is declared',
    ],
    [
      'a metric that was not counted',
      arm(c),
      { weights: [...weights, { metric: 'saves', weight: 1 }] },
      'no value of saves: count it in the experiment, or leave it out',
    ],
    [
      'weights of 0',
      arm(c),
      { weights: [{ metric: 'click', weight: 0 }] },
      'no variance: every unit of both arms has the same value',
    ],
  ])('has no answer for %s', (_, control, inUse, message) => {
    expect(resultData(control, arm(t), inUse)).toMatchObject({ kind: 'no-answer', message });
  });

  test('weights as the engine learns them are taken as they are; abstaining, they are their prior, and it says so', () => {
    const skill = { mean: 0, low: 0, high: 0 };
    const learned: SurrogateWeights = {
      method: 'surrogate',
      target: 'renewal',
      units: 40,
      experiments: 0,
      model: {},
      normalisers,
      skill: { r2: skill, concordance: skill, equalWeights: skill, gain: skill, heldOut: 10 },
      seed: 1,
      weights: weights.map((one) => ({ ...one, low: 0, high: 1 })),
      covariance: times(16, (at) => (at % 5 === 0 ? 0.01 : 0)),
      prior: Object.fromEntries(weights.map(({ metric, weight }) => [metric, weight])),
      shrinkage: 1,
      abstains: 'no skill on what was held out',
    };
    const found = answered(resultData(arm(c), arm(t), learned));
    const sure = answered(resultData(arm(c), arm(t), { weights, normalisers }));
    expect(found.abstains).toBe('no skill on what was held out');
    expect(found.value).toBe(sure.value);
    expect(found.standardError).toBeGreaterThan(sure.standardError);
    expect(found.fromWeights).toBeCloseTo(1 - (sure.standardError / found.standardError) ** 2, 9);
  });

  test('a covariance of another size is refused', () => {
    expect(() => resultData(arm(c), arm(t), { weights, covariance: [1] })).toThrow(
      'a covariance of 4 weights has 16 numbers, not 1',
    );
  });
});
