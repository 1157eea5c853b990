import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storeUnits } from '../../../backend/experiments/store-units.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import { deleteUser } from '../../../backend/log/retention/delete-user.ts';
import { recordOutcomes, type Outcome } from '../../../backend/log/ingest/outcomes.ts';
import { pastExperiments } from '../../../backend/runs/metric-weights/past-experiments.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { pruneLog } from '../../../backend/log/retention/prune.ts';
import { experimentUnits, outcomes as outcomeRows } from '../../../backend/store/tables.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { CollectedEvent } from '../../../shared/format/ingest-bytes.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { bringUpToDate } from '../log/support/bring-up-to-date.ts';
import { collectNow as collect } from './support/collect-statistics.ts';
import { runningExperiment } from './support/experiment-log.ts';
import { runs } from '../../shared/support/seed.ts';

const FILTERS = { ...NO_FILTERS, duplicateWithinMs: 1000 };
const METRICS: MetricDefinition[] = [
  { name: 'clicked', kind: 'proportion', numerator: 'click', better: 'higher' },
  { name: 'dwell', kind: 'mean', numerator: 'dwell_seconds', better: 'higher', winsorShare: 0.9 },
  {
    name: 'clicks_per_ranking',
    kind: 'ratio',
    numerator: 'click',
    denominator: 'rankings',
    better: 'higher',
  },
  { name: 'value', kind: 'mean', numerator: 'outcome.value', better: 'higher' },
  { name: 'soon', kind: 'mean', numerator: 'outcome.value', better: 'higher', horizonDays: 7.5 },
];
/** Seven and a half days after some of the visits, and before others are as old. */
const READ_AT = NOON + 10 * DAY;
const FAR = NOON + 100 * DAY;

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

/** A dozen visitors over six days, some of them of both arms, some with outcomes that name only their session or user. */
function visits(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = 0; n < 60; n++) {
    const session = below(14);
    const arm = ['exp_1:control', 'exp_1:treatment'][random() < 0.1 ? below(2) : session % 2];
    const decision = rankingOf(`r-${n}`, NOON + below(6) * DAY + below(9) * 600_000, {
      sessionId: parseSessionId(`s${session}`),
      ...(session % 4 !== 3 && { userId: parseUserId(`u${session >> 1}`) }),
      ...(random() < 0.7 && { arm }),
      request: JSON.stringify({ context: { device: ['phone', 'desk'][session % 2] } }),
    });
    decisions.push(decision);
    for (let i = below(4); i > 0; i--)
      events.push(
        happened(decision, (['click', 'dwell', 'save'] as const)[below(3)], {
          slot: i % 3,
          afterMs: 1000 + 2000 * i,
          value: 1 + below(90_000),
        }),
      );
  }
  const outcomes = Array.from({ length: 40 }, (_, i): Outcome => {
    const whose = below(14);
    return {
      outcomeId: `o${i}`,
      ...(random() < 0.5 ? { userId: `u${whose >> 1}` } : { sessionId: `s${whose}` }),
      metric: ['value', 'other'][below(2)],
      value: below(50) / 3,
      at: NOON + below(40 * DAY) - DAY,
    };
  });
  return { decisions, events, outcomes };
}

/** As a backend does, by the account of now. */
async function store(experiment: Experiment): Promise<void> {
  await bringUpToDate(log.store, { filters: FILTERS });
  await storeUnits(log.store, experiment);
}

const experimentOf = (unit: 'session' | 'user', changes: object = {}) =>
  runningExperiment(log.store, {
    unit,
    metrics: METRICS,
    status: 'stopped',
    stoppedAt: NOON + 8 * DAY,
    ...changes,
  });

/** Exactly, but for the order in which sums were added. */
function expectClose(found: unknown, expected: unknown, path = ''): void {
  if (typeof expected === 'number') expect(found, path).toBeCloseTo(expected, 6);
  else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(found as object), path).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected))
      expectClose((found as Record<string, unknown>)[key], value, `${path}.${key}`);
  } else expect(found, path).toBe(expected);
}

