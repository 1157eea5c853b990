import { expect, test } from 'vitest';
import {
  columnOf,
  eventMetric,
  rewardOf,
  talliesOf,
  tally,
} from '../../../../backend/science/learn/tallies.ts';
import { isMetric } from '../../../../shared/domain/metric-name.ts';

type Happened = [type: string, value?: number];

test.each<[string, Happened[], Record<string, number>, number]>([
  ['a click earns its weight', [['click']], { click: 1 }, 1],
  ['three clicks are one', [['click'], ['click'], ['click']], { click: 1 }, 1],
  [
    'metrics add up',
    [['click'], ['save'], ['booking', 80]],
    { click: 1, save: 2, booking: 10 },
    13,
  ],
  ['what has no weight earns nothing', [['click'], ['dwell', 9000]], { save: 2 }, 0],
  [
    'dwelling twice counts all seconds',
    [
      ['dwell', 4000],
      ['dwell', 2500],
    ],
    { dwell_seconds: 2 },
    13,
  ],
  [
    'dwelling as such counts once',
    [
      ['dwell', 4000],
      ['dwell', 2500],
    ],
    { dwell: 2 },
    2,
  ],
  ['a booking may count by its value', [['booking', 80.5]], { booking_value: 0.1 }, 8.05],
  ['a booking without a value has none', [['booking']], { booking_value: 1 }, 0],
  [
    'the deepest scroll counts',
    [
      ['scroll_depth', 0.25],
      ['scroll_depth', 0.75],
    ],
    { scroll_share: 4 },
    3,
  ],
  ['a sum below 0 is 0', [['click']], { click: -5 }, 0],
])('%s', (_, happened, weights, reward) => {
  const tallies: Record<string, number> = {};
  for (const [type, value] of happened) tally(tallies, type, value ?? null);
  expect(rewardOf(tallies, weights)).toBeCloseTo(reward, 12);
});

test('an outcome counts by its size', () => {
  expect(rewardOf({ click: 1, 'outcome.revenue': 40 }, { click: 1, 'outcome.revenue': 0.5 })).toBe(
    21,
  );
});

test.each([
  ['click', 'click'],
  ['dwell_seconds', 'dwell_value'],
  ['outcome.revenue', 'outcome.revenue'],
  ['joy', undefined],
  ['outcome.', undefined],
  ['constructor', undefined],
])('metric %s is read from column %s', (metric, column) => {
  expect(columnOf(metric)).toBe(column);
  expect(isMetric(metric)).toBe(column !== undefined);
});

test('a metric of events says which, and how their values become one', () => {
  expect(eventMetric('save')).toEqual({ type: 'save', by: 'count', per: 1 });
  expect(eventMetric('dwell_seconds')).toEqual({ type: 'dwell', by: 'sum', per: 1000 });
  expect(eventMetric('scroll_share')).toEqual({ type: 'scroll_depth', by: 'max', per: 1 });
  for (const none of ['rankings', 'outcome.renewal', 'dwell_value', 'toString'])
    expect(eventMetric(none)).toBeUndefined();
});

test('what happened to the items of a slate is by slot, and what happened to another one is left out', () => {
  const of = (itemId: string | null, type: string) => ({ itemId, type, value: null });
  const events = [of('b', 'click'), of('z', 'click'), of(null, 'view'), of('b', 'save')];
  const tallies = talliesOf(['a', 'b'], events);
  expect(tallies).toEqual([undefined, { click: 1, save: 1 }]);
  expect(Object.keys(tallies)).toEqual(['0', '1']);
});
