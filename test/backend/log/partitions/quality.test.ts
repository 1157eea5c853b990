import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { lostDecisions } from '../../../../backend/log/lost-decisions.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { judgeQuality, type QualityReport } from '../../../../backend/log/partitions/quality.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import type { QualityLimits } from '../../../../backend/log/partitions/quality-limits.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { NO_SESSION, parseSessionId, versionOf } from '../../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../../shared/domain/placement.ts';
import { featureIndex } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { eventOf } from '../../support/decisions.ts';
import { DAY, FEATURES, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + 3_600_000);
});
afterEach(() => log.close());

const WINDOW = { from: NOON - DAY, to: NOON + DAY };

async function report(limits: Partial<QualityLimits> = {}): Promise<QualityReport> {
  const { filters, quality } = DEFAULT_TRAINING_DATA;
  await log.update(filters);
  const manifests = await syncPartitions(log.deps(filters), smarttrip, WINDOW);
  const stray = { received: 0, attributed: 0, awaiting: 0 };
  const all = { ...quality, ...limits };
  const lost = await lostDecisions(log.store.db, WINDOW);
  return judgeQuality(smarttrip, WINDOW, { manifests, stray, lost }, all, log.nowMs);
}

/** A hundred rankings, clicked and dwelt on, the first of them at fault. */
async function plant(faulty: number, fault: Partial<Decision>, orphans = 0): Promise<void> {
  const decisions = Array.from({ length: 100 }, (_, i) =>
    rankingOf(`r${i}`, NOON + i * 10, i < faulty ? fault : {}),
  );
  const events = decisions.flatMap((decision, i) =>
    i < orphans
      ? [eventOf(`lost-${i}`, `never-stored-${i}`, { receivedAt: NOON, timestamp: NOON })]
      : [happened(decision, 'click')],
  );
  await log.add(decisions, events);
  // What these batches were late by is over.
  log.nowMs += 600_000;
}

const shortCodes = { codes: new Uint8Array(3 * FEATURES - 1) };

test.each<[string, number, Partial<Decision>, number, string[], Record<string, number>]>([
  ['nothing at fault passes', 0, {}, 0, [], {}],
  ['5 of 100 at fault pass', 5, shortCodes, 0, [], { codes: 5 }],
  [
    'codes of the wrong length',
    6,
    shortCodes,
    0,
    ['94 % of rankings are complete (94 of 100), under 95 %'],
    { codes: 6 },
  ],
  [
    'a propensity of 0',
    10,
    { propensities: [0.5, 0, 1] },
    0,
    ['90 % of rankings are complete (90 of 100), under 95 %'],
    { propensities: 10 },
  ],
  [
    'propensities that are too few',
    10,
    { propensities: [0.5] },
    0,
    ['90 % of rankings are complete (90 of 100), under 95 %'],
    { propensities: 10 },
  ],
  [
    'a snapshot that nobody published',
    7,
    { snapshot: 'feed' },
    0,
    ['93 % of rankings are complete (93 of 100), under 95 %'],
    { snapshot: 7 },
  ],
  [
    'a version that is not stored',
    100,
    { weights: versionOf(9) },
    0,
    ['0 % of rankings are complete (0 of 100), under 95 %'],
    { weights: 100 },
  ],
  ['one orphan of 100 events passes', 0, {}, 1, [], {}],
  [
    'feedback whose rankings were lost',
    0,
    {},
    3,
    ['97 % of feedback events join a ranking (97 of 100), under 99 %'],
    {},
  ],
  [
    'two faults at once',
    6,
    shortCodes,
    2,
    [
      '94 % of rankings are complete (94 of 100), under 95 %',
      '98 % of feedback events join a ranking (98 of 100), under 99 %',
    ],
    { codes: 6 },
  ],
])('%s', async (_, faulty, fault, orphans, failures, incomplete) => {
  await plant(faulty, fault, orphans);
  const found = await report();
  expect(found).toMatchObject({ passed: failures.length === 0, failures, incomplete });
  expect(found.days).toMatchObject([{ day: '2026-03-10', rankings: 100, events: 100 }]);
});

