import { expect, test } from 'vitest';
import { regressionCalibration } from '../../../../backend/science/metric-weighting/regression-calibration.ts';
import { effectsTable } from '../../../../backend/science/metric-weighting/experiment-effects.ts';
import { experimentSkill } from '../../../../backend/science/metric-weighting/experiment-weights.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { normal, times } from '../experiment/draws.ts';

const METRICS = ['clicks', 'dwell', 'saves'];
const SHARED = 0.6;
const EQUAL = Float64Array.from([1 / 3, 1 / 3, 1 / 3]);

/** True effects on the metrics of that spread, which move the target as equal weights say, or not at all. */
function skillOf(spread: number, moves: number, assumed: number) {
  const random = seededRandom(31);
  const past = times(3000, (i) => {
    const common = Math.sqrt(SHARED) * normal(random);
    const error = () => common + Math.sqrt(1 - SHARED) * normal(random);
    const own = METRICS.map(() => spread * normal(random));
    const effect = (estimate: number) => ({ estimate, standardError: 1 });
    const size = METRICS.length + 1;
    return {
      id: `exp_${i}`,
      effects: Object.fromEntries(METRICS.map((name, m) => [name, effect(own[m] + error())])),
      target: effect((moves * own.reduce((a, b) => a + b, 0)) / 3 + error()),
      covariance: times(size * size, (at) => (at % (size + 1) === 0 ? 1 : SHARED)),
    };
  });
  const table = effectsTable(past, METRICS);
  const lambda = Float64Array.from({ length: 9 }, (_, at) => (at % 4 === 0 ? assumed : 0));
  const left = table.effects.map((one) => ({
    weights: EQUAL,
    calibrated: regressionCalibration(one, lambda),
    variance: 1,
  }));
  return experimentSkill(table, left, EQUAL)!.r2;
}

test.each([0.05, 0.3, 1, 4])(
  'errors that metrics and target share are no skill, though true effects are taken to have a variance of %d and have none',
  (assumed) => {
    const { mean, low } = skillOf(0, 0, assumed);
    expect(low).toBeLessThan(0);
    expect(mean).toBeLessThan(0.01);
  },
);

test('the skill of predicting from true effects is measured without bias', () => {
  const { mean, low, high } = skillOf(1, 1, 1);
  // Along equal weights Λ + Σ is 3.2, so w'x̂ = Σx / 9.6: 1 − (3(1/3 − 1/9.6)² + 3 · 2.2 / 9.6² + 1) / (1/3 + 1) = 5/64.
  expect(low).toBeGreaterThan(0);
  expect(mean).toBeCloseTo(5 / 64, 1);
  expect(low).toBeLessThan(5 / 64);
  expect(high).toBeGreaterThan(5 / 64);
});
