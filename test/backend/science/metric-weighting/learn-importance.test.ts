import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnImportance } from '../../../../backend/science/metric-weighting/learn-importance.ts';
import type { ImportanceWeights } from '../../../../backend/science/metric-weighting/learned-weights.ts';
import { IMPORTANCE_KINDS } from '../../../../backend/science/metric-weighting/importance-kind.ts';
import type { UnitTable } from '../../../../backend/science/metric-weighting/unit-table.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { sized } from '../../../support/size.ts';
import { numbers, simulatedUnits } from './support/simulate.ts';

const UNITS = sized({ small: 1150, full: 1500 });

const shareOf = ({ weights }: ImportanceWeights, metric: string) =>
  weights.find((one) => one.metric === metric)!.weight;

/** Scroll depth counts in the evening alone, and there the other way round: neither tells a thing by itself. */
function planted(seed: number, units: number): UnitTable {
  const random = seededRandom(seed);
  const depth = normals(random, units);
  const idle = normals(random, units);
  const hour = Array.from({ length: units }, () => (random() < 0.5 ? 'morning' : 'evening'));
  const value = normals(random, units).map(
    (noise, i) => (hour[i] === 'evening' ? -1 : 1) * depth[i] + noise,
  );
  return {
    units,
    metrics: [numbers('depth', depth), numbers('idle', idle)],
    context: [{ kind: 'category', name: 'hour', values: hour }],
    target: numbers('value', value),
  };
}

describe.each(['forest', 'boosted'] as const)('%s', (model) => {
  test.each(IMPORTANCE_KINDS)(
    'by %s: shares are not negative, add up to 1 and find a planted cross',
    async (by) => {
      const table = planted(1, UNITS);
      const learned = await learnImportance(table, {
        device: cpuDevice(),
        seed: 1,
        model,
        by,
        crosses: [['hour', 'depth']],
      });
      expect(learned.abstains).toBeUndefined();
      expect(learned.model.features).toContain('hour × depth');
      expect(learned.weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
      for (const { weight, low, high } of learned.weights) {
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(weight);
        expect(weight).toBeLessThanOrEqual(high);
        expect(high).toBeLessThanOrEqual(1);
      }
      expect(shareOf(learned, 'depth')).toBeGreaterThan(0.8);
      expect(learned.skill!.r2.mean).toBeGreaterThan(0.25);
      // Equal weights know no cross.
      expect(learned.skill!.gain.low).toBeGreaterThan(0);
    },
  );

  test('a target of yes and no', async () => {
    const table = simulatedUnits(1, UNITS, { clicks: 1, saves: 0, idle: 0 });
    const bought = numbers(
      'bought',
      table.target.values.map((value) => (value > 0 ? 1 : 0)),
    );
    const learned = await learnImportance(
      // Without context, concordance is that of the values themselves, as an AUC is.
      { ...table, context: [], target: bought },
      { device: cpuDevice(), seed: 1, model },
    );
    expect(shareOf(learned, 'clicks')).toBeGreaterThan(shareOf(learned, 'idle'));
    expect(learned.skill!.concordance.low).toBeGreaterThan(0.7);
  });
});

test('where context alone foretells, it abstains and gives equal shares', async () => {
  const random = seededRandom(4);
  const table = simulatedUnits(1, 2000, { clicks: 0, saves: 0, idle: 0 }, 0.2);
  const metrics = ['one', 'two'].map((name) => numbers(name, normals(random, 2000)));
  const learned = await learnImportance({ ...table, metrics }, { device: cpuDevice(), seed: 1 });
  expect(learned.abstains).toContain('no skill');
  expect(learned.weights).toEqual([
    { metric: 'one', weight: 0.5, low: 0, high: 1 },
    { metric: 'two', weight: 0.5, low: 0, high: 1 },
  ]);
});

test('too few units, or a target without spread: it abstains and says why', async () => {
  const table = simulatedUnits(1, 900, { clicks: 1, saves: 0, idle: 0 });
  expect((await learnImportance(table, { device: cpuDevice(), seed: 1 })).abstains).toContain(
    '900 of 1,000',
  );
  const flat = { ...planted(1, 1200), target: numbers('value', new Float64Array(1200).fill(2)) };
  expect((await learnImportance(flat, { device: cpuDevice(), seed: 1 })).abstains).toContain(
    'the same for all units',
  );
});

test('missing values are a bucket of their own, and can be what counts', async () => {
  const table = planted(2, UNITS);
  const known = table.metrics[1].values.map((value, i) => (i % 3 === 0 ? Number.NaN : value));
  const value = known.map((own, i) => (Number.isNaN(own) ? 2 : 0) + table.metrics[0].values[i] / 4);
  const learned = await learnImportance(
    {
      ...table,
      metrics: [table.metrics[0], numbers('idle', known)],
      target: numbers('value', value),
    },
    { device: cpuDevice(), seed: 1 },
  );
  expect(shareOf(learned, 'idle')).toBeGreaterThan(0.6);
});

test('a cross of a column that there is not is refused by name', async () => {
  await expect(
    learnImportance(planted(1, 1500), {
      device: cpuDevice(),
      seed: 1,
      crosses: [['minute', 'depth']],
    }),
  ).rejects.toThrow('there is no column minute to cross');
});

test('the same seed gives the same shares', async () => {
  const table = planted(3, 1000);
  const options = { device: cpuDevice(), seed: 5, model: 'forest', by: 'gain' } as const;
  expect(await learnImportance(table, options)).toEqual(await learnImportance(table, options));
});
