import { expect, test } from 'vitest';
import {
  backtest,
  type BacktestReport,
  type SignCalls,
} from '../../../../backend/science/metric-weighting/backtest.ts';
import { mcnemarTwoSided } from '../../../../backend/science/statistics/mcnemar.ts';
import { simulatedExperiments } from './support/simulate.ts';

const report = (experiments: Parameters<typeof backtest>[0]): BacktestReport => {
  const found = backtest(experiments);
  if (found.kind === 'not-enough') throw new Error(found.message);
  return found;
};

test('where a metric misleads, adaptive weights call more signs than equal ones', () => {
  const past = simulatedExperiments(1, {
    experiments: 80,
    effect: 0.06,
    weights: [0.2, -0.9, 0],
    rest: 0.005,
  });
  const { toldApart, all } = report(past);
  const calls = toldApart as SignCalls;
  expect(calls.adaptive.mean).toBeGreaterThan(0.85);
  expect(calls.fixed.mean).toBeLessThan(0.5);
  expect(calls.difference.low).toBeGreaterThan(0);
  expect(calls.pValue).toBeLessThan(0.01);
  expect(all.difference.low).toBeGreaterThan(0);
  expect(all.treatments).toBe(80);
});

test('where equal weights are right, adaptive ones do not differ from them significantly', () => {
  const past = simulatedExperiments(2, {
    experiments: 60,
    effect: 0.05,
    weights: [0.3, 0.3, 0.3],
    rest: 0.005,
  });
  const { toldApart, all } = report(past);
  const calls = toldApart as SignCalls;
  expect(calls.difference.low).toBeLessThanOrEqual(0);
  expect(calls.difference.high).toBeGreaterThanOrEqual(0);
  expect(all.adaptive.mean).toBeGreaterThan(0.7);
});

test('where nothing does anything, calls are right half of the time, shared errors or not', () => {
  const shares = Array.from({ length: 15 }, (_, seed) =>
    report(simulatedExperiments(seed, { experiments: 40, effect: 0, weights: [0, 0, 0], rest: 0 })),
  ).map(({ all }) => [all.adaptive.mean, all.fixed.mean]);
  const mean = (which: number) => shares.reduce((sum, pair) => sum + pair[which], 0) / 15;
  // Deviation of one share of 600: 0.012 of expected shares, which spread less than calls.
  expect(Math.abs(mean(0) - 0.5)).toBeLessThan(0.05);
  expect(Math.abs(mean(1) - 0.5)).toBeLessThan(0.05);
});

test('too few experiments, or significant effects, are reported as such', () => {
  const few = simulatedExperiments(1, {
    experiments: 19,
    effect: 0.05,
    weights: [1, 0, 0],
    rest: 0,
  });
  expect(backtest(few)).toEqual({
    kind: 'not-enough',
    message: 'not enough past experiments: 19 of 20',
  });
  expect(backtest([])).toMatchObject({ kind: 'not-enough' });
  const faint = simulatedExperiments(4, {
    experiments: 30,
    effect: 0.002,
    weights: [1, 0, 0],
    rest: 0,
  });
  expect(report(faint).toldApart).toMatchObject({ kind: 'not-enough' });
});

test('rules that never differ get an interval all the same: what was not seen may yet be', () => {
  const past = simulatedExperiments(5, {
    experiments: 40,
    effect: 0.2,
    weights: [0.4, 0.3, 0.3],
    rest: 0,
  });
  const same = past.map(({ id, effects, target }) => ({ id, effects: { a: effects.a }, target }));
  const { difference, treatments } = report(same).toldApart as SignCalls;
  expect(difference.mean).toBe(0);
  expect(difference.high).toBeCloseTo(1 - 0.05 ** (1 / treatments), 10);
});

test.each([
  [0, 0, 1],
  [10, 2, 0.03857421875],
  [5, 5, 1],
  [0, 6, 0.03125],
])('McNemar, exact: %i against %i', (first, second, expected) => {
  expect(mcnemarTwoSided(first, second)).toBeCloseTo(expected, 12);
});
