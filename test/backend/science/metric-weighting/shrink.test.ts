import { expect, test } from 'vitest';
import { shrink, shrinkAtTauSquared } from '../../../../backend/science/metric-weighting/shrink.ts';

const prior = { mean: Float64Array.of(0.5, -0.5), covariance: new Float64Array(4) };

test('the posterior mean of two weights, by the textbook inverse', () => {
  const precision = Float64Array.of(40, 12, 12, 30);
  const cross = Float64Array.of(22, -4);
  const spread = 0.09;
  const found = shrinkAtTauSquared({ precision, cross }, prior, spread);
  const [a, b, d] = [40 + 1 / spread, 12, 30 + 1 / spread];
  const right = [22 + 0.5 / spread, -4 - 0.5 / spread];
  const determinant = a * d - b * b;
  expect(found.weights[0]).toBeCloseTo((d * right[0] - b * right[1]) / determinant, 10);
  expect(found.weights[1]).toBeCloseTo((a * right[1] - b * right[0]) / determinant, 10);
  expect(found.shrinkage).toBeCloseTo((a + d) / spread / determinant / 2, 10);
});

test('data that agree with the prior leave it as it is, but do not make it certain', () => {
  const precision = Float64Array.of(100, 0, 0, 100);
  const found = shrink({ precision, cross: Float64Array.of(50, -50) }, prior);
  expect(found.weights[0]).toBeCloseTo(0.5, 12);
  expect(found.weights[1]).toBeCloseTo(-0.5, 12);
  const probable = found.tauSquared.filter(({ value }) => value > 0.05 ** 2);
  expect(probable.reduce((sum, { probability }) => sum + probability, 0)).toBeGreaterThan(0.2);
  expect(found.tauSquared.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(
    1,
    12,
  );
});

test('how far the prior is off is told from the data', () => {
  const precision = Float64Array.of(1e4, 0, 0, 1e4);
  const mean = (cross: Float64Array) =>
    shrink({ precision, cross }, prior).tauSquared.reduce(
      (sum, { value, probability }) => sum + probability * Math.sqrt(value),
      0,
    );
  expect(mean(Float64Array.of(3e4, -3e4))).toBeGreaterThan(3 * mean(Float64Array.of(5e3, -5e3)));
});

test('data without end overrule it', () => {
  const precision = Float64Array.of(1e7, 0, 0, 1e7);
  const found = shrink({ precision, cross: Float64Array.of(-2e7, 3e7) }, prior);
  expect(found.weights[0]).toBeCloseTo(-2, 4);
  expect(found.weights[1]).toBeCloseTo(3, 4);
  expect(found.shrinkage).toBeLessThan(1e-4);
});

test('of two metrics that are one and the same, the prior decides', () => {
  const precision = Float64Array.of(1e4, 1e4, 1e4, 1e4);
  const found = shrinkAtTauSquared({ precision, cross: Float64Array.of(1e4, 1e4) }, prior, 1);
  expect(found.weights[0] + found.weights[1]).toBeCloseTo(1, 3);
  expect(found.weights[0] - found.weights[1]).toBeCloseTo(1, 3);
});