test('feedback whose ranking may still be on its way counts neither way, until it came or waited for too long', async () => {
  const decisions = Array.from({ length: 40 }, (_, i) => rankingOf(`r${i}`, NOON + i * 1000));
  const clicks = decisions.map((decision) => happened(decision, 'click'));
  const [logged, onItsWay] = [decisions.slice(0, 20), decisions.slice(20)];
  // Of one edge: half of the decisions ship a minute later than the clicks.
  log.nowMs = NOON + 60_000;
  await log.add(logged, clicks);
  const before = await report();
  expect(before).toMatchObject({ failures: [], awaiting: 20, attribution: { count: 20, of: 20 } });
  expect(before.days).toMatchObject([{ events: 40 }]);
  log.nowMs += 60_000;
  await log.add(onItsWay.slice(0, 19));
  expect(await report()).toMatchObject({
    failures: [],
    awaiting: 1,
    attribution: { count: 39, of: 39 },
  });
  // Nothing more comes, and the account of the day stays as it was.
  log.nowMs += 600_000;
  expect(await report()).toMatchObject({
    failures: ['97.5 % of feedback events join a ranking (39 of 40), under 99 %'],
    awaiting: 0,
    attribution: { count: 39, of: 40 },
  });
});

test('after an outage feedback waits for as long as what comes is late', async () => {
  const decisions = Array.from({ length: 20 }, (_, i) => rankingOf(`r${i}`, NOON + i * 1000));
  const clicks = decisions.map((decision) => happened(decision, 'click'));
  log.nowMs = NOON + 2 * 3_600_000;
  await log.add([decisions[0]], clicks);
  expect(await report()).toMatchObject({ failures: [], awaiting: 19 });
  log.nowMs += 240_000;
  await log.add(decisions.slice(1, 10));
  expect(await report()).toMatchObject({ failures: [], awaiting: 10 });
  log.nowMs += 360_000;
  expect(await report()).toMatchObject({
    failures: ['50 % of feedback events join a ranking (10 of 20), under 99 %'],
    awaiting: 0,
  });
});

test('nothing at all fails, and says where it was looked for', async () => {
  const found = await report();
  expect(found.failures).toEqual([
    'nothing was ranked between 2026-03-09T12:00:00.000Z and 2026-03-11T12:00:00.000Z',
  ]);
});

test('a log that stopped is stale, unless the window asked for lies back', async () => {
  await plant(0, {});
  log.nowMs = NOON + 30 * DAY;
  const limits = { maxAgeHours: 12 };
  expect((await report(limits)).failures).toEqual(['the newest ranking is 23 h old, over 12 h']);
  log.nowMs = NOON + 3_600_000;
  const { freshness, failures } = await report(limits);
  expect(failures).toEqual([]);
  expect(freshness).toEqual({
    newestRankingAt: NOON + 990,
    newestEventAt: NOON + 990 + 5000,
    ageMs: 3_600_000 - 990,
  });
});

test('tells in what share of shown items each feature is missing', async () => {
  const [price, theme] = ['budget', 'theme'].map((name) => featureIndex(smarttrip, name));
  const codes = new Uint8Array(3 * FEATURES).fill(1);
  for (let slot = 0; slot < 3; slot++) codes[slot * FEATURES + price] = 0;
  codes[theme] = 0;
  await log.add([rankingOf('r1', NOON, { codes }), rankingOf('r2', NOON)]);
  const { missing, failures } = await report({ maxMissingShare: 0.4 });
  expect(missing).toMatchObject({ budget: 0.5, theme: 1 / 6, duration: 0 });
  expect(failures).toEqual(['budget is missing in 50 % of shown items, over 40 %']);
});

