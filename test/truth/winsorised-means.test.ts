import { expect, test } from 'vitest';
import { analyseExperiment } from '../../backend/science/experiment/analyse.ts';
import { armTotals } from '../../backend/experiments/arm-totals.ts';
import { metricValues } from '../../backend/experiments/metric-values.ts';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { answered, normal, times } from '../backend/science/experiment/draws.ts';

const METRICS: readonly MetricDefinition[] = [
  {
    name: 'revenue',
    kind: 'mean',
    numerator: 'booking_value',
    better: 'higher',
    winsorShare: 0.99,
  },
];
const [RATE, LIFT, SPREAD] = [0.2, 0.3, 1];

/** E[min(X, cap)], X log-normal. */
const cappedMean = (random: () => number, scale: number, cap: number) => {
  let sum = 0;
  for (let i = 0; i < 400_000; i++) sum += Math.min(scale * Math.exp(SPREAD * normal(random)), cap);
  return sum / 400_000;
};

test('revenue capped at the percentile of the very units that are compared: its effect is covered at the stated rate', () => {
  const random = seededRandom(141);
  const [RUNS, UNITS] = [400, 2500];
  // The cap that endless units would have, and what the arms differ by under it.
  const spenders = times(
    400_000,
    (i) => (i % 2 ? 1 + LIFT : 1) * Math.exp(SPREAD * normal(random)),
  );
  const cap = spenders.toSorted((a, b) => a - b)[Math.floor(0.99 * spenders.length)];
  const truth = RATE * (cappedMean(random, 1 + LIFT, cap) - cappedMean(random, 1, cap));
  const covered = { fixed: 0, sequential: 0 };
  for (let run = 0; run < RUNS; run++) {
    const spent = Float64Array.from({ length: 2 * UNITS }, (_, unit) =>
      random() < RATE ? (unit % 2 ? 1 + LIFT : 1) * Math.exp(SPREAD * normal(random)) : 0,
    );
    const values = metricValues(METRICS, new Map([['booking_value', spent]]), undefined);
    const totals = [armTotals(values), armTotals(values)];
    for (let unit = 0; unit < 2 * UNITS; unit++) totals[unit % 2].add(unit);
    const names = ['control', 'treatment'];
    const { comparisons } = analyseExperiment({
      experiment: 'exp_1',
      unit: 'sessions',
      arms: names.map((name) => ({ name, weight: 1 })),
      metrics: METRICS,
      days: names.map((name, i) => ({ day: '2026-09-01', ...totals[i].finish(name) })),
      segments: [],
      multipleExposure: { units: 0, of: 2 * UNITS },
      carryOver: [],
    });
    const { absolute } = answered(comparisons[0].metrics[0].found);
    for (const reading of ['fixed', 'sequential'] as const) {
      const { low, high } = absolute[reading];
      covered[reading] += Number(low <= truth && truth <= high);
    }
  }
  // Binomial error of 400 runs: 0.011.
  console.log(`winsorised revenue: covered ${covered.fixed} and ${covered.sequential} of ${RUNS}`);
  expect(covered.fixed / RUNS).toBeGreaterThan(0.92);
  expect(covered.fixed / RUNS).toBeLessThan(0.98);
  expect(covered.sequential / RUNS).toBeGreaterThan(0.97);
});
