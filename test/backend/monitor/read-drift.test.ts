import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { driftMonitor } from '../../../backend/monitor/read-drift.ts';
import { parseMonitors } from '../../../backend/monitor/settings.ts';
import { recordLive } from '../../../backend/models/live-pointer.ts';
import { versions as versionsOf } from '../../../backend/models/versions.ts';
import { parseSessionId, RULES_VERSION } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { openLog, type Log } from '../log/support/log.ts';
import { simulateDay, startOf } from './support/steady-days.ts';

const PLAN = { rankings: 200, clickRate: 0, bookingRate: 0 };
const settings = parseMonitors({ drift: { minSessions: 150, sampleRankings: 400 } });

let log: Log;
beforeEach(async () => {
  log = await openLog(startOf(22));
});
afterEach(() => log.close());

/** A champion that learned from some days. */
async function learnedFrom(learned?: readonly [from: number, to: number]) {
  const { store } = log;
  const versions = versionsOf(store, () => log.nowMs);
  const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: RULES_VERSION,
    name: 'learned',
  });
  const window = learned && { window: { from: startOf(learned[0]), to: startOf(learned[1]) - 1 } };
  const version = await versions.add(scorer, { ...window });
  const pointer = { champion: version };
  await store.write([recordLive(store, { pointer, text: version, since: 0 })]);
  const filters = { ...NO_FILTERS, maxRankingsPerMinute: 20 };
  const account = { update: () => log.update(filters) };
  return driftMonitor({ store, account, versions, settings });
}

async function days(from: number, to: number, shiftOf: (day: number) => number) {
  for (let day = from; day < to; day++) {
    const { decisions } = simulateDay(day, { ...PLAN, shift: shiftOf(day) });
    await log.add(decisions);
  }
}
const weekly = (day: number) => (day % 7 === 0 ? 5 : 0);

test('a weekday that differs every week has not drifted', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22, weekly);
  expect(await look(startOf(22))).toEqual({ findings: [], unknown: [] });
  expect(await look(startOf(21))).toEqual({ findings: [], unknown: [] });
});

test('crawlers have not drifted: a day that they crowd is the day of the people on it', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22, () => 0);
  const { decisions } = simulateDay(21, { ...PLAN, rankings: 3000, shift: 5 }, 99);
  const crawled = decisions.map((one, n) => ({
    ...one,
    rankingId: `crawled-${n}` as typeof one.rankingId,
    // A crawler of 100 rankings in a second, from another address each time.
    sessionId: parseSessionId(`crawler-${Math.floor(n / 100)}`),
    at: startOf(21) + (n % 100) * 10,
  }));
  await log.add(crawled);
  expect(await look(startOf(22))).toEqual({ findings: [], unknown: [] });
});

test('where the champion saw no such weekday, all of its days stand in', async () => {
  const look = await learnedFrom([15, 20]);
  await days(15, 22, weekly);
  expect((await look(startOf(22))).findings).toHaveLength(1);
});

test('what is judged is no part of what it is judged by', async () => {
  const look = await learnedFrom([14, 22]);
  await days(14, 22, (day) => (day === 21 ? 5 : 0));
  expect((await look(startOf(22))).findings).toMatchObject([{ key: 'drift' }]);
});

test('of what learned from nothing, and of a quiet day, nothing is told', async () => {
  const unknown = { findings: [], unknown: ['drift'] };
  await days(14, 21, () => 0);
  expect(await (await learnedFrom())(startOf(21))).toEqual(unknown);
  const look = await learnedFrom([14, 20]);
  expect(await look(startOf(21))).toEqual({ findings: [], unknown: [] });
  expect(await look(startOf(22))).toEqual(unknown);
});
