import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Probe } from '../../../backend/monitor/edge-probe.ts';
import {
  BURN_RULES,
  budgetLeft,
  burnRate,
  burns,
} from '../../../backend/monitor/objectives/burn-rates.ts';
import { findBurns, readFastBurns } from '../../../backend/monitor/objectives/find-burns.ts';
import { measure } from '../../../backend/monitor/objectives/measure.ts';
import { readMoves } from '../../../backend/monitor/objectives/pointer-age.ts';
import {
  readObjectives,
  readObjectivesNow,
} from '../../../backend/monitor/objectives/read-objectives.ts';
import { parseObjectives } from '../../../backend/monitor/objectives/settings.ts';
import { numberPointer } from '../../../backend/models/pointer-revisions.ts';
import {
  alertNotices,
  alerts,
  alertSilences,
  objectiveCounts,
} from '../../../backend/store/tables.ts';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SPAN = 5 * MINUTE;
const SETTINGS = parseObjectives({});

describe('burn rates', () => {
  test('a rate of 1 spends the budget in its period, and 14.4 a fiftieth of it in an hour', () => {
    expect(burnRate({ good: 990, total: 1000 }, 0.99)).toBeCloseTo(1, 10);
    expect(budgetLeft({ good: 990, total: 1000 }, 0.99)).toBeCloseTo(0, 10);
    expect(budgetLeft({ good: 1000, total: 1000 }, 0.99)).toBe(1);
    expect(burnRate({ good: 0, total: 0 }, 0.99)).toBeUndefined();
    expect((14.4 * HOUR) / (30 * 24 * HOUR)).toBeCloseTo(0.02, 10);
  });

  test('both windows must burn, and too few events say nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BURN_RULES),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        (rule, longGood, longBad, shortGood, shortBad) => {
          const target = 0.95;
          const countsIn = (ms: number) =>
            ms === rule.longMs
              ? { good: longGood, total: longGood + longBad }
              : { good: shortGood, total: shortGood + shortBad };
          const found = burns(rule, countsIn, target, 20);
          // In whole numbers, so that nothing is rounded: 20 × bad > rate × total, and rates have one decimal.
          const over = (good: number, bad: number) =>
            200 * bad > Math.round(10 * rule.rate) * (good + bad);
          const isEdge = (good: number, bad: number) =>
            200 * bad === Math.round(10 * rule.rate) * (good + bad);
          if (longGood + longBad < 20) expect(found).toBeUndefined();
          else if (isEdge(longGood, longBad) || isEdge(shortGood, shortBad)) return;
          else if (!over(longGood, longBad)) expect(found).toBe(false);
          else if (shortGood + shortBad === 0) expect(found).toBeUndefined();
          else expect(found).toBe(over(shortGood, shortBad));
        },
      ),
    );
  });

  test('an outage is found fast, a trickle slowly, and steady traffic not at all', () => {
    /** Counts of the last windows, of traffic that failed by a share within the last so many minutes. */
    const lately = (share: number, minutes: number) => (_: string, windowMs: number) => {
      const total = windowMs / MINUTE;
      return { total, good: total - share * Math.min(minutes, total) };
    };
    const kinds = (share: number, minutes: number) =>
      (['fast burn', 'slow burn'] as const).filter(
        (kind) =>
          findBurns(kind, lately(share, minutes), parseObjectives({})).findings.filter(
            ({ key }) => key === `${kind}: inTime`,
          ).length > 0,
      );
    expect(kinds(0, 60)).toEqual([]);
    // 1 % may fail: at 1 % the budget is just spent.
    expect(kinds(0.009, 3 * 24 * 60)).toEqual([]);
    expect(kinds(0.5, 30)).toEqual(['fast burn']);
    expect(kinds(0.02, 3 * 24 * 60)).toEqual(['slow burn']);
    expect(kinds(0.5, 3 * 24 * 60)).toEqual(['fast burn', 'slow burn']);
  });
});

