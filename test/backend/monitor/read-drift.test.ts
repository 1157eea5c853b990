import { upsertItems } from '../../../backend/catalogue/items.ts';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import { alerts, catalogueSamples } from '../../../backend/store/tables.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import {
  readCatalogueSample,
  type CatalogueSample,
} from '../../../backend/catalogue/catalogue-sample.ts';
import { keepDailySample } from '../../../backend/catalogue/daily-samples.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { connect } from '../../../backend/store/connect.ts';
import { sampleOf, tripsOf, type CataloguePlan } from './support/steady-world.ts';
import { driftMonitor } from '../../../backend/monitor/read-drift.ts';
import { parseMonitors } from '../../../backend/monitor/settings.ts';
import { recordLive } from '../../../backend/models/live-pointer.ts';
import { versions as versionsOf } from '../../../backend/models/versions.ts';
import {
  parseRankingId,
  parseSessionId,
  parseVersion,
  RULES_VERSION,
} from '../../../shared/domain/ids.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { DAY, openLog, type Log } from '../log/support/log.ts';
import { simulateDay, startOf, type DayPlan } from './support/steady-days.ts';

const PLAN = { rankings: 200, clickRate: 0, bookingRate: 0 };
const settings = parseMonitors({ drift: { minSessions: 150, sampleRankings: 400 } });

let log: Log;
beforeEach(async () => {
  log = await openLog(startOf(22));
});
afterEach(() => log.close());

/** A champion that learned from some days. */
async function learnedFrom(learned?: readonly [from: number, to: number], latestFrom?: number) {
  const { store } = log;
  const versions = versionsOf(store, () => log.nowMs);
  const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: RULES_VERSION,
    name: 'learned',
  });
  const window = learned && { window: { from: startOf(learned[0]), to: startOf(learned[1]) - 1 } };
  const latest = latestFrom !== undefined && { learnedFrom: { fromMs: startOf(latestFrom) } };
  const version = await versions.add(scorer, { ...window, ...latest });
  const pointer = { champion: version };
  await store.write([recordLive(store, { pointer, text: version, since: 0 })]);
  const filters = { ...NO_FILTERS, maxRankingsPerMinute: 20 };
  const account = { update: () => log.update(filters) };
  const sampleCatalogue = async (schema: typeof smarttrip) =>
    readCatalogueSample(connect(log.database), schema, 500);
  const liveSchema = async () => smarttrip;
  return driftMonitor({ store, account, versions, liveSchema, sampleCatalogue, settings });
}

interface DaysPlan extends Partial<DayPlan> {
  readonly catalogue?: CataloguePlan;
}

/** Visitors of some days, and the sample of the catalogue that each of them leaves. */
async function days(from: number, to: number, planOf: (day: number) => DaysPlan = () => ({})) {
  const all = Array.from({ length: to - from }, (_, i) => dayOf(from + i, planOf(from + i)));
  await log.add(all.flatMap(({ decisions }) => decisions));
  for (const [i, { sample }] of all.entries())
    await keepDailySample(log.store, smarttrip, async () => sample, startOf(from + i));
}

interface Day {
  readonly decisions: readonly Decision[];
  readonly sample: CatalogueSample;
}

/** The tests have most of their days in common: each is simulated once. */
const simulated = new Map<string, Day>();
function dayOf(day: number, plan: DaysPlan): Day {
  const name = JSON.stringify([day, plan]);
  const known = simulated.get(name);
  if (known !== undefined) return known;
  const start = startOf(day);
  const { items, table } = sampleOf(start, tripsOf(day, start, plan.catalogue));
  const made = {
    decisions: simulateDay(day, { ...PLAN, ...plan }).decisions,
    sample: { items, bytes: snapshotToBytes(smarttrip, table) },
  };
  simulated.set(name, made);
  return made;
}

const STINGY = { wishes: { budgetFactor: 0.4 } };
/** Of one day of the week only. */
const weekly = (day: number) => (day % 7 === 0 ? STINGY : {});
const STEADY = { findings: [], unknown: [] };

