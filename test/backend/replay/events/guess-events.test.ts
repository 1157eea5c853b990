import { expect, test } from 'vitest';
import { guessEvents } from '../../../../backend/replay/events/guess-events.ts';

const CATALOGUE = new Set(['a', 'b', 'c', 'd']);
const AT = Date.UTC(2027, 2, 1, 12);
const iso = (minute: number) => new Date(AT + minute * 60_000).toISOString();

const read = (rows: readonly unknown[], given = {}) => {
  const found = guessEvents(rows, CATALOGUE, given);
  if (!('guess' in found)) throw new Error(JSON.stringify(found));
  return found.guess.rankings;
};
const short = (rows: readonly unknown[]) =>
  read(rows).rankings.map(({ itemIds, actions }) => [
    itemIds.join(''),
    actions.map(({ type, itemId }) => `${type} ${itemId}`).join(', '),
  ]);

test('a row for each shown item, with flags, in the order of its positions', () => {
  const row = (search: string, prop: string, position: number, click: number, booked = 0) => ({
    srch_id: search,
    User: 'u',
    date_time: iso(0),
    prop,
    Position: String(position),
    click_bool: String(click),
    booking_bool: String(booked),
  });
  expect(
    short([
      row('1', 'b', 2, 1, 1),
      row('1', 'a', 1, 0),
      row('1', 'c', 3, 0),
      row('2', 'd', 1, 0),
      row('2', 'a', 2, 1),
    ]),
  ).toEqual([
    ['abc', 'click b, booking b'],
    ['da', 'click a'],
  ]);
});

test('impressions and clicks as events; without a list’s name, what a visit shows at one moment is one', () => {
  const row = (event_type: string, product_id: string, minute: number, session_id = 's') => ({
    event_type,
    product_id,
    session_id,
    timestamp: String((AT + minute * 60_000) / 1000),
  });
  expect(
    short([
      row('impression', 'a', 0),
      row('impression', 'b', 0),
      row('impression', 'c', 0, 'other'),
      row('impression', 'd', 0, 'other'),
      row('click', 'b', 1),
      row('Add to cart', 'd', 2, 'other'),
      row('impression', 'd', 5),
      row('impression', 'a', 5),
      row('view', 'a', 6),
      row('purchase', 'b', 7),
      row('scroll', 'b', 7),
    ]),
  ).toEqual([
    ['ab', 'click b, booking b'],
    ['cd', 'booking_start d'],
    ['da', 'click a'],
  ]);
});

test('views and purchases alone: what was bought among what was looked at', () => {
  const row = (event: string, item: string, minute: number) => ({
    event,
    item,
    visitorid: 'v',
    timestamp: AT + minute * 60_000,
  });
  const found = read([
    row('view', 'a', 0),
    row('view', 'b', 1),
    row('view', 'c', 2),
    row('transaction', 'b', 3),
    row('view', 'd', 300),
  ]);
  expect(found.rankings.map(({ itemIds, actions }) => [[...itemIds].toSorted(), actions])).toEqual([
    [['a', 'b', 'c'], [{ type: 'click', itemId: 'b', at: AT + 180_000 }]],
  ]);
});

test('ratings, whatever their columns are named', () => {
  const row = (sku: string, stars: number) => ({
    customer_id: 'k',
    sku,
    stars: String(stars),
    created_at: iso(0),
  });
  const found = read([row('a', 5), row('b', 2), row('c', 4)]);
  expect(found.rankings).toHaveLength(1);
  expect(found.rankings[0].actions.map(({ itemId }) => itemId).toSorted()).toEqual(['a', 'c']);
});

test('a log of a system that is known is read by its mapping', () => {
  const found = read([
    {
      event: 'ranking',
      id: 'r',
      timestamp: AT,
      user: 'u',
      session: 's',
      items: [{ id: 'a' }, { id: 'b' }],
    },
    {
      event: 'interaction',
      type: 'click',
      ranking: 'r',
      item: 'b',
      timestamp: AT + 1,
      user: 'u',
      session: 's',
    },
  ]);
  expect(found.rankings).toMatchObject([{ itemIds: ['a', 'b'], actions: [{ itemId: 'b' }] }]);
});

test('the column of items is told by the catalogue, and one that only a person knows is asked for', () => {
  const rows = ['a', 'b', 'a'].map((thing, i) => ({
    thing,
    who: `w${i}`,
    when: iso(i),
    clicked: i % 2,
  }));
  const first = guessEvents(rows, CATALOGUE);
  expect(first).toMatchObject({ question: { role: 'at', columns: ['who', 'when', 'clicked'] } });
  const second = guessEvents(rows, CATALOGUE, { at: 'when' });
  expect(second).toMatchObject({ question: { role: 'session' } });
  expect(guessEvents(rows, CATALOGUE, { at: 'when', session: 'who' })).toHaveProperty('guess');
});

test.each([
  [
    [{ session: 's', item: 'x', timestamp: iso(0), clicked: 1 }],
    /no column of it holds ids of the catalogue: it has session, item/,
  ],
  [
    [{ session: 's', item: 'a', timestamp: 'soon', clicked: 1 }],
    /column timestamp holds no moments/,
  ],
  [
    [
      { session: 's', item: 'a', timestamp: iso(0) },
      { session: 's', item: 'b', timestamp: iso(1) },
    ],
    /says what was clicked, and not what was shown/,
  ],
  // All were clicked.
  [
    [{ session: 's', item: 'a', timestamp: iso(0), clicked: 1 }],
    /says what was clicked, and not what was shown/,
  ],
  [
    [{ session: 's', item: 'a', timestamp: iso(0), event: 'click' }],
    /says what was clicked, and not what was shown/,
  ],
  [[], /no column of it holds ids/],
])('what nothing can be learned from says why: %j', (rows, why) => {
  expect(guessEvents(rows, CATALOGUE)).toEqual({ why: expect.stringMatching(why) });
});
