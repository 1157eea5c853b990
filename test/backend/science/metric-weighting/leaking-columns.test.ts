import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnImportance } from '../../../../backend/science/metric-weighting/learn-importance.ts';
import { learnSurrogate } from '../../../../backend/science/metric-weighting/learn-surrogate.ts';
import type { UnitTable } from '../../../../backend/science/metric-weighting/unit-table.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { numbers, simulatedUnits } from './support/simulate.ts';

const UNITS = 1500;
const table = simulatedUnits(3, UNITS, { clicks: 0.5, saves: 0.2, idle: 0 });
const value = table.target.values;
const random = seededRandom(8);
const part = normals(random, UNITS);
const bought = numbers(
  'bought',
  value.map((own) => (own > 0 ? 1 : 0)),
);

/** Each with the reason that it must give. */
const LEAKS: readonly (readonly [string, UnitTable, string])[] = [
  [
    'a number that is the target',
    { ...table, context: [...table.context, numbers('margin', value)] },
    'the context gives the target away: margin foretells value without error',
  ],
  [
    'the target in other units, rounded',
    {
      ...table,
      context: [
        ...table.context,
        numbers(
          'cents',
          value.map((own) => Math.round(100 * own) + 7),
        ),
      ],
    },
    'the context gives the target away: cents foretells value without error',
  ],
  [
    'a category that says how it ended',
    {
      ...table,
      target: bought,
      context: [
        ...table.context,
        {
          kind: 'category',
          name: 'status',
          values: Array.from(bought.values, (own) => (own === 1 ? 'paid' : 'open')),
        },
      ],
    },
    'the context gives the target away: status foretells bought without error',
  ],
  [
    'parts that add up to the target',
    {
      ...table,
      context: [
        numbers('fees', part),
        numbers(
          'rest',
          value.map((own, i) => own - part[i]),
        ),
      ],
    },
    'the context gives the target away: fees and rest foretell value without error',
  ],
  [
    'a metric that is the target',
    {
      ...table,
      metrics: [
        ...table.metrics,
        numbers(
          'revenue',
          value.map((own) => 2 * own),
        ),
      ],
    },
    'the metric gives the target away: revenue foretells value without error',
  ],
];

describe.each(LEAKS)('%s', (_name, leaking, reason) => {
  test('no signed weights are learned, and the column is named', async () => {
    const learned = await learnSurrogate(leaking, [], { seed: 1 });
    expect(learned.abstains).toContain(reason);
    expect(learned.skill).toBeUndefined();
  });

  test('no shares are learned, and the column is named', async () => {
    const learned = await learnImportance(leaking, { seed: 1, device: cpuDevice() });
    expect(learned.abstains).toContain(reason);
    expect(learned.skill).toBeUndefined();
  });
});

test('a strong context is no leak: what is left beyond it is learned from', async () => {
  const strong = simulatedUnits(5, 3000, { clicks: 0.2, saves: 0, idle: 0 }, 0.1);
  const learned = await learnSurrogate(strong, [], { seed: 5 });
  expect(learned.abstains).toBeUndefined();
  expect(learned.skill!.r2.low).toBeGreaterThan(0);
});

test('context of one held-out unit that lies far outside of the rest does not explode', async () => {
  const revenue = Float64Array.from({ length: UNITS }, (_, i) => 1e-3 * value[i] * (i % 2));
  revenue[700] = 1e6;
  const learned = await learnSurrogate(
    { ...table, context: [...table.context, numbers('revenue', revenue)] },
    [],
    { seed: 1 },
  );
  expect(learned.skill!.r2.mean).toBeGreaterThan(-1);
  expect(learned.skill!.r2.mean).toBeLessThanOrEqual(1);
});
