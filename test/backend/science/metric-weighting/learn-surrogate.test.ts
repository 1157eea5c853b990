import { expect, test } from 'vitest';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnSurrogate } from '../../../../backend/science/metric-weighting/learn-surrogate.ts';
import type { SurrogateWeights } from '../../../../backend/science/metric-weighting/learned-weights.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';
import { SIZE, sized } from '../../../support/size.ts';
import { numbers, simulatedExperiments, simulatedUnits } from './support/simulate.ts';

const weightOf = ({ weights }: SurrogateWeights, metric: string) =>
  weights.find((one) => one.metric === metric)!;

/** True weights in target deviations per metric deviation. */
const structural = (learned: SurrogateWeights, metric: string, weight: number) =>
  (weight * learned.normalisers[metric].deviation) /
  (learned.model.target as { deviation: number }).deviation;

test(`units: known weights are found, and their intervals cover them at the stated rate (${SIZE} size)`, async () => {
  const truth = { clicks: 0.4, saves: -0.3, idle: 0 };
  const seeds = Array.from({ length: sized({ small: 20, full: 80 }) }, (_, seed) => seed);
  let covered = 0;
  const sums = { clicks: 0, saves: 0, idle: 0 };
  for (const seed of seeds) {
    const learned = await learnSurrogate(simulatedUnits(seed, 1500, truth), [], { seed });
    expect(learned.abstains).toBeUndefined();
    for (const metric of ['clicks', 'saves', 'idle'] as const) {
      const { weight, low, high } = weightOf(learned, metric);
      const right = structural(learned, metric, truth[metric]);
      sums[metric] += (weight - right) / seeds.length;
      covered += low <= right && right <= high ? 1 : 0;
    }
  }
  const { least, most } = binomialBounds(3 * seeds.length, 0.95);
  expect(covered).toBeGreaterThanOrEqual(least);
  expect(covered).toBeLessThanOrEqual(most);
  // 0.02 at 80 seeds; the error of a mean falls with the root of their number.
  const bound = 0.02 * Math.sqrt(80 / seeds.length);
  for (const bias of Object.values(sums)) expect(Math.abs(bias)).toBeLessThan(bound);
});

test('more clicks, fewer bookings: a metric that is thought good gets a negative weight', async () => {
  const table = simulatedUnits(1, 4000, { clicks: -0.3, saves: 0.4, idle: 0 });
  const clicks = weightOf(await learnSurrogate(table, [], { seed: 1 }), 'clicks');
  expect(clicks.high).toBeLessThan(0);
});

test('a prior takes the direction that is better, and is what abstaining gives', async () => {
  const table = simulatedUnits(1, 999, { clicks: 1, saves: 1, idle: 0 });
  const metrics = table.metrics.map((one, i) =>
    i === 1 ? { ...one, better: 'lower' as const } : one,
  );
  const learned = await learnSurrogate({ ...table, metrics }, [], { seed: 1 });
  expect(learned.abstains).toContain('too few units: 999 of 1,000 with a known target (value)');
  expect(learned.weights.map(({ weight }) => weight)).toEqual([1 / 3, -1 / 3, 1 / 3]);
  expect(learned.shrinkage).toBe(1);
});

test(`units of noise alone: it abstains in at least 95 % of seeds (${SIZE} size)`, async () => {
  const seeds = sized({ small: 50, full: 200 });
  let abstained = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const table = simulatedUnits(seed, 1000, { clicks: 0, saves: 0, idle: 0 });
    const learned = await learnSurrogate(table, [], { seed });
    abstained += learned.abstains === undefined ? 0 : 1;
  }
  expect(abstained / seeds).toBeGreaterThanOrEqual(0.95);
});

test('what context tells is no merit of the metrics', async () => {
  const table = simulatedUnits(5, 3000, { clicks: 0, saves: 0, idle: 0 }, 0.1);
  expect((await learnSurrogate(table, [], { seed: 5 })).abstains).toContain('no skill');
});

test('a unit without a label, or of which a metric is missing, is not learned from', async () => {
  const table = simulatedUnits(2, 1200, { clicks: 1, saves: 0, idle: 0 });
  table.target.values.fill(Number.NaN, 0, 50);
  table.metrics[0].values.fill(Number.NaN, 50, 75);
  const learned = await learnSurrogate(table, [], { seed: 1 });
  expect(learned.units).toBe(1125);
});

