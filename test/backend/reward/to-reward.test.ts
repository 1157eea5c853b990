import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SurrogateWeights } from '../../../backend/science/metric-weighting/learned-weights.ts';
import { toReward } from '../../../backend/reward/to-reward.ts';
import { isMetric } from '../../../shared/domain/metric-name.ts';

/** metric → [weight, mean, deviation]. */
const learned = (of: Record<string, [number, number, number]>): SurrogateWeights => ({
  method: 'surrogate',
  target: 'renewal within 90 days',
  units: 1000,
  experiments: 0,
  model: {},
  seed: 1,
  prior: {},
  shrinkage: 0,
  covariance: Object.keys(of).flatMap(() => Object.keys(of).map(() => 0)),
  weights: Object.entries(of).map(([metric, [weight]]) => ({
    metric,
    weight,
    low: weight - 1,
    high: weight + 1,
  })),
  normalisers: Object.fromEntries(
    Object.entries(of).map(([metric, [, mean, deviation]]) => [metric, { mean, deviation }]),
  ),
});

const OWN = { click: 1, save: 2, booking: 10 };

test('a weight pays per event what it is worth per deviation, at the scale of the schema’s own reward', () => {
  const reward = toReward(
    learned({
      click_through: [-0.2, 0.4, 0.5],
      saves: [0.3, 0.2, 0.6],
      conversion: [0.4, 0.05, 0.2],
    }),
    OWN,
  )!;
  // Per event −0.4, 0.5 and 2; an average unit earns 0.16 + 0.1 + 0.1 of it, and 0.4 + 0.4 + 0.5 of the schema's.
  const scale = 1.3 / 0.36;
  expect(reward.click).toBeCloseTo(-0.4 * scale, 4);
  expect(reward.save).toBeCloseTo(0.5 * scale, 4);
  expect(reward.booking).toBeCloseTo(2 * scale, 4);
});

test('a click earns what it is worth to each metric that counts it', () => {
  const reward = toReward(
    learned({ click_through: [0.2, 0.4, 0.5], clicks: [0.6, 1, 2], saves: [0.1, 1, 1] }),
    OWN,
  )!;
  expect(reward.click / reward.save).toBeCloseTo((0.4 + 0.3) / 0.1, 4);
});

test('what cannot be told from 0 pays nothing, and metrics that say the same are judged together', () => {
  const three = learned({ click_through: [-0.3, 1, 1], clicks: [-0.3, 1, 1], saves: [0.3, 1, 1] });
  const covariance = (shared: number) => [1, shared, 0, shared, 1, 0, 0, 0, 0.01];
  // Each click weight alone is anything; of their sum the variance is 2 + 2 × shared.
  expect(toReward({ ...three, covariance: covariance(0) }, OWN)).toEqual({ save: 2 });
  const told = toReward({ ...three, covariance: covariance(-0.99) }, OWN)!;
  expect(told.click / told.save).toBeCloseTo(-2, 5);
  expect(toReward({ ...three, covariance: covariance(0).map((c) => c * 9) }, OWN)).toBeUndefined();
});

test('what happens to no item is not paid, and neither is what never happened', () => {
  expect(
    Object.keys(
      toReward(
        learned({
          'cell.3_4': [0.5, 0.1, 0.1],
          'feature.map': [0.5, 1, 1],
          contacts: [0.5, 0, 0],
          saves: [0.2, 1, 1],
          dwell_seconds: [0.1, 30, 60],
          revenue: [0.1, 5, 60],
        }),
        OWN,
      )!,
    ),
  ).toEqual(['save', 'dwell_seconds', 'booking_value']);
});

describe('there is no reward', () => {
  test.each([
    ['where nothing is worth having', { clicks: [-0.5, 1, 1], saves: [0, 1, 1] }],
    ['where only what cannot be paid is', { 'feature.map': [0.5, 1, 1], clicks: [-0.5, 1, 1] }],
    ['without weights', {}],
  ] as [string, Record<string, [number, number, number]>][])('%s', (_, of) => {
    expect(toReward(learned(of), OWN)).toBeUndefined();
  });
});

test('signs and ratios of the weights are kept, whatever the units of the metrics', () => {
  const weight = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 1000);
  const spread = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(weight, weight, spread, spread, spread, (saves, contacts, a, b, unit) => {
      const of = (scale: number) =>
        toReward(
          learned({ saves: [saves, a * scale, a * scale], contacts: [contacts, b, b] }),
          OWN,
        );
      const [reward, rescaled] = [of(1), of(unit)];
      expect(reward === undefined).toBe(rescaled === undefined);
      if (reward === undefined || rescaled === undefined) return;
      expect(Object.keys(reward).every(isMetric)).toBe(true);
      expect(Math.sign(reward.save ?? 0)).toBe(Math.sign(saves));
      expect(Math.sign(reward.contact ?? 0)).toBe(Math.sign(contacts));
      // A save that is counted in other units is worth as much.
      const worth = (saves / a) * contacts;
      if (Math.abs(worth) > 1e-9)
        expect(
          (rescaled.save * unit * reward.contact) / (reward.save * rescaled.contact),
        ).toBeCloseTo(1, 3);
    }),
  );
});
