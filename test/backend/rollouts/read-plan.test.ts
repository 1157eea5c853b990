import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { plannedMs } from '../../../backend/rollouts/gain.ts';
import { planOf, readPlan } from '../../../backend/rollouts/read-plan.ts';
import { normalCdf } from '../../../backend/science/statistics/distributions.ts';
import { sequentialReach } from '../../../backend/science/statistics/sequential-test.ts';
import { DEFAULT_METRICS } from '../../../shared/domain/metric.ts';
import { experiments } from '../../../backend/store/tables.ts';
import { parseItemId, parseSessionId, versionOf } from '../../../shared/domain/ids.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const DAY = 86_400_000;
const HOW = { alpha: 0.025, minGain: 0.05, nowMs: 7 * DAY, free: 1 };
const WEEK = { sessions: 70_000, came: 7000, firstAt: 0, rankings: 70_000, severalItems: 70_000 };

describe('a plan', () => {
  test('is of the sessions that no experiment holds', () => {
    expect(planOf(WEEK, HOW)).toMatchObject({ sessionsPerDay: 10_000, severalItems: true });
    expect(planOf(WEEK, { ...HOW, free: 0.25 })!.sessionsPerDay).toBe(2500);
    expect(planOf(WEEK, { ...HOW, free: 0 })).toBeUndefined();
  });

  test('asks for fewer sessions where more of them click, and more for a smaller gain', () => {
    const sessions = (came: number, minGain = 0.05) =>
      planOf({ ...WEEK, came }, { ...HOW, minGain })!.sessions!;
    expect(sessions(35_000)).toBeLessThan(sessions(7000));
    expect(sessions(7000, 0.02)).toBeGreaterThan(5 * sessions(7000));
  });

  test('finds the smallest gain of interest at its last session in 19 of 20 canaries', () => {
    const { sessions: n } = planOf(WEEK, HOW)! as { readonly sessions: number };
    const rate = 0.1;
    const better = rate * (1 + HOW.minGain);
    const error = Math.sqrt((2 * (rate * (1 - rate) + better * (1 - better))) / n);
    const power = normalCdf((better - rate) / error - sequentialReach(n, HOW.alpha));
    expect(power).toBeCloseTo(0.95, 2);
  });

  test('is for no number of sessions where nobody clicks, or everybody', () => {
    for (const came of [0, 70_000]) {
      const plan = planOf({ ...WEEK, came }, HOW)!;
      expect(plan).not.toHaveProperty('sessions');
      expect(plannedMs(plan, 'canary 5')).toBe(Infinity);
    }
  });

  test('of an equal split takes 5.26 times as long where 5 % are shown the challenger', () => {
    const plan = planOf(WEEK, HOW)!;
    expect(plannedMs(plan, 'canary 5') / plannedMs(plan, 'canary 50')).toBeCloseTo(1 / 0.19, 6);
    expect(plannedMs(plan, 'canary 50')).toBeCloseTo((plan.sessions! / 10_000) * DAY, 3);
  });
});