test('a metric without spread gets no weight, and the others are as without it', async () => {
  const table = simulatedUnits(2, 1200, { clicks: 1, saves: 0, idle: 0 });
  const flat = numbers('flat', new Float64Array(1200).fill(3));
  const learned = await learnSurrogate({ ...table, metrics: [...table.metrics, flat] }, [], {
    seed: 1,
  });
  expect(weightOf(learned, 'flat')).toMatchObject({ weight: 0, low: 0, high: 0 });
  expect(learned.model.constant).toEqual(['flat']);
  expect(weightOf(learned, 'clicks').weight).toBeGreaterThan(0.3);
});

test('the latest units are held out where it is known when they came', async () => {
  const table = simulatedUnits(2, 2000, { clicks: 1, saves: 0, idle: 0 });
  // The latest quarter is of another world: skill there must be seen to be nil.
  const other = normals(seededRandom(9), 2000);
  const value = table.target.values.map((own, i) => (i < 1500 ? own : other[i]));
  const at = Float64Array.from({ length: 2000 }, (_, i) => i);
  const learned = await learnSurrogate({ ...table, target: numbers('value', value), at }, [], {
    seed: 1,
  });
  expect(learned.skill!.heldOut).toBe(500);
  expect(learned.abstains).toContain('no skill');
});

test(`experiments: weights are found without attenuation, and their intervals cover them (${SIZE} size)`, async () => {
  const truth = [0.6, -0.3, 0] as const;
  const seeds = Array.from({ length: sized({ small: 7, full: 14 }) }, (_, seed) => seed);
  let covered = 0;
  const sums = [0, 0, 0];
  for (const seed of seeds) {
    const past = simulatedExperiments(seed, {
      experiments: 50,
      effect: 0.05,
      weights: truth,
      rest: 0.015,
    });
    const learned = await learnSurrogate(undefined, past, { seed });
    expect(learned.abstains).toBeUndefined();
    truth.forEach((right, i) => {
      const { weight, low, high } = learned.weights[i];
      sums[i] += weight / seeds.length;
      covered += low <= right && right <= high ? 1 : 0;
    });
  }
  expect(covered).toBeGreaterThanOrEqual(binomialBounds(3 * seeds.length, 0.95).least);
  expect(sums[0]).toBeGreaterThan(0.54);
  expect(sums[0]).toBeLessThan(0.66);
  expect(sums[1]).toBeLessThan(-0.23);
  expect(Math.abs(sums[2])).toBeLessThan(0.06);
});

test(`shared noise: where nothing does anything, effects that share their errors teach nothing (${SIZE} size)`, async () => {
  const seeds = sized({ small: 10, full: 20 });
  const nothing = { experiments: 60, effect: 0, weights: [0, 0, 0], rest: 0 } as const;
  let [fooled, naivelyFooled] = [0, 0];
  const isFooled = ({ weights }: SurrogateWeights) =>
    weights.some(({ low, high }) => low > 0 || high < 0);
  for (let seed = 0; seed < seeds; seed++) {
    const past = simulatedExperiments(seed, nothing);
    const learned = await learnSurrogate(undefined, past, { seed });
    fooled += learned.abstains === undefined && isFooled(learned) ? 1 : 0;
    // The trap is set: the early reading of the target goes with the final one.
    const products = past.map(
      ({ effects: { a }, target }) =>
        (a.estimate / a.standardError) * (target.estimate / target.standardError),
    );
    const mean = products.reduce((sum, one) => sum + one, 0) / products.length;
    const spread = Math.sqrt(products.reduce((sum, one) => sum + (one - mean) ** 2, 0)) / 60;
    naivelyFooled += mean - 1.96 * spread > 0 ? 1 : 0;
  }
  expect(naivelyFooled).toBeGreaterThanOrEqual(0.9 * seeds);
  expect(fooled).toBeLessThanOrEqual(sized({ small: 0, full: 1 }));
});