describe('what is measured', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog(NOON + HOUR);
  });
  afterEach(() => log.close());

  const measured = async (probes: readonly Probe[] = [], from = NOON) =>
    Object.fromEntries(
      (
        await measure({ store: log.store, probes, settings: SETTINGS }, { from, to: NOON + HOUR })
      ).map(({ objective, at, good, total }) => [
        `${objective} ${(at - NOON) / MINUTE}`,
        `${good}/${total}`,
      ]),
    );

  test('probes: answered, and answered in time', async () => {
    const probes: Probe[] = [
      { at: NOON - 1, tookMs: 9, problem: 'before' },
      { at: NOON, tookMs: 20 },
      { at: NOON + SPAN - 1, tookMs: 500.1 },
      { at: NOON + SPAN, tookMs: 5000, problem: 'it answered 503' },
    ];
    expect(await measured(probes)).toEqual({
      'available 0': '2/2',
      'probeLatency 0': '1/2',
      'available 5': '0/1',
    });
  });

  test('timings of pages: in time, and within the limit; one that came too late is slow as well', async () => {
    const ranking = rankingOf('r', NOON);
    const timing = (afterMs: number, value: number, isLate = false) =>
      happened(ranking, 'timing', {
        afterMs,
        value,
        ...(isLate && { properties: { late: true } }),
      });
    log.nowMs = NOON + 10 * MINUTE;
    await log.add(
      [ranking],
      [
        timing(1000, 80),
        timing(2000, 500),
        timing(3000, 501),
        timing(4000, 200, true),
        timing(SPAN + 1000, 1),
      ],
    );
    const found = await measured();
    expect(found).toMatchObject({
      'inTime 0': '3/4',
      'visitorLatency 0': '2/4',
      'inTime 5': '1/1',
      'visitorLatency 5': '1/1',
    });
  });

  test('clicks: a batch is as late as its oldest event, and one without events counts as nothing', async () => {
    const ranking = rankingOf('r', NOON);
    const clicksAt = (...afterMs: number[]) =>
      afterMs.map((ms) => happened(ranking, 'click', { afterMs: ms }));
    log.nowMs = NOON + 90 * SECOND;
    await log.add([ranking], clicksAt(30 * SECOND, 89 * SECOND));
    await log.add([], clicksAt(29 * SECOND, 88 * SECOND, 87 * SECOND));
    await log.add([rankingOf('other', NOON)], []);
    expect(await measured()).toEqual({ 'clickToDatabase 0': '2/5' });
  });

  test('rankings by a pointer that was replaced, and how long a move took to all edges', async () => {
    const move = async (at: number) =>
      (await numberPointer(log.store, { champion: parseVersion('v000000') }, at)).pointer.revision!;
    const first = await move(NOON - HOUR);
    const second = await move(NOON + MINUTE);
    // Numbered, and never written: it replaces nothing.
    const third = await move(NOON + 2 * MINUTE);
    const by = (revision: number, seconds: number, changes = {}) =>
      rankingOf(`r${revision}-${seconds}`, NOON + seconds * SECOND, {
        pointerRevision: revision,
        ...changes,
      });
    log.nowMs = NOON + 20 * MINUTE;
    await log.add([
      by(first, 30),
      by(first, 61),
      by(first, 150),
      by(first, 151),
      by(first, 310),
      by(first, 320, { degraded: true }),
      by(second, 62),
      by(second, 400),
      by(second, 900),
    ]);
    expect(await measured()).toEqual({
      'rollbackToEdges 0': '4/5',
      'rollbackToEdges 5': '1/2',
      'rollbackToEdges 15': '1/1',
    });
    const moves = await readMoves(log.store, 5);
    const tookOf = new Map(moves.map(({ revision, tookMs }) => [revision, tookMs / SECOND]));
    expect(tookOf.get(second)).toBe(250);
    expect(tookOf.get(first)).toBe(0);
    expect(tookOf.has(third)).toBe(false);
  });

  test('notices: taken in time, late, still on their way, and silenced', async () => {
    const { db } = log.store;
    const alert = (id: number, at: number) =>
      db.insert(alerts).values({
        id,
        key: `k${id}`,
        kind: 'latency',
        message: '',
        details: {},
        openedAt: at,
        lastSeenAt: at,
      });
    const notice = (alertId: number, takenAt: number | null) =>
      db
        .insert(alertNotices)
        .values({ alertId, type: 'opened', channel: 'slack', attempts: 1, nextAt: 0, takenAt });
    const end = NOON + HOUR;
    await log.store.write([
      alert(1, NOON),
      notice(1, NOON + 5 * MINUTE),
      alert(2, NOON),
      notice(2, NOON + 5 * MINUTE + 1),
      alert(3, NOON),
      notice(3, null),
      alert(4, end - MINUTE),
      notice(4, null),
      alert(5, NOON),
      notice(5, NOON + 30 * MINUTE),
      db
        .insert(alertSilences)
        .values({ key: 'k5', reason: 'r', by: 'b', at: NOON - 1, until: NOON + 29 * MINUTE }),
    ]);
    expect(await measured()).toEqual({ 'alertDelay 0': '1/3' });
  });
});

describe('what is stored', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog(NOON + HOUR);
  });
  afterEach(() => log.close());

  const probesOf = (n: number, failed: number, at: number): Probe[] =>
    Array.from({ length: n }, (_, i) => ({
      at: at + i * SECOND,
      tookMs: 10,
      ...(i < failed && { problem: 'away' }),
    }));

  test('what is counted again changes nothing, and a backend that has just started replaces no more by less', async () => {
    const nowMs = NOON + 4 * MINUTE;
    const count = (probes: readonly Probe[]) =>
      readFastBurns({ store: log.store, probes, settings: SETTINGS }, nowMs);
    const stored = () => log.store.db.select().from(objectiveCounts);
    await count(probesOf(20, 1, NOON));
    const before = await stored();
    await count(probesOf(20, 1, NOON));
    await count(probesOf(3, 0, NOON + MINUTE));
    expect(await stored()).toEqual(before);
    expect(before).toContainEqual({ objective: 'available', at: NOON, good: 19, total: 20 });
  });

  test('an edge that is away burns fast, and what is left of the budget follows from the counts', async () => {
    const nowMs = NOON + HOUR;
    const probes = [...probesOf(200, 0, NOON), ...probesOf(40, 40, nowMs - MINUTE)];
    const { findings } = await readFastBurns(
      { store: log.store, probes, settings: SETTINGS },
      nowMs,
    );
    expect(findings.map(({ key }) => key)).toEqual(['fast burn: available']);
    expect(findings[0].message).toMatch(/166\.7 times as fast as it may/);
    const [available] = await readObjectives(log.store, SETTINGS, nowMs);
    expect(available).toMatchObject({ name: 'available', state: 'spent', good: 200, total: 240 });
    expect(available.budgetLeft).toBeCloseTo(1 - 40 / 240 / 0.001, 6);
    const now = await readObjectivesNow(log.store, SETTINGS, 28, nowMs);
    expect(now.history).toHaveLength(1);
    const sum = now.history.reduce((all, { counts }) => all + (counts.available?.total ?? 0), 0);
    expect(sum).toBe(240);
    expect(now.objectives.find(({ name }) => name === 'alertDelay')).toMatchObject({
      state: 'unknown',
      budgetLeft: null,
    });
  });
});