test('a weekday that differs every week has not drifted', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22, weekly);
  expect(await look(startOf(22))).toEqual(STEADY);
  expect(await look(startOf(21))).toEqual(STEADY);
});

test('what a champion chooses to show is no drift of the world', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22, (day) => (day > 14 ? { shown: 5 } : {}));
  expect(await look(startOf(22))).toEqual(STEADY);
});

test('what people ask for and what there is are named, with what share of the items is new', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22, (day) =>
    day === 21 ? { ...STINGY, catalogue: { replaced: 0.25, priceFactor: 3 } } : {},
  );
  const { findings } = await look(startOf(22));
  expect(findings).toHaveLength(1);
  expect(findings[0].message).toMatch(
    /^the world has drifted from what v000001 learned from: .*preferences\.budget \(PSI \d+\.\d\d above chance\)/,
  );
  expect(findings[0].message).toContain('; 25 % of the items are new, 25 % are gone');
  expect(findings[0].details).toMatchObject({ newItems: 0.25, goneItems: 0.25 });
  const moved = findings[0].details.moved as { feature: string }[];
  expect(moved.map(({ feature }) => feature)).toContain('column price');
});

test('a promotion does not exchange the scorer: with the same window, the same day reads the same', async () => {
  const first = await learnedFrom([0, 14]);
  await days(0, 22, (day) => (day === 21 ? STINGY : {}));
  const before = (await first(startOf(22))).findings[0].details.moved;
  const second = await learnedFrom([0, 14]);
  const after = (await second(startOf(22))).findings[0];
  expect(after.message).toContain('what v000002 learned from');
  expect(after.details.moved).toEqual(before);
});

test.each([
  ['at a placement with a lineage of its own', { home: STINGY }, 'drift at placement home'],
  ['everywhere else', { main: STINGY }, 'drift'],
])('what people ask for %s is of its lineage alone', async (_, changed, key) => {
  const look = await learnedFrom([0, 14]);
  const champion = parseVersion('v000001');
  const pointer = { champion, placements: { home: { champion } } };
  await log.store.write([recordLive(log.store, { pointer, text: champion, since: 0 })]);
  const planOf = (at: 'home' | 'main') => (day: number) =>
    day === 21 ? ((changed as Partial<Record<string, DaysPlan>>)[at] ?? {}) : {};
  await days(0, 22, planOf('main'));
  for (let day = 0; day < 22; day++)
    await log.add(dayOf(day, planOf('home')(day)).decisions.map(atHome));
  const { findings, unknown } = await look(startOf(22));
  expect(unknown).toEqual([]);
  expect(findings.map((one) => one.key)).toEqual([key]);
  const [{ message, details }] = findings;
  expect(message).toContain('preferences.budget');
  expect(message.includes(' at placement home ')).toBe('home' in changed);
  expect(details).toMatchObject({ ...('home' in changed && { placement: 'home' }), sessions: 200 });
});

test('a lineage whose version cannot be loaded is named, and holds up no other', async () => {
  const look = await learnedFrom([0, 14]);
  const champion = parseVersion('v000001');
  const absent = parseVersion('v000404');
  const live = (pointer: Pointer) =>
    log.store.write([recordLive(log.store, { pointer, text: champion, since: 0 })]);
  await live({ champion, placements: { email: { champion: absent }, home: { champion } } });
  await days(0, 22, () => ({}));
  for (let day = 0; day < 22; day++)
    await log.add(dayOf(day, day === 21 ? STINGY : {}).decisions.map(atHome));
  const { findings, unknown, failed } = await look(startOf(22));
  expect(findings.map((one) => one.key)).toEqual(['drift at placement home']);
  // An alert of that lineage stays as it is.
  expect(unknown).toEqual(['drift at placement email']);
  expect(failed).toMatchObject([
    {
      of: 'placement email',
      error: { code: 'unknown_version', message: expect.stringContaining('v000404') },
    },
  ]);
  await live({ champion: absent, placements: { home: { champion } } });
  const other = await look(startOf(22));
  expect(other.findings.map((one) => one.key)).toEqual(['drift at placement home']);
  expect(other.failed).toMatchObject([{ of: 'the default lineage' }]);
  await live({ champion: absent });
  await expect(look(startOf(22))).rejects.toMatchObject({ code: 'unknown_version' });
});

