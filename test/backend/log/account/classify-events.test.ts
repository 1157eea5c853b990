import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  classifyEvents,
  type EventStatus,
  type LoggedEvent,
} from '../../../../backend/log/account/classify-events.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';

const AT = 1_790_000_000_000;
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const ranking = { at: AT, itemIds: ['lisbon', 'porto'] };
const { filters } = DEFAULT_TRAINING_DATA;

/** @param sentMs after the ranking by the visitor's clock; @param receivedMs by the edge's. */
const event = (sentMs: number, receivedMs = sentMs, changes: Partial<LoggedEvent> = {}) => ({
  eventId: `e-${sentMs}-${receivedMs}-${JSON.stringify(changes)}`,
  type: 'click',
  itemId: 'lisbon',
  value: null,
  timestamp: AT + sentMs,
  receivedAt: AT + receivedMs,
  ...changes,
});

/** How many count, and why others do not. */
const told = (verdicts: readonly EventStatus[]) => [
  verdicts.filter((verdict) => verdict === '').length,
  verdicts.filter((verdict) => verdict !== ''),
];

test.each<[string, LoggedEvent[], number, string[]]>([
  ['a click after a minute counts', [event(MINUTE)], 1, []],
  ['one that waited hours in a batch counts', [event(MINUTE, 5 * HOUR)], 1, []],
  ['one by a clock ten minutes slow counts', [event(-10 * MINUTE, MINUTE)], 1, []],
  [
    'one of two hours before its ranking does not',
    [event(-2 * HOUR, MINUTE)],
    0,
    ['before_ranking'],
  ],
  ['one by a clock a day fast does not', [event(DAY, MINUTE)], 0, ['clock_skew']],
  ['one after the window is late', [event(8 * DAY)], 0, ['late']],
  ['one in the last millisecond of it is not', [event(7 * DAY)], 1, []],
  [
    'one about an item that was not shown does not',
    [event(MINUTE, MINUTE, { itemId: 'rome' })],
    0,
    ['not_in_slate'],
  ],
  ['one about no item counts', [event(MINUTE, MINUTE, { itemId: null })], 1, []],
  [
    'one beyond all sums does not',
    [event(MINUTE, MINUTE, { type: 'dwell', value: 1.1e12 })],
    0,
    ['impossible_value'],
  ],
  ['a double click is one', [event(MINUTE), event(MINUTE + 300)], 1, ['duplicate']],
  ['two clicks a minute apart are two', [event(MINUTE), event(2 * MINUTE)], 2, []],
  [
    'of four clicks 800 ms apart the first and the third count',
    [event(0), event(800), event(1600), event(2400)],
    2,
    ['duplicate', 'duplicate'],
  ],
  [
    'pointer activity in two cells at once is two',
    ['1,1', '2,2'].map((cell) =>
      event(MINUTE, MINUTE, {
        type: 'pointer_activity',
        itemId: null,
        properties: JSON.stringify({ cell }),
      }),
    ),
    2,
    [],
  ],
  [
    'a click and a save at once are two',
    [event(MINUTE), event(MINUTE, MINUTE, { type: 'save' })],
    2,
    [],
  ],
  [
    'clicks on two items at once are two',
    [event(MINUTE), event(MINUTE, MINUTE, { itemId: 'porto' })],
    2,
    [],
  ],
  [
    'bookings of two values at once are two',
    [event(MINUTE, MINUTE, { value: 1 }), event(MINUTE, MINUTE, { value: 2 })],
    2,
    [],
  ],
])('%s', (_, events, credited, faults) => {
  expect(told(classifyEvents(ranking, events, 7 * DAY, filters))).toEqual([credited, faults]);
});

test('without filters, only what is no feedback on the slate is left out', () => {
  const events = [
    event(-2 * HOUR, MINUTE),
    event(DAY, MINUTE),
    event(1, 1),
    event(2, 2),
    event(8 * DAY),
  ];
  expect(told(classifyEvents(ranking, events, 7 * DAY, NO_FILTERS))).toEqual([4, ['late']]);
});

test('what is a repetition does not depend on the order of arrival, and is what a slow look says', () => {
  const shown = { at: 0, itemIds: ['a', 'b'] };
  const width = 1000;
  const own = { ...NO_FILTERS, duplicateWithinMs: width };
  const any = fc.record({
    itemId: fc.constantFrom('a', 'b'),
    type: fc.constantFrom('click', 'save'),
    value: fc.constantFrom(null, 0, 1),
    timestamp: fc.oneof(fc.integer({ min: 0, max: 6000 }), fc.constantFrom(0, 1000, 2000, 3000)),
    order: fc.integer(),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 40 }), (given) => {
      const events = given.map((one, i) => ({ ...one, eventId: `e${i}`, receivedAt: i }));
      const arrived = events.toSorted((a, b) => a.order - b.order);
      const verdicts = classifyEvents(shown, arrived, 1e9, own);
      const counted = arrived.filter((_, i) => verdicts[i] === '');
      const slow: typeof events = [];
      for (const one of events.toSorted(
        (a, b) => a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1),
      )) {
        const again = slow.some(
          (before) =>
            before.itemId === one.itemId &&
            before.type === one.type &&
            before.value === one.value &&
            one.timestamp - before.timestamp <= width,
        );
        if (!again) slow.push(one);
      }
      expect(new Set(counted)).toEqual(new Set(slow));
    }),
  );
  // A visitor may send as many as this of one ranking; looking back over all of them would take minutes.
  const flood = Array.from({ length: 300_000 }, (_, i) => ({
    eventId: `e${i}`,
    type: 'click',
    itemId: 'a',
    value: i,
    timestamp: i,
    receivedAt: i,
  }));
  expect(told(classifyEvents(shown, flood, 1e9, own))).toEqual([300_000, []]);
});
