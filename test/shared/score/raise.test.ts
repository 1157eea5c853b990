import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { bucketCount, featureIndex } from '../../../shared/features/schema.ts';
import { DEVIATIONS_PER_POINT, posteriorOf, unlearned } from '../../../shared/score/posterior.ts';
import type { BucketRows } from '../../../shared/score/bucket-rows.ts';
import { UNITS_PER_POINT } from '../../../shared/score/fixed-point.ts';
import {
  drawRaises,
  RAISE_STEP,
  RAISED_SHARE,
  type FeatureRaise,
  type RaiseOptions,
} from '../../../shared/score/raise.ts';
import {
  additiveFromPoints,
  MAX_SCORE_UNITS,
  rangeOf,
  STRIDE,
  toPoints,
} from '../../../shared/score/scorer.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import { fuzz } from '../support/seed.ts';

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

type Unsure = ReturnType<typeof scorerWith>;

const FEATURES = tripWishes.features.length;
const ROWS = 3;
/** So many items of every bucket of every feature but the constant one, unless a test says otherwise. */
const everyBucket = (feature: number, rows = ROWS): BucketRows | undefined => {
  const spec = tripWishes.features[feature];
  if (spec.kind === 'constant') return undefined;
  const buckets = Array.from({ length: bucketCount(spec) }, (_, bucket) => bucket);
  return { buckets, rows: buckets.map(() => rows) };
};

const draw = (scorer: Unsure, seed: number, options: Partial<RaiseOptions> = {}) =>
  drawRaises(scorer, {
    optimism: 1,
    maxLoss: Infinity,
    slots: 10,
    seed,
    rowsOf: (feature) => everyBucket(feature),
    ...options,
  });

/** What is raised, as weights are: `Int32Array(F × STRIDE)`. */
function flat(raises: readonly FeatureRaise[] | undefined): Int32Array | undefined {
  if (raises === undefined) return undefined;
  const all = new Int32Array(FEATURES * STRIDE);
  for (const { feature, units } of raises) all.set(units, feature * STRIDE);
  return all;
}

const SEEDS = 40_000;
const raisesOf = (scorer: Unsure, optimism: number, seeds = SEEDS) =>
  Array.from({ length: seeds }, (_, seed) => flat(draw(scorer, seed, { optimism }))).filter(
    (raises) => raises !== undefined,
  );

