import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { concordance } from '../../../../backend/science/metric-weighting/concordance.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnImportance } from '../../../../backend/science/metric-weighting/learn-importance.ts';
import { learnSurrogate } from '../../../../backend/science/metric-weighting/learn-surrogate.ts';
import type { UnitTable } from '../../../../backend/science/metric-weighting/unit-table.ts';
import { learnFile } from '../../../../backend/runs/metric-weights/files/learn-file.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { needs } from '../../../support/needs.ts';
import { sharedFile, unlessShared } from '../../../support/shared-data.ts';
import { numbers, simulatedExperiments, simulatedUnits } from './support/simulate.ts';

/**
 * Who has a coupon clicks much and buys little: across coupons clicks and value go opposite ways. With the coupon known,
 * clicks are worth little and saves much, which equal weights do not know.
 */
function coupons(seed: number, units: number): UnitTable {
  const random = seededRandom(seed);
  const coupon = Array.from({ length: units }, () => random() < 0.5);
  const clicks = normals(random, units).map((own, i) => own + (coupon[i] ? 0 : 4));
  const saves = normals(random, units).map((own, i) => own + (coupon[i] ? 4 : 0));
  const value = normals(random, units).map(
    (noise, i) => 0.1 * clicks[i] + 0.6 * saves[i] + (coupon[i] ? -6 : 0) + noise,
  );
  return {
    units,
    metrics: [numbers('clicks', clicks), numbers('saves', saves)],
    context: [{ kind: 'category', name: 'coupon', values: coupon.map(String) }],
    target: numbers('value', value),
  };
}

test('weights that are better beyond context are called better, though context ranks the other way', async () => {
  const table = coupons(1, 3000);
  const { skill, abstains } = await learnSurrogate(table, [], { seed: 1 });
  expect(abstains).toBeUndefined();
  expect(skill!.concordance.mean).toBeGreaterThan(0.65);
  expect(skill!.gain.low).toBeGreaterThan(0);
});

test('so they are where the target is yes or no', async () => {
  const table = coupons(3, 3000);
  const { values } = table.target;
  const bought = numbers(
    'bought',
    values.map((own) => (own > 0 ? 1 : 0)),
  );
  const { skill } = await learnSurrogate({ ...table, target: bought }, [], { seed: 1 });
  expect(skill!.concordance.mean).toBeGreaterThan(0.6);
  expect(skill!.gain.low).toBeGreaterThan(0);
});

test('shares are judged beyond context too: equal weights that only follow it have no merit', async () => {
  const table = coupons(2, 1500);
  const { skill } = await learnImportance(table, { seed: 1, device: cpuDevice() });
  // Clicks and saves with equal weights are a fair ranking beyond the coupon, and a bad one across it.
  expect(skill!.equalWeights.low).toBeGreaterThan(0.55);
});

test.each([1, 2, 3, 4, 5])(
  'one metric ranks as its equal weight does, exactly: seed %s',
  async (seed) => {
    const table = simulatedUnits(seed, 1200, { clicks: 0.5, saves: 0, idle: 0 });
    const { skill } = await learnSurrogate({ ...table, metrics: table.metrics.slice(0, 1) }, [], {
      seed,
    });
    expect(skill!.gain).toEqual({ mean: 0, low: 0, high: 0 });
  },
);

test('one metric of past experiments ranks as its equal weight does, exactly', async () => {
  const past = simulatedExperiments(4, {
    experiments: 40,
    effect: 0.05,
    weights: [0.6, 0, 0],
    rest: 0.01,
  }).map(({ id, effects, target }) => ({ id, effects: { a: effects.a }, target }));
  const { skill } = await learnSurrogate(undefined, past, { seed: 1 });
  expect(skill!.gain).toEqual({ mean: 0, low: 0, high: 0 });
});

test('only units of the same fold are compared', () => {
  // Within either fold the order is right; the second fold's scores have another origin.
  const stratum = [0, 0, 0, 1, 1, 1];
  const found = concordance([1, 2, 3, -9, -8, -7], [1, 2, 3, 4, 5, 6], { stratum })!;
  expect(found.value).toBe(1);
  expect(found.influence.every((own) => own === 0)).toBe(true);
  expect(concordance([1, 2], [1, 2], { stratum: [0, 1] })).toBeUndefined();
});

test('units with equal outcomes are not compared, whatever was expected of them', () => {
  const outcomes = [0, 0, 0, 1];
  const expected = [0.5, 0.1, 0.3, 0.4];
  const residuals = outcomes.map((value, i) => value - expected[i]);
  // The three without a purchase are ranked the wrong way round, the one with it above them.
  const scores = residuals.map((own, i) => (outcomes[i] === 1 ? 1 : -own));
  expect(concordance(scores, residuals, { outcomes })!.value).toBe(1);
  expect(concordance(scores, residuals)!.value).toBe(0.5);
  expect(concordance([1, 2], [1, 2], { outcomes: [0, 0] })).toBeUndefined();
});

const repeated = needs(unlessShared('cases/units-repeated.csv'));
test.skipIf(repeated.absent)(
  `a file of one metric and one context column: no difference from equal weights${repeated.why}`,
  async () => {
    const { learned } = await learnFile(sharedFile('cases/units-repeated.csv'), {
      method: 'surrogate',
      seed: 1,
      mapping: sharedFile('cases/units.mapping.json'),
    });
    expect(learned.skill!.gain).toEqual({ mean: 0, low: 0, high: 0 });
  },
);
