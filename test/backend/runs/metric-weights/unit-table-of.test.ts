import { afterAll, beforeAll, expect, test } from 'vitest';
import { unitTableOf } from '../../../../backend/runs/metric-weights/unit-table-of.ts';
import { unitCounts } from '../../../../backend/runs/metric-weights/unit-counts.ts';
import { accountVersion } from '../../../../backend/log/account/rules.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { bringUpToDate } from '../../log/support/bring-up-to-date.ts';
import { metricUnits } from '../../../../backend/store/tables.ts';
import { openTestStore, type TestStore } from '../../reward/support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await bringUpToDate(store);
});
afterAll(() => store.close());

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1, 13);
const SETTINGS = {
  unit: 'session',
  context: ['device', 'segment'],
  target: { kind: 'sum', outcome: 'value', horizonDays: 30 },
} as const;

const row = (unit: string, firstAt: number, changes: Partial<typeof metricUnits.$inferInsert>) =>
  store.db.insert(metricUnits).values({
    unit,
    kind: 'session',
    firstAt,
    values: { rankings: 1 },
    context: { hour: '13' },
    updatedAt: 1,
    account: accountVersion(DEFAULT_TRAINING_DATA),
    ...changes,
  });

test('units become columns once their horizon is over, and not before', async () => {
  await store.write([
    row('a', START, {
      values: {
        rankings: 2,
        click: 3,
        dwell: 2,
        dwell_value: 9500,
        booking: 1,
        booking_value: 80,
        scroll_depth_value: 0.75,
        'cell.0_0': 3,
        'cell.9_9': 1,
        'feature.map': 2,
      },
      context: { hour: '13', device: 'phone' },
      outcomes: {
        [`value@${START}`]: 1,
        [`value@${START + 30 * DAY - 1}`]: 2,
        [`value@${START + 30 * DAY}`]: 4,
        [`other@${START}`]: 8,
      },
    }),
    row('b', START + DAY, {
      outcomes: { [`value@${START}`]: 16 },
      values: { rankings: 1, 'cell.0_0': 5 },
    }),
    // Worth much already, and not a label: those that are not would come later.
    row('c', START + 2 * DAY, { outcomes: { [`value@${START + 3 * DAY}`]: 100 } }),
    row('u', START, { kind: 'user' }),
    row('counted by an earlier account', START, { account: null }),
    row('crawler', START, { values: { rankings: 900, refused: 1 } }),
  ]);
  const at = START + 31 * DAY;
  const table = await unitTableOf(store.db, SETTINGS, at);
  expect(table.units).toBe(2);
  expect(table.target).toMatchObject({ name: 'value over 30 days' });
  expect([...table.target.values]).toEqual([3, 0]);
  expect([...table.at!]).toEqual([START, START + DAY]);
  const metric = (name: string) => [
    ...table.metrics.find((column) => column.name === name)!.values,
  ];
  expect({
    click_through: metric('click_through'),
    clicks: metric('clicks'),
    dwell_seconds: metric('dwell_seconds'),
    booked: metric('booked'),
    revenue: metric('revenue'),
    scroll_share: metric('scroll_share'),
    'cell.0_0': metric('cell.0_0'),
    'cell.9_9': metric('cell.9_9'),
    'feature.map': metric('feature.map'),
  }).toEqual({
    click_through: [1, 0],
    clicks: [3, 0],
    dwell_seconds: [9.5, 0],
    booked: [1, 0],
    revenue: [80, 0],
    scroll_share: [0.75, 0],
    'cell.0_0': [0.75, 1],
    'cell.9_9': [0.25, 0],
    'feature.map': [2, 0],
  });
  expect(table.metrics.find(({ name }) => name === 'cancels')!.better).toBe('lower');
  expect(table.context).toEqual([
    { kind: 'number', name: 'hour', values: Float64Array.of(13, 13) },
    { kind: 'category', name: 'device', values: ['phone', ''] },
    { kind: 'category', name: 'segment', values: ['', ''] },
  ]);
  expect(await unitCounts(store, SETTINGS, at)).toEqual({
    unit: 'session',
    target: 'value over 30 days',
    units: 3,
    labelled: 2,
    nextLabelAt: START + 32 * DAY,
    refused: 1,
    newestAt: START + 2 * DAY,
  });
  expect((await unitTableOf(store.db, SETTINGS, START + 32 * DAY - 1)).units).toBe(2);
  expect([...(await unitTableOf(store.db, SETTINGS, START + 32 * DAY)).target.values]).toEqual([
    3, 0, 100,
  ]);
});

test('of cells and features those of the most units get a column', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `feature.f${String(i).padStart(2, '0')}`);
  await store.write(
    names.map((_, i) =>
      row(`many-${i}`, START, {
        kind: 'user',
        values: Object.fromEntries(names.slice(0, i + 1).map((name) => [name, 1])),
      }),
    ),
  );
  const { metrics } = await unitTableOf(store.db, { ...SETTINGS, unit: 'user' }, START + 60 * DAY);
  expect(metrics.map(({ name }) => name).filter((name) => name.startsWith('feature.'))).toEqual(
    names.slice(0, 30),
  );
});
