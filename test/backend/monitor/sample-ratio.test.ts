import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findSampleRatioMismatch, readArmSizes } from '../../../backend/monitor/sample-ratio.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { experiments, exposures, layers, rollouts } from '../../../backend/store/tables.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { parseSessionId } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { DAY, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const LIMITS = DEFAULT_MONITORS.sampleRatio;
const sizes = (control: number, treatment: number, weights = [0.5, 0.5]) => ({
  experiment: 'exp_1',
  name: 'bolder',
  unit: 'sessions' as const,
  arms: [
    { name: 'control', weight: weights[0], units: control },
    { name: 'b', weight: weights[1], units: treatment },
  ],
});

test.each([
  [sizes(1000, 1000), 'nothing'],
  [sizes(9000, 1000, [0.9, 0.1]), 'nothing'],
  [sizes(1000, 1300), 'alert'],
  [sizes(9000, 1300, [0.9, 0.1]), 'alert'],
  [sizes(20, 90), 'unknown'],
  [sizes(0, 0), 'unknown'],
])('%j: %s', (arms, expected) => {
  const { findings, unknown } = findSampleRatioMismatch([arms], LIMITS);
  expect(findings.length).toBe(expected === 'alert' ? 1 : 0);
  expect(unknown).toEqual(expected === 'unknown' ? ['sample ratio mismatch: exp_1'] : []);
  if (expected === 'alert')
    expect(findings[0].message).toMatch(
      /^the arms of experiment "bolder" \(exp_1\) do not match .*p = /,
    );
});

test('fair arms, looked at 100 times while they grow, raise an alert in less than 1 of 100 experiments', () => {
  let alarms = 0;
  for (let run = 0; run < 1000; run++) {
    const random = seededRandom(run);
    const units = [0, 0];
    let isAlarm = false;
    for (let look = 0; look < 100; look++) {
      for (let i = 0; i < 100; i++) units[random() < 0.5 ? 0 : 1]++;
      isAlarm ||= findSampleRatioMismatch([sizes(units[0], units[1])], LIMITS).findings.length > 0;
    }
    if (isAlarm) alarms++;
  }
  console.log(`sample ratio, fair arms: ${alarms} of 1000 experiments raised a false alarm`);
  expect(alarms).toBeLessThan(10);
});

describe('read from exposures', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog(NOON);
    await log.store.write([
      log.store.db
        .insert(layers)
        .values({ name: 'l', salt: 's', unit: 'session', rank: 1, createdAt: 0 }),
      log.store.db
        .insert(layers)
        .values({ name: 'users', salt: 't', unit: 'user', rank: 2, createdAt: 0 }),
    ]);
  });
  afterEach(() => log.close());

  const running = (id: string, changes: Partial<typeof experiments.$inferInsert> = {}) =>
    log.store.db.insert(experiments).values({
      id,
      name: id,
      layer: 'l',
      salt: id,
      rangeFrom: 0,
      rangeTo: 1,
      traffic: 1,
      arms: [
        { name: 'control', weight: 1 },
        { name: 'b', weight: 1 },
      ],
      metrics: [],
      guardrails: [],
      minimumPerArm: 1000,
      status: 'running',
      createdAt: NOON,
      startedAt: NOON,
      ...changes,
    });
  let ranking = 0;
  const exposed = (
    experiment: string,
    arm: string,
    sessionId: string,
    at = NOON,
    userId?: string,
  ) =>
    log.store.db
      .insert(exposures)
      .values({ experiment, rankingId: `r${ranking++}`, arm, at, sessionId, userId });
  const unitsOf = async () =>
    Object.fromEntries(
      (await readArmSizes({ store: log.store, account: { update: () => log.update() } })).map(
        ({ experiment, arms }) => [experiment, arms.map(({ units }) => units)],
      ),
    );

  test('a unit counts once, and not at all where it saw two arms', async () => {
    await log.store.write([
      running('exp_1'),
      exposed('exp_1', 'control', 'a'),
      exposed('exp_1', 'control', 'a'),
      exposed('exp_1', 'b', 'c'),
      exposed('exp_1', 'b', 'd'),
      exposed('exp_1', 'control', 'both'),
      exposed('exp_1', 'b', 'both'),
    ]);
    expect(await unitsOf()).toEqual({ exp_1: [1, 2] });
  });

  test('units are what the layer says, and only running splits are looked at', async () => {
    await log.store.write([
      running('by_user', { layer: 'users' }),
      running('over', { status: 'stopped' }),
      running('drafted', { design: 'interleaved' }),
      running('alone', {
        arms: [
          { name: 'control', weight: 1 },
          { name: 'b', weight: 0 },
        ],
      }),
      exposed('by_user', 'control', 's1', NOON, 'u'),
      exposed('by_user', 'control', 's2', NOON, 'u'),
      exposed('by_user', 'b', 's3'),
    ]);
    expect(await unitsOf()).toEqual({ by_user: [1, 0] });
  });

  test('only exposures that count are looked at: none of bots, of closed days, or not judged yet', async () => {
    const ranked = (name: string, arm: string, at = NOON) =>
      rankingOf(`${name}-${at}`, at, {
        arm: `exp_1:${arm}`,
        sessionId: parseSessionId(name),
      });
    const filters = { ...NO_FILTERS, maxRankingsPerMinute: 2 };
    const account = { update: () => log.update(filters) };
    await log.store.write([running('exp_1', { startedAt: NOON - DAY })]);
    await log.add([
      ranked('ana', 'control'),
      ranked('ben', 'b'),
      ...[1, 2, 3].map((ms) => ranked('crawler', 'b', NOON + ms)),
      // On another day it is no bot, and saw one arm that counts.
      ranked('crawler', 'control', NOON + DAY),
    ]);
    await log.goOnTo(NOON + 10 * DAY);
    await account.update();
    await log.add([ranked('too-late', 'b')]);
    const sizesNow = async (update = account.update) =>
      (await readArmSizes({ store: log.store, account: { update } }))[0].arms.map(
        ({ units }) => units,
      );
    expect(await sizesNow()).toEqual([2, 1]);
    await log.add([ranked('cleo', 'control', NOON + 10 * DAY)]);
    expect(await sizesNow(async () => {})).toEqual([2, 1]);
    expect(await sizesNow()).toEqual([3, 1]);
  });

  test('a canary is held to the traffic of its stage', async () => {
    const rollout = (id: string, experiment: string, since: number, endedAt: number | null) =>
      log.store.db.insert(rollouts).values({
        id,
        challenger: 'v000002',
        champion: 'v000001',
        stage: 'canary 5',
        since,
        experiment,
        rules: {},
        by: 'x',
        createdAt: 0,
        endedAt,
      });
    const HOUR = 3_600_000;
    await log.store.write([
      running('canary', { kind: 'rollout' }),
      rollout('r1', 'canary', NOON + HOUR, null),
      exposed('canary', 'control', 'before', NOON),
      exposed('canary', 'b', 'while edges follow', NOON + HOUR + 1000),
      exposed('canary', 'b', 'now', NOON + 2 * HOUR),
    ]);
    expect(await unitsOf()).toEqual({ canary: [0, 1] });
  });
});