describe('what is stored of units says what the log said', () => {
  test.each(['session', 'user'] as const)('with the %s as unit', async (unit) => {
    await fc.assert(
      fc
        .asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
          const { decisions, events, outcomes } = visits(seed);
          await log.add(decisions, events);
          const experiment = await experimentOf(unit);
          await store(experiment);
          // Most of them come in when all is stored.
          await recordOutcomes(log.store, outcomes, FAR);
          const asked = { filters: FILTERS, nowMs: READ_AT };
          const logged = await collect(log.store, experiment, asked);
          await pruneLog(log.store, FAR, 0);
          expect(await log.store.db.all(sql`select 1 from decisions, exposures`)).toEqual([]);
          const stored = await collect(log.store, experiment, { ...asked, stored: true });
          expectClose(stored, logged);
        })
        .afterEach(async () => {
          await log.close();
          log = await openLog();
        }),
      { numRuns: runs(6) },
    );
  });

  test('stored day by day while the log goes, as if it were stored at once', async () => {
    const { decisions, events, outcomes } = visits(7);
    await recordOutcomes(log.store, outcomes, FAR);
    const experiment = await experimentOf('session');
    await log.add(decisions, events);
    const logged = await collect(log.store, experiment, { filters: FILTERS });
    await log.close();
    log = await openLog();
    await recordOutcomes(log.store, outcomes, FAR);
    await experimentOf('session');
    const isOf = (day: number) => (row: { at: number }) =>
      Math.floor((row.at - NOON) / DAY) === day;
    for (let day = 0; day < 6; day++) {
      const own = decisions.filter(isOf(day));
      const named = new Set(own.map(({ rankingId }) => rankingId));
      await log.add(
        own,
        events.filter(({ rankingId }) => named.has(rankingId)),
      );
      await store(experiment);
      await store(experiment);
      await pruneLog(log.store, NOON + (day - 2) * DAY, 0);
    }
    const { statistics } = await collect(log.store, experiment, { filters: FILTERS, stored: true });
    // Who saw which arm first is never forgotten, and who saw both is found out in the end.
    expect(statistics.multipleExposure).toEqual(logged.statistics.multipleExposure);
    const units = ({ days }: typeof statistics) =>
      days.map(({ day, arm, units: n }) => [day, arm, n]);
    expect(units(statistics)).toEqual(units(logged.statistics));
  });
});

test('a deleted user is not among them, and comes back by none', async () => {
  const { decisions, events, outcomes } = visits(3);
  await log.add(decisions, events);
  await recordOutcomes(log.store, outcomes, FAR);
  const sessions = new Set(
    decisions.flatMap(({ userId, sessionId }) => (userId === 'u0' ? [String(sessionId)] : [])),
  );
  for (const unit of ['session', 'user'] as const) {
    // Both count the exposures to the first.
    const experiment = await experimentOf(unit, { id: `exp_${unit === 'user' ? 2 : 1}` });
    await store({ ...experiment, id: 'exp_1' });
  }
  const { db } = log.store;
  const left = async () => ({
    units: (await db.select().from(experimentUnits)).filter(
      ({ unit, userId }) => userId === 'u0' || unit === 'u0' || sessions.has(unit),
    ).length,
    outcomes: (await db.select().from(outcomeRows)).filter(
      ({ sessionId, userId }) => userId === 'u0' || (userId === null && sessions.has(sessionId!)),
    ).length,
  });
  await pruneLog(log.store, FAR, 0);
  const before = await left();
  expect(before.units).toBeGreaterThan(1);
  expect(before.outcomes).toBeGreaterThan(1);
  await deleteUser(log.store, parseUserId('u0'), 'test', FAR);
  expect(await left()).toEqual({ units: 0, outcomes: 0 });
  const again = rankingOf('again', NOON, {
    arm: 'exp_1:control',
    sessionId: parseSessionId('s0'),
    userId: parseUserId('u0'),
  });
  await log.add([again]);
  await store(await experimentOf('session', { id: 'exp_3' }));
  expect((await left()).units).toBe(0);
});

