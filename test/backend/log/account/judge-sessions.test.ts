import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { judgeSessions } from '../../../../backend/log/account/judge-sessions.ts';
import { keyOf } from '../../../../backend/log/account/session-day.ts';
import { parseSessionId } from '../../../../shared/domain/ids.ts';
import { floorToDay } from '../../../../shared/domain/utc-day.ts';
import { crowdedDays, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const strict = {
  ...DEFAULT_TRAINING_DATA.filters,
  maxRankingsPerMinute: 2,
  minShownItems: 2,
  maxClickedShare: 0.3,
  maxClicksWithoutDwell: 1,
  maxInvalidShare: 0.2,
};

test.each([
  ['strict filters', strict],
  ['the default filters', DEFAULT_TRAINING_DATA.filters],
  ['no filters', NO_FILTERS],
])('by %s sessions and events are judged as the account stores them', async (_, filters) => {
  const { decisions, events } = crowdedDays(2, 300, 5);
  await log.add(decisions, events);
  const rules = { attributionDays: 7, filters };
  const days = decisions.map(({ sessionId, at }) => ({ sessionId, day: floorToDay(at) }));
  const judged = await judgeSessions(log.store.db, rules, { days, rankingIds: [] }, new Set());
  await log.update(filters);
  const bots = await log.store.db.all<{ sessionId: string; day: number }>(
    sql`select sessionId, day from session_days where fault is not null`,
  );
  expect([...judged.bots].toSorted()).toEqual(bots.map(keyOf).toSorted());
  if (filters === strict) expect(bots.length).toBeGreaterThan(10);
  const counted = await log.store.db.all<{ rowid: number }>(
    sql`select rowid from events where fault = '' order by rowid`,
  );
  const found = [...judged.events.values()].flat().map(({ rowid }) => rowid);
  expect(found.toSorted((a, b) => a - b)).toEqual(counted.map(({ rowid }) => rowid));
});

test('a session that stays a crawler is read once', async () => {
  const sessionId = parseSessionId('crawler');
  const decisions = Array.from({ length: 5 }, (_, i) =>
    rankingOf(`r-${i}`, NOON + i, { sessionId }),
  );
  await log.add(decisions, [happened(decisions[0], 'click')]);
  const rules = { attributionDays: 7, filters: strict };
  const key = { sessionId, day: floorToDay(NOON) };
  const crawlers = new Set<string>();
  const judge = () => judgeSessions(log.store.db, rules, { days: [key], rankingIds: [] }, crawlers);
  const first = await judge();
  expect(first.bots).toEqual(new Set([keyOf(key)]));
  expect(first.events.size).toBe(5);
  expect(crawlers).toEqual(first.bots);
  const again = await judge();
  expect(again.bots).toEqual(first.bots);
  expect(again.events.size).toBe(0);
});