/** The same ranking by another visitor, at another placement. */
const atHome = (decision: Decision): Decision => ({
  ...decision,
  rankingId: parseRankingId(`home-${decision.rankingId}`),
  sessionId: parseSessionId(`home-${decision.sessionId}`),
  context: { placement: 'home' as Placement, consent: 'personalise' },
});

/** Looks as often as the monitors do on a day, and alerts by what is found. @returns how many looks found drift. */
async function lookedAt(look: Awaited<ReturnType<typeof learnedFrom>>, day: number) {
  let drifted = 0;
  for (const hour of [0, 1, 2]) {
    const nowMs = startOf(day) + (hour * DAY) / 24;
    const { findings, unknown } = await look(nowMs);
    const clearMs = settings.clearMinutes * 60_000;
    await updateAlerts(log.store, findings, ['drift'], nowMs, { unknown, clearMs });
    drifted += findings.length;
  }
  return drifted;
}

const opened = async () =>
  (await log.store.db.select({ openedAt: alerts.openedAt }).from(alerts)).map(
    ({ openedAt }) => openedAt,
  );

describe('a weekday that changes to stay', () => {
  test('is one alert where nobody looked at its first day, and season after that', async () => {
    const look = await learnedFrom([0, 14]);
    await days(0, 43, (day) => (day >= 21 ? weekly(day) : {}));
    // For a week the monitors do not run.
    expect(await lookedAt(look, 21)).toBe(0);
    expect(await lookedAt(look, 29)).toBe(3);
    expect(await lookedAt(look, 30)).toBe(0);
    expect(await lookedAt(look, 36)).toBe(0);
    expect(await lookedAt(look, 43)).toBe(0);
    expect(await opened()).toEqual([startOf(29)]);
  });

  test('is one alert though its first day was like that of last year', async () => {
    const look = await learnedFrom([0, 14]);
    await days(21 - 364, 22 - 364, () => STINGY);
    await days(0, 36, (day) => (day >= 21 ? weekly(day) : {}));
    expect(await lookedAt(look, 22)).toBe(0);
    expect(await lookedAt(look, 29)).toBe(3);
    expect(await lookedAt(look, 30)).toBe(0);
    expect(await lookedAt(look, 36)).toBe(0);
    expect(await opened()).toEqual([startOf(29)]);
  });

  test('is one alert where an older champion is live again, which has not learned of it', async () => {
    await days(0, 44, (day) => (day >= 21 ? weekly(day) : {}));
    const knows = await learnedFrom([21, 35]);
    expect(await lookedAt(knows, 36)).toBe(0);
    const older = await learnedFrom([0, 14]);
    expect(await lookedAt(older, 37)).toBe(0);
    expect(await lookedAt(older, 43)).toBe(3);
    expect(await opened()).toEqual([startOf(43)]);
  });
});

test('a new weekly rhythm drifts the first time; the second time it is season, and that is noted once', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 29, (day) => (day === 21 || day === 28 ? STINGY : {}));
  expect(await lookedAt(look, 22)).toBe(3);
  expect(await look(startOf(29))).toEqual({
    ...STEADY,
    noted: [
      expect.stringMatching(/^drift: season and no drift: .*preferences\.budget as last week/),
    ],
  });
  expect(await look(startOf(29))).toEqual(STEADY);
});

test('a change that came to stay is drift however old it gets', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 36, (day) => (day >= 18 ? STINGY : {}));
  for (const day of [19, 26, 36])
    expect((await look(startOf(day))).findings).toMatchObject([{ key: 'drift' }]);
});