test(`true effects on metrics that have nothing to do with the target teach nothing either (${SIZE} size)`, async () => {
  let fooled = 0;
  for (let seed = 100; seed < sized({ small: 110, full: 120 }); seed++) {
    const past = simulatedExperiments(seed, {
      experiments: 40,
      effect: 0.03,
      weights: [0, 0, 0],
      rest: 0.03,
    });
    fooled += (await learnSurrogate(undefined, past, { seed })).abstains === undefined ? 1 : 0;
  }
  // At the stated rate of 1 in 40, three of 20 would come once in seventy times, and two of 10 once in forty.
  expect(fooled).toBeLessThanOrEqual(sized({ small: 1, full: 2 }));
});

test('too few experiments: it abstains, however many treatments they have', async () => {
  const past = simulatedExperiments(1, {
    experiments: 38,
    effect: 0.03,
    weights: [1, 0, 0],
    rest: 0,
  });
  const pairs = past.map((one, i) => ({ ...one, id: `experiment ${i >> 1}` }));
  const learned = await learnSurrogate(undefined, pairs, { seed: 1 });
  expect(learned.abstains).toContain('too few past experiments: 19 of 20');
});

test('units and experiments are pooled, and experiments correct what units only suggest', async () => {
  // Units say that clicks are worth much (a confounder that is not declared); experiments, that they are worth nothing.
  const table = simulatedUnits(3, 3000, { clicks: 0, saves: 0.3, idle: 0 });
  const unseen: typeof table = { ...table, context: [] };
  const past = simulatedExperiments(3, {
    experiments: 60,
    effect: 0.05,
    weights: [0, 0.3, 0],
    rest: 0.003,
  });
  const renamed = past.map((one) => ({
    ...one,
    effects: { clicks: one.effects.a, saves: one.effects.b, idle: one.effects.c },
  }));
  const alone = await learnSurrogate(unseen, [], { seed: 1 });
  const pooled = await learnSurrogate(unseen, renamed, { seed: 1 });
  expect(weightOf(alone, 'clicks').low).toBeGreaterThan(0.15);
  expect(pooled.model.from).toBe('units and experiments');
  expect(Math.abs(weightOf(pooled, 'clicks').weight)).toBeLessThan(0.1);
  expect(weightOf(pooled, 'saves').weight).toBeGreaterThan(0.2);
});

test('where units and a few experiments agree, together they are nearer to the truth than experiments alone', async () => {
  const planted = { clicks: 0.8, saves: 0, idle: -0.5 };
  const known = await learnSurrogate(simulatedUnits(1, 10_000, planted), [], { seed: 1 });
  const names = ['clicks', 'saves', 'idle'];
  const truth = names.map((name) => weightOf(known, name).weight);
  const errorOf = (learned: SurrogateWeights) =>
    names.reduce((sum, name, i) => sum + Math.abs(weightOf(learned, name).weight - truth[i]), 0);
  let [together, apart] = [0, 0];
  for (let seed = 10; seed < 13; seed++) {
    const past = simulatedExperiments(seed, {
      experiments: 24,
      effect: 0.04,
      weights: [truth[0], truth[1], truth[2]],
      rest: 0.005,
    }).map((one) => ({
      ...one,
      effects: { clicks: one.effects.a, saves: one.effects.b, idle: one.effects.c },
    }));
    const pooled = await learnSurrogate(simulatedUnits(seed, 2000, planted), past, { seed });
    expect(pooled.model.from).toBe('units and experiments');
    together += errorOf(pooled);
    apart += errorOf(await learnSurrogate(undefined, past, { seed }));
  }
  expect(together).toBeLessThan(apart / 2);
});

test('the same seed gives the same weights', async () => {
  const table = simulatedUnits(2, 1200, { clicks: 1, saves: 0, idle: 0 });
  const here = await learnSurrogate(table, [], { seed: 7 });
  expect(await learnSurrogate(table, [], { seed: 7 })).toEqual(here);
});

test('nothing to learn from is refused, as is an error of 0', async () => {
  await expect(learnSurrogate(undefined, [], { seed: 1 })).rejects.toThrow('nothing to learn from');
  const past = simulatedExperiments(1, { experiments: 20, effect: 1, weights: [1, 0, 0], rest: 0 });
  const exact = { ...past[0], target: { estimate: 1, standardError: 0 } };
  await expect(learnSurrogate(undefined, [...past.slice(1), exact], { seed: 1 })).rejects.toThrow(
    'the standard error of target must be above 0',
  );
});
