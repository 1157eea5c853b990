import { describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { bucketCount, featureIndex } from '../../../shared/features/schema.ts';
import { DEVIATIONS_PER_POINT, posteriorOf, unlearned } from '../../../shared/score/posterior.ts';
import { drawRaises, RAISE_STEP, RAISED_SHARE } from '../../../shared/score/raise.ts';
import {
  additiveFromPoints,
  MAX_SCORE_UNITS,
  rangeOf,
  STRIDE,
  toPoints,
} from '../../../shared/score/scorer.ts';
import { tripWishes } from '../../world/trip-wishes.ts';

const scorerWith = (deviation: (feature: number, bucket: number) => number, scale = 1) => ({
  ...additiveFromPoints(
    tripWishes,
    Object.fromEntries(
      Object.entries(tripWishes.rules).map(([name, own]) => [name, own.map((p) => p * scale)]),
    ),
    { version: RULES_VERSION, name: 'x' },
  ),
  posterior: posteriorOf(tripWishes, deviation),
});

const SEEDS = 40_000;
const raisesOf = (scorer: ReturnType<typeof scorerWith>, optimism: number, seeds = SEEDS) =>
  Array.from({ length: seeds }, (_, seed) => drawRaises(scorer, optimism, seed)).filter(
    (raises) => raises !== undefined,
  );

describe('the raises of a ranking', () => {
  const scorer = scorerWith((feature, bucket) => (feature + 1) * (bucket + 1));
  const raised = raisesOf(scorer, 0.5);

  it('are drawn in a quarter of rankings, by the seed', () => {
    // Five standard errors.
    expect(Math.abs(raised.length / SEEDS - RAISED_SHARE)).toBeLessThan(
      5 * Math.sqrt((RAISED_SHARE * (1 - RAISED_SHARE)) / SEEDS),
    );
    expect(drawRaises(scorer, 0.5, 7)).toEqual(drawRaises(scorer, 0.5, 7));
  });

  it.each([
    ['theme', 1],
    ['place', 2],
  ])(
    'of a weight (%s, bucket %d) are half of a normal distribution, the rest 0',
    (name, bucket) => {
      const feature = featureIndex(tripWishes, name);
      const scale = 0.5 * (feature + 1) * (bucket + 1);
      const own = raised.map((raises) => toPoints(raises[feature * STRIDE + bucket]) / scale);
      /** P(Z > z) of a standard normal Z. */
      for (const [z, tail] of [
        [0.05, 0.4801],
        [0.5, 0.3085],
        [1, 0.1587],
        [1.5, 0.0668],
        [2, 0.0228],
      ]) {
        const share = own.filter((value) => value > z).length / own.length;
        // 0.01 is what the sum of four bytes differs by, and 5 standard errors.
        const most = 0.01 + 5 * Math.sqrt((tail * (1 - tail)) / own.length);
        expect(Math.abs(share - tail), `above ${z}`).toBeLessThan(most);
      }
      expect(Math.min(...own)).toBe(0);
      expect(Math.max(...own)).toBeLessThan(3.6);
    },
  );

  it('are whole steps, and 0 for the constant feature, for what is known exactly, and where there is no bucket', () => {
    const known = featureIndex(tripWishes, 'budget');
    const constant = featureIndex(tripWishes, 'base');
    const some = scorerWith((feature) => (feature === known ? 0 : 9));
    for (const raises of raisesOf(some, 1, 400)) {
      expect(raises.every((units) => units >= 0 && units % RAISE_STEP === 0)).toBe(true);
      tripWishes.features.forEach((spec, feature) => {
        const own = raises.subarray(feature * STRIDE, (feature + 1) * STRIDE);
        const from = feature === known || feature === constant ? 0 : bucketCount(spec);
        expect(own.subarray(from).every((units) => units === 0)).toBe(true);
      });
    }
  });

  it('never lead a score out of its range, however little is known and however much is asked for', () => {
    const wide = scorerWith(() => 255, 15);
    const { high } = rangeOf(wide);
    expect(high).toBeGreaterThan(MAX_SCORE_UNITS * 0.8);
    let most = 0;
    for (const raises of raisesOf(wide, 10, 4000)) {
      const total = rangeOf({ ...wide, weights: raises }).high;
      expect(high + total).toBeLessThan(MAX_SCORE_UNITS);
      most = Math.max(most, total);
    }
    expect(most).toBeGreaterThan(0);
  });
});

describe('a posterior', () => {
  it('of what nothing is known of is the prior, in 1/256 of a point, and by default 20 points', () => {
    const at = (posterior: Uint16Array) => posterior[STRIDE] / DEVIATIONS_PER_POINT;
    expect(at(unlearned(tripWishes, tripWishes.exploration))).toBe(
      tripWishes.exploration.prior ?? 20,
    );
    expect(at(unlearned(tripWishes, { temperature: 0, epsilon: 0, poolSize: 1, prior: 7.5 }))).toBe(
      7.5,
    );
    expect(at(unlearned(tripWishes, { temperature: 0, epsilon: 0, poolSize: 1 }))).toBe(20);
  });

  it('holds what does not fit into 16 bits as the nearest that does', () => {
    expect(posteriorOf(tripWishes, () => 1e9)[0]).toBe(65_535);
    expect(posteriorOf(tripWishes, () => 1e9)[STRIDE - 1]).toBe(0);
  });
});