describe('the raises of a ranking that raises all features', () => {
  const scorer = scorerWith((feature, bucket) => (feature + 1) * (bucket + 1));
  const raised = raisesOf(scorer, 0.5);

  it('are drawn in a quarter of rankings, by the seed', () => {
    // Five standard errors.
    expect(Math.abs(raised.length / SEEDS - RAISED_SHARE)).toBeLessThan(
      5 * Math.sqrt((RAISED_SHARE * (1 - RAISED_SHARE)) / SEEDS),
    );
    expect(draw(scorer, 7)).toEqual(draw(scorer, 7));
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

describe('the raises of a ranking that raises some features', () => {
  const some = (scorer: Unsure, raisedFeatures: number): Unsure => ({
    ...scorer,
    exploration: { ...scorer.exploration, raisedFeatures },
  });
  const wide = scorerWith(() => 20);
  const drawn = (scorer: Unsure, options: Partial<RaiseOptions> = {}, seeds = SEEDS) =>
    Array.from({ length: seeds }, (_, seed) => draw(scorer, seed, options)).filter(
      (raises) => raises !== undefined,
    );

  it('are of so many features, in a quarter of rankings', () => {
    for (const count of [1, 2, 64]) {
      const raised = drawn(some(wide, count), {}, 4000);
      // Few features have so few buckets that none is drawn above 0.
      expect(raised.length / 4000).toBeGreaterThan(RAISED_SHARE - 0.07);
      expect(raised.length / 4000).toBeLessThan(RAISED_SHARE + 0.04);
      for (const raises of raised) {
        const features = raises.map(({ feature }) => feature);
        expect(features.length).toBeLessThanOrEqual(Math.min(count, FEATURES - 1));
        expect(new Set(features).size).toBe(features.length);
        for (const { units } of raises) {
          expect(units.filter((own) => own !== 0)).toHaveLength(1);
          expect(units.every((own) => own >= 0 && own % RAISE_STEP === 0)).toBe(true);
        }
      }
    }
  });

  it('are of features in proportion to the variance of the least known bucket that some item has', () => {
    const [theme, place, status] = ['theme', 'place', 'status'].map((name) =>
      featureIndex(tripWishes, name),
    );
    const deviations = [
      [theme, 6],
      [place, 12],
      [status, 50],
    ];
    // What is not known of a bucket that no item has is no reason to raise its feature.
    const scorer = scorerWith((feature, bucket) => {
      if (feature === theme && bucket !== 1) return bucket === 0 ? 0 : 90;
      return deviations.find(([own]) => own === feature)?.[1] ?? 0;
    });
    const rowsOf = (feature: number): BucketRows | undefined => {
      if (feature === theme) return { buckets: [0, 1, 2, 1], rows: [4, 3, 0, 1] };
      // All items have the same one.
      return feature === status ? { buckets: [2, 1], rows: [8, 0] } : everyBucket(feature);
    };
    const raised = drawn(some(scorer, 1), { rowsOf });
    const share = raised.filter(([{ feature }]) => feature === place).length / raised.length;
    expect(raised.every(([{ feature }]) => feature === place || feature === theme)).toBe(true);
    // 12² of 12² + 6². Half of the draws of one weight raise nothing, and all of some: what was drawn is judged by z > 0 of any.
    const [three, one] = [1 - 0.5 ** bucketCount(tripWishes.features[place]), 0.5];
    const expected = (144 * three) / (144 * three + 36 * one);
    expect(Math.abs(share - expected)).toBeLessThan(
      0.01 + 5 * Math.sqrt((expected * (1 - expected)) / raised.length),
    );
  });

  it('can never cost a slate more than the limit, whatever the scores are, and are whole where they need not be smaller', () => {
    const seen = { whole: 0, smaller: 0 };
    fuzz(
      fc.record({
        seed: fc.integer(),
        count: fc.integer({ min: 1, max: 3 }),
        maxLoss: fc.double({ min: 0.01, max: 60, noNaN: true }),
        slots: fc.integer({ min: 1, max: 12 }),
        deviations: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 8, maxLength: 8 }),
        items: fc.array(
          fc.record({
            score: fc.integer({ min: -400, max: 400 }),
            codes: fc.array(fc.nat({ max: 2 }), { minLength: 8, maxLength: 8 }),
          }),
          { minLength: 1, maxLength: 40 },
        ),
      }),
      ({ seed, count, maxLoss, slots: asked, deviations, items }) => {
        const scorer = some(
          scorerWith((feature) => deviations[feature]),
          count,
        );
        const options = {
          slots: asked,
          rowsOf: (feature: number) => ({ buckets: items.map(({ codes }) => codes[feature]) }),
        };
        const limit = maxLoss * UNITS_PER_POINT;
        const raises = draw(scorer, seed, { ...options, maxLoss: limit });
        const free = draw(scorer, seed, options);
        if (raises === undefined) return;
        seen[JSON.stringify(raises) === JSON.stringify(free) ? 'whole' : 'smaller']++;
        const all = items.map(({ score, codes }) => ({
          score: score * RAISE_STEP,
          raised:
            score * RAISE_STEP +
            raises.reduce((sum, { feature, units }) => sum + units[codes[feature]], 0),
        }));
        const slots = Math.min(asked, items.length);
        const worth = (by: 'score' | 'raised') =>
          all
            .toSorted((a, b) => b[by] - a[by] || a.score - b.score)
            .slice(0, slots)
            .reduce((sum, { score }) => sum + score, 0);
        expect((worth('score') - worth('raised')) / slots).toBeLessThanOrEqual(limit);
      },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it('find room in several features where these are known within a few points, and in one of which nothing is known', () => {
    const meanCount = (deviation: number) => {
      const raised = drawn(
        some(
          scorerWith(() => deviation),
          4,
        ),
        { maxLoss: 16 * UNITS_PER_POINT, rowsOf: (feature) => everyBucket(feature, 100) },
        4000,
      );
      return raised.reduce((sum, raises) => sum + raises.length, 0) / raised.length;
    };
    expect(meanCount(1)).toBeGreaterThan(3.5);
    expect(meanCount(20)).toBeLessThan(1.7);
  });

  it('of what few items have may be higher than of what fills the slate', () => {
    const theme = featureIndex(tripWishes, 'theme');
    const scorer = some(
      scorerWith((feature, bucket) => (feature === theme && bucket === 1 ? 20 : 0)),
      1,
    );
    const limit = 5 * UNITS_PER_POINT;
    const highest = (rows: readonly number[]) =>
      Math.max(
        ...drawn(scorer, {
          maxLoss: limit,
          rowsOf: (feature) => (feature === theme ? { buckets: [0, 1], rows } : undefined),
        }).map(([{ units }]) => units[1]),
      );
    expect(highest([500, 500])).toBeLessThanOrEqual(limit);
    expect(highest([500, 500])).toBeGreaterThan(limit - 3 * RAISE_STEP);
    // One of ten slots.
    expect(highest([500, 1])).toBeGreaterThan(9 * limit);
  });

  it('never lead a score out of its range', () => {
    const most = some(
      scorerWith(() => 255, 15),
      7,
    );
    const { high } = rangeOf(most);
    for (const raises of drawn(most, { optimism: 10 }, 4000))
      expect(high + rangeOf({ schema: tripWishes, weights: flat(raises)! }).high).toBeLessThan(
        MAX_SCORE_UNITS,
      );
  });

  it('are none where nothing is unsure, or no difference is', () => {
    const known = some(
      scorerWith(() => 0),
      1,
    );
    expect(drawn(known, {}, 400)).toEqual([]);
    expect(drawn(some(wide, 1), { rowsOf: () => undefined }, 400)).toEqual([]);
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