test('what the same days of last year did alike is season', async () => {
  const look = await learnedFrom([0, 14]);
  await days(21 - 364, 22 - 364, () => STINGY);
  await days(0, 22, (day) => (day === 21 ? STINGY : {}));
  expect((await look(startOf(22))).noted).toEqual([
    expect.stringMatching(/preferences\.budget as last year/),
  ]);
});

test('crawlers have not drifted: a day that they crowd is the day of the people on it', async () => {
  const look = await learnedFrom([0, 14]);
  await days(0, 22);
  const { decisions } = simulateDay(21, { ...PLAN, rankings: 3000, ...STINGY }, 99);
  const crawled = decisions.map((one, n) => ({
    ...one,
    rankingId: `crawled-${n}` as typeof one.rankingId,
    // A crawler of 100 rankings in a second, from another address each time.
    sessionId: parseSessionId(`crawler-${Math.floor(n / 100)}`),
    at: startOf(21) + (n % 100) * 10,
  }));
  await log.add(crawled);
  expect(await look(startOf(22))).toEqual(STEADY);
});

test('where the champion saw no such weekday, all of its days stand in', async () => {
  const look = await learnedFrom([15, 20]);
  await days(15, 22, weekly);
  expect((await look(startOf(22))).findings).toHaveLength(1);
});

test('what learned from the latest part of its window alone is compared with that part', async () => {
  await days(0, 22, (day) => (day >= 10 ? STINGY : {}));
  const ofAll = await learnedFrom([0, 21]);
  expect((await ofAll(startOf(22))).findings).toMatchObject([{ key: 'drift' }]);
  const ofLatest = await learnedFrom([0, 21], 10);
  expect(await ofLatest(startOf(22))).toEqual(STEADY);
});

test('what is judged is no part of what it is judged by', async () => {
  const look = await learnedFrom([14, 22]);
  await days(14, 22, (day) => (day === 21 ? STINGY : {}));
  expect((await look(startOf(22))).findings).toMatchObject([{ key: 'drift' }]);
});

test('of what learned from nothing, of a quiet day, and of days whose catalogue nobody kept, nothing is told', async () => {
  const unknown = { findings: [], unknown: ['drift'] };
  await days(14, 21);
  expect(await (await learnedFrom())(startOf(21))).toEqual(unknown);
  const look = await learnedFrom([14, 20]);
  expect(await look(startOf(21))).toEqual(STEADY);
  expect(await look(startOf(22))).toEqual(unknown);
  await log.add(simulateDay(23, { ...PLAN, ...STINGY }).decisions);
  expect(await look(startOf(24))).toEqual(unknown);
});

test('by a clock that jumped no sample is kept of a day that has not come', async () => {
  await upsertItems(log.store, smarttrip, tripsOf(22, startOf(22)), startOf(22));
  await days(14, 22);
  const look = await learnedFrom();
  await look(startOf(400));
  const kept = await log.store.db.select({ day: catalogueSamples.day }).from(catalogueSamples);
  expect(Math.max(...kept.map(({ day }) => day))).toBe(startOf(21));
});

test('every look keeps a sample of the day, once', async () => {
  await upsertItems(log.store, smarttrip, tripsOf(22, startOf(22), { items: 700 }), startOf(22));
  const look = await learnedFrom();
  await look(startOf(22) + 5);
  await look(startOf(22) + 50);
  await look(startOf(23));
  const kept = await log.store.db.select().from(catalogueSamples);
  expect(kept.map(({ day, items }) => [day, items])).toEqual([
    [startOf(22), 700],
    [startOf(23), 700],
  ]);
  const { table } = snapshotFromBytes(kept[0].bytes);
  const { table: expected } = sampleOf(startOf(22), tripsOf(22, startOf(22), { items: 700 }));
  expect({ ...table, ids: [...table.ids] }).toEqual({ ...expected, ids: [...expected.ids] });
});
