import { expect, test } from 'vitest';
import { learnText } from '../../../../backend/cli/metric-weights/learn-text.ts';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { toReward } from '../../../../backend/reward/to-reward.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnImportance } from '../../../../backend/science/metric-weighting/learn-importance.ts';
import { learnSurrogate } from '../../../../backend/science/metric-weighting/learn-surrogate.ts';
import {
  DEFAULT_PRODUCTS,
  withProducts,
} from '../../../../backend/science/metric-weighting/products.ts';
import type { UnitTable } from '../../../../backend/science/metric-weighting/unit-table.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { sized } from '../../../support/size.ts';
import { numbers } from './support/simulate.ts';

const PRODUCT = 'dwell_seconds × scroll_share';

/** Time and depth of each unit, and a value to which both together add so much per deviation of each. */
function visits(seed: number, units: number, together: number, alone = 0): UnitTable {
  const random = seededRandom(seed);
  const [time, depth, noise] = Array.from({ length: 3 }, () => normals(random, units));
  return {
    units,
    metrics: [
      numbers(
        'dwell_seconds',
        time.map((own) => 60 + 20 * own),
        'higher',
      ),
      numbers(
        'scroll_share',
        depth.map((own) => 0.5 + 0.1 * own),
        'higher',
      ),
    ],
    context: [],
    target: numbers(
      'value',
      noise.map((own, i) => together * time[i] * depth[i] + alone * (time[i] + depth[i]) + own),
    ),
  };
}

test.each([
  [0.5, 'more'],
  [-0.5, 'less'],
])(
  'a product of %s is found, beside what each is worth alone, and said in words',
  async (together, said) => {
    const table = withProducts(visits(1, 2000, together, 0.3), DEFAULT_PRODUCTS);
    const learned = await learnSurrogate(table, [], { seed: 1 });
    expect(learned.abstains).toBeUndefined();
    const { low, high } = learned.weights.find(({ metric }) => metric === PRODUCT)!;
    const deviation = (learned.model.target as { deviation: number }).deviation;
    expect(low).toBeLessThan(together / deviation);
    expect(high).toBeGreaterThan(together / deviation);
    // The weights of the two alone are those of a unit whose other one is average: they stay what they were.
    const alone = await learnSurrogate(visits(1, 2000, together, 0.3), [], { seed: 1 });
    for (const [i, { metric, weight }] of alone.weights.entries())
      expect(Math.abs(learned.weights[i].weight - weight), metric).toBeLessThan(0.02);
    const sentence = `${PRODUCT}: units with both dwell_seconds and scroll_share above their means, or both below, are worth ${said} than the weights of the two alone say`;
    expect(learned.statements).toEqual([sentence]);
    const source = { file: 'f', mapping: 'm', rows: '2,000 units', notes: [] };
    expect(learnText({ source, learned, arms: [] })).toContain(sentence);
  },
);

test('without its product, what both do together alone is no skill', async () => {
  const table = visits(2, 2000, 0.5);
  expect((await learnSurrogate(table, [], { seed: 1 })).abstains).toContain('no skill');
  const learned = await learnSurrogate(withProducts(table, DEFAULT_PRODUCTS), [], { seed: 1 });
  expect(learned.abstains).toBeUndefined();
  expect(learned.skill!.gain.low).toBeGreaterThan(0);
});

test('where both go together and nothing comes of it, that is said', async () => {
  const table = withProducts(visits(3, 2000, 0, 0.4), DEFAULT_PRODUCTS);
  const learned = await learnSurrogate(table, [], { seed: 1 });
  expect(learned.statements).toEqual([
    `${PRODUCT}: where dwell_seconds and scroll_share go together, units are worth what the weights of the two alone say`,
  ]);
});

const SEEDS = sized({ small: 40, full: 200 });
test(`units of noise alone, with their product: it abstains in at least 95 % of ${SEEDS} seeds`, async () => {
  let abstained = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const table = withProducts(visits(seed, 1000, 0), DEFAULT_PRODUCTS);
    const learned = await learnSurrogate(table, [], { seed });
    if (learned.abstains === undefined) continue;
    abstained++;
    expect(learned.statements).toBeUndefined();
  }
  expect(abstained / SEEDS).toBeGreaterThanOrEqual(0.95);
});

test('a product has a prior of 0, and the equal weights are those of the metrics themselves', async () => {
  const table = withProducts(visits(1, 900, 0), DEFAULT_PRODUCTS);
  const { prior } = await learnSurrogate(table, [], { seed: 1 });
  expect(prior).toEqual({ dwell_seconds: 0.5, scroll_share: 0.5, [PRODUCT]: 0 });
});

test('a product is no reward of training: nothing that happens to an item is one', async () => {
  const table = withProducts(visits(1, 2000, 0.5, 0.3), DEFAULT_PRODUCTS);
  const reward = toReward(await learnSurrogate(table, [], { seed: 1 }), { dwell_seconds: 1 });
  expect(Object.keys(reward!).toSorted()).toEqual(['dwell_seconds', 'scroll_share']);
});

test('importance finds in the cross of both what neither tells alone', async () => {
  const table = visits(4, 1500, 1);
  const learned = await learnImportance(table, {
    seed: 1,
    device: cpuDevice(),
    crosses: DEFAULT_PRODUCTS,
  });
  expect(learned.abstains).toBeUndefined();
  expect(learned.model.features).toContain(PRODUCT);
});

test('a unit without one of the two has no product, and a pair of an unknown metric is refused', () => {
  const table = visits(1, 10, 0);
  table.metrics[0].values[3] = Number.NaN;
  expect(withProducts(table, DEFAULT_PRODUCTS).metrics[2].values[3]).toBeNaN();
  expect(() => withProducts(table, [['dwell_seconds', 'mood']])).toThrow(
    'there is no metric mood to multiply: take two of dwell_seconds, scroll_share',
  );
});
