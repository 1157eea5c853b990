import { afterEach, beforeEach, expect, test } from 'vitest';
import { businessFigures } from '../../../backend/business/figures.ts';
import { itemFigures } from '../../../backend/business/items.ts';
import { searchFigures } from '../../../backend/business/searches.ts';
import { clicksByDay } from '../../../backend/experiments/clicks.ts';
import { measureUnits } from '../../../backend/log/account/measure-units.ts';
import { anomalies } from '../../../backend/log/review/anomalies.ts';
import { reviewSessions } from '../../../backend/log/review/sessions.ts';
import { readDayRates } from '../../../backend/monitor/daily-rates.ts';
import { versionsBetween } from '../../../backend/reports/versions-of-month.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import { dayOf, floorToDay } from '../../../shared/domain/utc-day.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { collectNow } from '../experiments/support/collect-statistics.ts';
import { runningExperiment } from '../experiments/support/experiment-log.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import { DAY, FEATURES, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const SPAN = { from: NOON - DAY, to: NOON + DAY };
const FOOD = { request: '{"preferences":{"themes":["food"]}}' };

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
});
afterEach(() => log.close());

/** A page of a list, of a visitor of its name: items by number. */
const page = (name: string, n: number, items: readonly number[], changes: Partial<Decision> = {}) =>
  rankingOf(`${name}-${n}`, NOON + n * 60_000, {
    sessionId: parseSessionId(`session-${name}`),
    arm: armKey('exp_1', 'control'),
    ...FOOD,
    itemIds: items.map((item) => parseItemId(`item-${item}`)),
    units: items.map(() => 0),
    propensities: items.map(() => 1),
    codes: new Uint8Array(items.length * FEATURES),
    ...changes,
  });

/** One list of three pages, of which the last two are clicked; one page that is clicked; one of which nothing came. */
async function threeSearches(): Promise<void> {
  const first = page('scrolls', 1, [1, 2]);
  const of = first.rankingId;
  const second = page('scrolls', 2, [3, 4], { page: { offset: 2, of } });
  // A page may state less than the first one did.
  const third = page('scrolls', 3, [5, 6], { page: { offset: 4, of }, request: '{}' });
  const [clicks, looks] = [page('clicks', 1, [1, 2]), page('looks', 1, [1, 2])];
  await log.add(
    [first, second, third, clicks, looks],
    [
      happened(second, 'click', { slot: 1 }),
      happened(third, 'click', { slot: 0 }),
      happened(third, 'booking_start', { slot: 0 }),
      happened(third, 'booking', { slot: 0, value: 80, afterMs: 9000 }),
      happened(third, 'not_interested', { slot: 1 }),
      happened(clicks, 'click', { slot: 0 }),
    ],
  );
}

test('a further page of a list is no search of its own, for whoever counts searches', async () => {
  const { store } = log;
  const { db } = store;
  await runningExperiment(store);
  await threeSearches();
  await log.update();
  const [asked, ...others] = await searchFigures(db, SPAN, 10);
  expect(others).toEqual([]);
  expect(asked).toMatchObject({
    preferences: '{"themes":["food"]}',
    rankings: 3,
    clicked: 2,
    bookingStarts: 1,
  });
  for (const grouping of [
    { by: 'version' },
    { by: 'arm', experiment: 'exp_1', unit: 'session' },
  ] as const) {
    const { groups } = await businessFigures(db, SPAN, grouping);
    expect(groups).toHaveLength(1);
    expect(groups[0].sums).toMatchObject({ rankings: 3, clicked: 2, clicks: 3, bookings: 1 });
    expect(groups[0].clickThrough.value).toBeCloseTo(2 / 3, 12);
  }
  expect(await clicksByDay(store, SPAN)).toMatchObject([{ rankings: 3, clicked: 2 }]);
  const today = floorToDay(NOON);
  expect(await versionsBetween(store, today, today + DAY)).toMatchObject([
    { sessions: 3, rankings: 3, clicked: 2, booked: 1 },
  ]);
  expect(await readDayRates(store, dayOf(NOON))).toMatchObject({
    rankings: 3,
    clicked: 2,
    booked: 1,
    dismissed: 1,
  });
  const units = await measureUnits(
    db,
    { unit: 'session', observeDays: 1, context: [], attributionDays: 7, filters: NO_FILTERS },
    ['session-scrolls', 'session-looks'],
  );
  expect(units.get('session-scrolls')?.values).toMatchObject({ rankings: 1, click: 2 });
  expect(units.get('session-looks')?.values).toMatchObject({ rankings: 1 });
  // And what is a slot is one of the whole list.
  const [item] = await itemFigures(db, SPAN, 10, 'item-4');
  expect(item).toMatchObject({ shown: 1, clicked: 1, meanClickedSlot: 4 });
});

test('clicks per ranking of an experiment are per search', async () => {
  const experiment = await runningExperiment(log.store);
  await threeSearches();
  const statistics = await collectNow(log.store, experiment);
  expect(JSON.stringify(statistics)).toContain('"denominator":{"kind":"mean","n":3,"sum":3');
});

test('the review of sessions says which rankings are further pages, and traffic stays what the edge served', async () => {
  await threeSearches();
  await log.update();
  const span = { from: SPAN.from, to: SPAN.to };
  const [session] = await reviewSessions(log.store.db, span, {
    most: 1,
    draw: 0,
    of: { kind: 'session', subject: 'session-scrolls' },
  });
  expect(session.rankings.map(({ pageOffset }) => pageOffset)).toEqual([null, 2, 4]);
  const { hours } = await anomalies(log.store.db, span, NOON + DAY);
  expect(hours.reduce((sum, { rankings }) => sum + rankings, 0)).toBe(5);
});