test('nor is a session that was theirs before they were known, or that somebody else shared', async () => {
  const visit = (name: string, session: string, userId?: string) =>
    rankingOf(name, NOON, {
      arm: 'exp_1:control',
      sessionId: parseSessionId(session),
      ...(userId !== undefined && { userId: parseUserId(userId) }),
    });
  await log.add([visit('1', 'first'), visit('2', 'shared', 'ana'), visit('3', 'shared', 'zoe')]);
  await log.add([visit('4', 'others', 'zoe'), visit('5', 'ana')]);
  await store(await experimentOf('session'));
  await log.add([visit('6', 'first', 'ana')]);
  await deleteUser(log.store, parseUserId('ana'), 'test', FAR);
  const left = await log.store.db.select().from(experimentUnits);
  // A session may be called as the user was.
  expect(left.map(({ unit }) => unit).toSorted()).toEqual(['ana', 'others']);
});

test('a renewal within 120 days is read of an experiment whose log was pruned after 90', async () => {
  const [arms, size] = [['control', 'treatment'] as const, 200];
  const decisions = arms.flatMap((arm) =>
    Array.from({ length: size }, (_, n) =>
      rankingOf(`${arm}-${n}`, NOON + n * 60_000, {
        arm: `exp_1:${arm}`,
        sessionId: parseSessionId(`${arm}-${n}`),
        userId: parseUserId(`user-${arm}-${n}`),
      }),
    ),
  );
  const clicks = decisions.filter((_, n) => n % (n < size ? 4 : 2) === 0);
  await log.add(
    decisions,
    clicks.map((decision) => happened(decision, 'click')),
  );
  const experiment = await experimentOf('session', {
    // It measured nothing but clicks.
    metrics: METRICS.slice(0, 1),
    stoppedAt: NOON + 2 * DAY,
  });
  await store(experiment);
  await pruneLog(log.store, NOON + 90 * DAY, NOON - 90 * DAY);
  const renewal = (arm: string, n: number, days: number): Outcome => ({
    outcomeId: `${arm}-${n}-${days}`,
    userId: `user-${arm}-${n}`,
    metric: 'renewal',
    value: 1,
    at: NOON + n * 60_000 + days * DAY,
  });
  const every = (share: number) => Array.from({ length: size / share }, (_, n) => n * share);
  await recordOutcomes(
    log.store,
    [
      ...every(5).map((n) => renewal('control', n, 100)),
      ...every(2).map((n) => renewal('treatment', n, 119)),
      // Too late, and once more: neither counts.
      ...every(1).map((n) => renewal('control', n, 121)),
      ...every(2).map((n) => renewal('treatment', n, 30)),
    ],
    NOON + 125 * DAY,
  );
  const target = { kind: 'happened', outcome: 'renewal', horizonDays: 120 } as const;
  await bringUpToDate(log.store, { filters: FILTERS });
  expect(await pastExperiments(log.store.db, target, NOON + 121 * DAY)).toEqual([]);
  const [past, ...others] = await pastExperiments(log.store.db, target, NOON + 123 * DAY);
  expect(others).toEqual([]);
  const deviation = (p: number) => Math.sqrt((p * (1 - p) * size) / (size - 1));
  expect(past.id).toBe('exp_1');
  expect(Object.keys(past.effects)).toEqual(['click_through', 'clicks']);
  expect(past.effects.click_through.estimate).toBeCloseTo(0.25 / deviation(0.25), 10);
  expect(past.target.estimate).toBeCloseTo(0.3 / deviation(0.2), 10);
  const variance = (deviation(0.2) ** 2 + deviation(0.5) ** 2) / size;
  expect(past.target.standardError).toBeCloseTo(Math.sqrt(variance) / deviation(0.2), 10);
  expect(past.covariance).toHaveLength(9);
});