describe('the log of seven days', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog(NOON);
  });
  afterEach(() => log.close());

  const plan = (metrics = [...DEFAULT_METRICS], nowMs = NOON) =>
    readPlan(
      log.store,
      { metrics },
      { decides: 'click_through', minGain: 0.05 },
      { alpha: 0.025, nowMs },
    );
  const ranked = (name: string, daysAgo: number) =>
    rankingOf(`${name}-${daysAgo}`, NOON - daysAgo * DAY, { sessionId: parseSessionId(name) });

  test('says how many come in a day, and how many of them click', async () => {
    const days = [7, 4, 1];
    const decisions = days.flatMap((day) =>
      Array.from({ length: 40 }, (_, i) => ranked(`s${day}-${i}`, day)),
    );
    const clicked = decisions.filter((_, i) => i % 4 === 0);
    await log.add(
      [...decisions, ranked('long-ago', 9)],
      clicked.map((decision) => happened(decision, 'click', { slot: 0, afterMs: 900 })),
    );
    await log.update(NO_FILTERS);
    const found = (await plan())!;
    expect(found.sessionsPerDay).toBeCloseTo(120 / 7, 9);
    const { sessions } = planOf(
      { sessions: 120, came: 30, firstAt: 0, rankings: 1, severalItems: 1 },
      HOW,
    )!;
    expect(found.sessions).toBe(sessions);
  });

  test('of slates of one says that they cannot be interleaved', async () => {
    await log.add([
      rankingOf('one', NOON - DAY, {
        itemIds: [parseItemId('lisbon')],
        units: [1],
        propensities: [1],
        codes: new Uint8Array(ranked('x', 1).codes.length / ranked('x', 1).itemIds.length),
      }),
    ]);
    await log.update(NO_FILTERS);
    expect(await plan()).toMatchObject({ severalItems: false });
  });

  test('in which nobody came plans nothing', async () => {
    await log.update(NO_FILTERS);
    expect(await plan()).toBeUndefined();
  });

  describe('is read again within the hour only after a change', () => {
    const came = (day: number, from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ranked(`s${day}-${from + i}`, day));
    const add = async (from: number, to: number, clicksEvery = 4) => {
      const decisions = [6, 4, 1].flatMap((day) => came(day, from, to));
      await log.add(
        decisions,
        decisions
          .filter((_, i) => i % clicksEvery === 0)
          .map((decision) => happened(decision, 'click', { slot: 0, afterMs: 900 })),
      );
      await log.update(NO_FILTERS);
    };

    test('of the hour, or of a tenth of the log', async () => {
      await add(0, 40);
      const before = await plan();
      expect(await plan()).toBe(before);
      await add(40, 43);
      expect(await plan()).toBe(before);
      await add(43, 60);
      const grown = (await plan())!;
      expect(grown.sessionsPerDay).toBeCloseTo((60 / 40) * before!.sessionsPerDay, 9);
      expect((await plan([...DEFAULT_METRICS], NOON + 3_600_000))!.sessionsPerDay).toBeLessThan(
        grown.sessionsPerDay,
      );
    });

    test('of clicks that come after their rankings', async () => {
      const decisions = [6, 4, 1].flatMap((day) => came(day, 0, 40));
      await log.add(decisions);
      await log.update(NO_FILTERS);
      expect(await plan()).not.toHaveProperty('sessions');
      await log.add(
        [],
        decisions
          .filter((_, i) => i % 4 === 0)
          .map((decision) => happened(decision, 'click', { slot: 0, afterMs: 900 })),
      );
      await log.update(NO_FILTERS);
      expect((await plan())!.sessions).toBeGreaterThan(0);
    });

    test('of the sessions that experiments hold', async () => {
      await add(0, 40);
      const all = (await plan())!;
      const { db } = log.store;
      await log.store.write([
        db.insert(experiments).values({
          id: 'exp_half',
          name: 'half',
          layer: 'default',
          salt: 'x',
          rangeFrom: 0,
          rangeTo: 0.5,
          traffic: 1,
          arms: ['control', 'bold'].map((name) => ({ name, weight: 50, version: versionOf(1) })),
          metrics: [],
          guardrails: [],
          minimumPerArm: 100,
          status: 'running',
          createdAt: NOON,
        }),
      ]);
      expect((await plan())!.sessionsPerDay).toBeCloseTo(all.sessionsPerDay / 2, 9);
    });

    test('of the sessions whose exploration experiments hold, which a canary may have all the same', async () => {
      await add(0, 40);
      const all = (await plan())!;
      expect(all).not.toHaveProperty('interleavable');
      const { db } = log.store;
      await log.store.write([
        db.insert(experiments).values({
          id: 'exp_wild',
          name: 'wild',
          layer: 'default',
          salt: 'x',
          rangeFrom: 0,
          rangeTo: 1,
          traffic: 0.75,
          arms: [
            { name: 'control', weight: 50 },
            {
              name: 'wild',
              weight: 50,
              exploration: { temperature: 9, epsilon: 0.1, poolSize: 50 },
            },
          ],
          metrics: [],
          guardrails: [],
          minimumPerArm: 100,
          status: 'running',
          createdAt: NOON,
        }),
      ]);
      expect(await plan()).toEqual({ ...all, interleavable: 0.25 });
    });

    test('of what the metric counts that decides', async () => {
      await add(0, 40);
      const clicks = (await plan())!;
      const seldom = DEFAULT_METRICS.map((metric) =>
        metric.name === 'click_through' ? { ...metric, numerator: 'save' } : metric,
      ) as typeof DEFAULT_METRICS;
      expect(clicks.sessions).toBeGreaterThan(0);
      expect(await plan([...seldom])).not.toHaveProperty('sessions');
    });

    test('of the rules by which the account counts', async () => {
      await add(0, 40);
      const before = (await plan())!;
      // By these, whoever clicked within a second is a bot.
      await log.update({ ...NO_FILTERS, minReactionMs: 1000 });
      expect((await plan())!.sessionsPerDay).toBeLessThan(before.sessionsPerDay);
    });
  });
});