test('adds up what was left out of training, and why', async () => {
  const bot = Array.from({ length: 70 }, (_, i) =>
    rankingOf(`bot-${i}`, NOON + i, { sessionId: parseSessionId('bot') }),
  );
  const tomorrow = bot.slice(0, 65).map((ranking, i) => ({
    ...rankingOf(`again-${i}`, ranking.at + DAY / 2 - 1),
    sessionId: parseSessionId('bot'),
  }));
  await log.add([...bot, ...tomorrow, rankingOf('person')]);
  const { filtered, days } = await report();
  expect(filtered).toEqual({
    sessions: { too_many_rankings: 2 },
    rankings: { too_many_rankings: 135 },
    events: {},
  });
  expect(days.map(({ rankings, kept }) => [rankings, kept])).toEqual([
    [72, 1],
    [64, 0],
  ]);
});

const HOUR = 3_600_000;

/** Rankings of one visitor each, whose clicks come by a clock that is off in some of them. */
async function plantClocks(off: number, of: number, consentless = 0): Promise<void> {
  const decisions = Array.from({ length: of }, (_, i) =>
    rankingOf(`r${i}`, NOON + i * 10, { sessionId: parseSessionId(`s${i}`) }),
  );
  const anonymous = Array.from({ length: consentless }, (_, i) =>
    rankingOf(`a${i}`, NOON + i * 10, {
      sessionId: NO_SESSION,
      context: { placement: DEFAULT_PLACEMENT, consent: 'none' },
    }),
  );
  const events = decisions.map((decision, i) =>
    happened(decision, 'click', {
      receivedAt: decision.at + 5000,
      timestamp: decision.at + 5000 + (i < off ? 5 * HOUR : 0),
    }),
  );
  await log.add([...decisions, ...anonymous], events);
}

test('clocks that are off in most sessions fail it, and say in how many', async () => {
  await plantClocks(180, 200);
  const found = await report();
  expect(found.passed).toBe(false);
  expect(found.failures).toEqual([
    '90 % of sessions are left out for invalid events (180 of 200), over 10 %',
    '90 % of rankings are left out for invalid events (180 of 200), over 10 %',
    '90 % of events are left out for clock skew (180 of 200), over 10 %',
  ]);
  const { maxLeftOut } = DEFAULT_TRAINING_DATA.quality;
  const wide = { ...maxLeftOut, invalid_events: 0.9, clock_skew: 0.9 };
  expect(await report({ maxLeftOut: wide })).toMatchObject({ passed: true, failures: [] });
});

test('a few clocks that are off pass', async () => {
  await plantClocks(20, 200);
  expect(await report()).toMatchObject({ passed: true, filtered: { events: { clock_skew: 20 } } });
});

test('rankings without consent are no fault, and hide none', async () => {
  await plantClocks(0, 10, 500);
  expect(await report()).toMatchObject({
    passed: true,
    filtered: { rankings: { no_consent: 500 } },
  });
  await log.close();
  log = await openLog(NOON + HOUR);
  await plantClocks(8, 10, 500);
  expect((await report()).failures).toContain(
    '80 % of rankings are left out for invalid events (8 of 10), over 10 %',
  );
});

test('rankings that were answered and not logged are a figure, and a failure over the limit', async () => {
  await plant(0, {});
  expect((await report()).lost.reported).toEqual({ share: 0, count: 0, of: 100 });
  const lossOf = (batchId: string, lost: number) =>
    ingest(log.store, { batchId, decisions: [], events: [], lost }, log.nowMs);
  await lossOf('one', 1);
  expect(await report()).toMatchObject({
    passed: true,
    lost: { reported: { share: 1 / 101, count: 1, of: 101 } },
  });
  await lossOf('one', 1);
  await lossOf('another', 149);
  expect((await report()).failures).toEqual([
    '60 % of rankings were not logged, as the edge counted (150 of 250), over 1 %',
  ]);
});

test('feedback that joins no ranking once its day is over tells of rankings that were lost', async () => {
  await plant(0, {}, 3);
  expect((await report({ minAttribution: 0 })).lost.orphaned).toEqual({
    share: null,
    count: 0,
    of: 0,
  });
  log.nowMs = NOON + DAY;
  expect(await report({ minAttribution: 0 })).toMatchObject({
    failures: ['3 % of feedback events have lost their ranking (3 of 100), over 1 %'],
    lost: { orphaned: { share: 0.03, count: 3, of: 100 } },
  });
});
