import { desc, eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replayDecisions } from '../../../backend/rollouts/replay-decisions.ts';
import { decisionsOf, readRollout } from '../../../backend/rollouts/rollout-rows.ts';
import {
  alerts,
  audit,
  experiments,
  layers,
  rolloutDecisions,
  rollouts as openOrNot,
} from '../../../backend/store/tables.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseSessionId, RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { resolve } from '../../../shared/explore/resolve.ts';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { timeGoesOn } from '../support/time-goes-on.ts';
import { atEveryStage, FREE } from './support/stages.ts';
import { whyNow } from '../../../backend/rollouts/why-now.ts';
import { openRolloutServices, type RolloutTestServices } from './support/rollout-services.ts';

const GATE = { verdict: 'promote', reason: 'gain above 0' } as const;
/** Every decision goes one step on. */
const FAST = { steps: atEveryStage(FREE) };

let services: RolloutTestServices;
let beforeRecord: () => void;
beforeEach(async () => {
  beforeRecord = () => {};
  services = await openRolloutServices(FAST, () => beforeRecord());
});
afterEach(() => services.close());

test('a clock that jumps makes no step long enough, nor too long', async () => {
  await services.close();
  const DAY = 86_400_000;
  services = await openRolloutServices({
    steps: atEveryStage({ ...FREE, minMs: DAY }),
    maxStepMs: 2 * DAY,
  });
  const { store, clock } = services;
  const decisions = timeGoesOn(clock.nowMs);
  await ingest(store, { batchId: 'before', decisions, events: [] }, clock.nowMs);
  const id = await services.rollouts.propose(await services.newVersion('b'), GATE, 'ana');
  const before = clock.nowMs;
  clock.nowMs += 400 * DAY;
  await services.rollouts.advance();
  expect(await stageOf(id)).toBe('shadow');
  clock.nowMs = before + DAY;
  await services.rollouts.advance();
  expect(await stageOf(id)).toBe('canary 1');
});

test('a rollout that is proposed by a clock that jumped goes on once the clock is right', async () => {
  await services.close();
  const DAY = 86_400_000;
  services = await openRolloutServices({ steps: atEveryStage({ ...FREE, minMs: DAY }) });
  const { store, clock } = services;
  const decisions = timeGoesOn(clock.nowMs);
  await ingest(store, { batchId: 'before', decisions, events: [] }, clock.nowMs);
  const before = clock.nowMs;
  clock.nowMs += 400 * DAY;
  const id = await services.rollouts.propose(await services.newVersion('b'), GATE, 'ana');
  expect(await stageOf(id)).toBe('shadow');
  clock.nowMs = before + DAY;
  await services.rollouts.advance();
  expect(await stageOf(id)).toBe('canary 1');
});

const stageOf = async (id: string) => (await readRollout(services.store, id)).stage;
const until = async (id: string, stage: string) => {
  for (let i = 0; i < 10 && (await stageOf(id)) !== stage; i++) await services.rollouts.advance();
  expect(await stageOf(id)).toBe(stage);
};
const shadowing = async (name = 'challenger') => {
  const version = await services.newVersion(name);
  return { version, id: await services.rollouts.propose(version, GATE, 'ana') };
};
const canarying = async (stage = 'canary 5') => {
  const started = await shadowing();
  await until(started.id, stage);
  return started;
};
const sessions = Array.from({ length: 4000 }, (_, i) => parseSessionId(`session-${i}`));
const servedBy = (version: Version) =>
  sessions.filter((sessionId) => resolve(services.pointer(), { sessionId }).version === version);
const lastAudit = async () => {
  const [entry] = await services.store.db.select().from(audit).orderBy(desc(audit.id)).limit(1);
  return entry;
};

describe('a proposal', () => {
  test('is scored in shadow at once: the pointer says so, and KV has it before', async () => {
    const { version, id } = await shadowing();
    expect(services.pointer()).toMatchObject({
      champion: RULES_VERSION,
      shadow: { version, share: 0.1 },
    });
    expect(services.pointer().layers).toBeUndefined();
    const calls = services.kv.calls;
    expect(calls.indexOf(`PUT WEIGHTS/w/${version}`)).toBeLessThan(
      calls.lastIndexOf('PUT WEIGHTS/active'),
    );
    expect(servedBy(version)).toEqual([]);
    expect(await readRollout(services.store, id)).toMatchObject({ stage: 'shadow', by: 'ana' });
  });

  test('takes the place of one that nobody was shown; behind a canary it waits, and the newest one waits', async () => {
    const first = await shadowing('first');
    const second = await shadowing('second');
    expect(await readRollout(services.store, first.id)).toMatchObject({
      stage: 'withdrawn',
      endedAt: expect.any(Number),
    });
    expect(services.pointer().shadow?.version).toBe(second.version);
    await until(second.id, 'canary 1');
    const third = await shadowing('third');
    const fourth = await shadowing('fourth');
    expect(await stageOf(second.id)).not.toBe('withdrawn');
    expect(await stageOf(third.id)).toBe('withdrawn');
    expect(await stageOf(fourth.id)).toBe('candidate');
    expect(servedBy(fourth.version)).toEqual([]);
    await until(second.id, 'champion');
    // It was compared with a champion that is no more.
    await services.rollouts.advance();
    await services.rollouts.advance();
    expect(await stageOf(fourth.id)).toBe('withdrawn');
    expect(services.pointer().champion).toBe(second.version);
  });

  test.each([
    ['a version that is none', async () => 'v000099' as Version, /no version v000099/],
    ['the champion', async () => RULES_VERSION, /is the champion already/],
    ['what is in a rollout', async () => (await shadowing()).version, /in a rollout already/],
    [
      'what has another schema',
      async () => {
        const schema = parseSchema({ ...smarttrip, name: 'other', hash: undefined });
        const { version: __, ...scorer } = additiveFromPoints(
          schema,
          {},
          {
            version: RULES_VERSION,
            name: 'foreign',
          },
        );
        return services.versions.add(scorer, {});
      },
      /has another schema than v000000/,
    ],
    [
      'anything during a hold',
      async () => {
        await services.livePointer.rollback(RULES_VERSION, 'ana');
        return services.newVersion('late');
      },
      /release first/,
    ],
  ])('of %s is refused', async (_, version, message) => {
    const asked = await version();
    await expect(services.rollouts.propose(asked, GATE, 'ana')).rejects.toThrow(message);
  });

  test('that the gate would not have stays unseen and is withdrawn', async () => {
    const version = await services.newVersion('refused');
    const gate = { verdict: 'keep champion', reason: 'it is worse' } as const;
    const id = await services.rollouts.propose(version, gate, 'run');
    expect(await readRollout(services.store, id)).toMatchObject({
      stage: 'withdrawn',
      endedAt: expect.any(Number),
    });
    expect(services.pointer().shadow).toBeUndefined();
  });
});

describe('a canary', () => {
  test('widens without moving anybody out of the challenger, as edges resolve it', async () => {
    const { version, id } = await shadowing();
    let inside: string[] = [];
    for (const [stage, share] of [
      ['canary 1', 0.01],
      ['canary 5', 0.05],
      ['canary 25', 0.25],
      ['canary 50', 0.5],
      ['canary 100', 1],
    ] as const) {
      await until(id, stage);
      const now: string[] = servedBy(version);
      expect(now.length / sessions.length).toBeCloseTo(share, 1);
      expect(inside.filter((session) => !now.includes(session))).toEqual([]);
      inside = now;
      expect(services.pointer().arms).toEqual({ [armKey(id, 'challenger')]: version });
    }
    await until(id, 'champion');
    expect(services.pointer()).toMatchObject({ champion: version, by: `rollout ${id}` });
    expect(services.pointer().layers).toBeUndefined();
    expect((await readRollout(services.store, id)).endedAt).not.toBeNull();
  });

  test('stands still while the data are in doubt', async () => {
    const { id } = await canarying();
    const { store } = services;
    const alert = { message: 'half a day is missing', details: {}, openedAt: 1, lastSeenAt: 1 };
    await store.write([
      store.db.insert(alerts).values({ key: 'quality', kind: 'data quality', ...alert }),
    ]);
    const decision = await services.rollouts.advance();
    expect(decision).toMatchObject({
      action: { do: 'wait' },
      why: expect.stringMatching(/half a day is missing/),
    });
    await store.write([store.db.update(alerts).set({ resolvedAt: 2 })]);
    await until(id, 'canary 25');
  });

  test('is withdrawn by hand: nobody is shown it from then on, and the log says who', async () => {
    const { version, id } = await canarying('canary 25');
    expect(servedBy(version).length).toBeGreaterThan(0);
    await services.rollouts.withdraw(id, 'ana');
    expect(servedBy(version)).toEqual([]);
    // Who made the champion live stays where it was.
    expect(services.pointer()).toMatchObject({ champion: RULES_VERSION, by: 'backend' });
    expect(await lastAudit()).toMatchObject({ actor: 'ana', action: 'change traffic' });
    const entries = await services.store.db
      .select()
      .from(audit)
      .where(eq(audit.action, 'withdraw rollout'));
    expect(entries).toMatchObject([{ actor: 'ana', subject: version }]);
    await expect(services.rollouts.withdraw(id, 'ana')).rejects.toThrow(/is over/);
  });
});

test('says why each is where it is, also where no decision does', async () => {
  const { store, rollouts } = services;
  const why = async (id: string) => whyNow(store, await readRollout(store, id));
  const first = await canarying('canary 5');
  const [replaced, waiting] = [await shadowing('second'), await shadowing('third')];
  const stage = await stageOf(first.id);
  expect(await why(first.id)).toMatch(new RegExp(`on to ${stage}$`));
  expect(await why(replaced.id)).toBe(`${waiting.version} took its place, by ana`);
  expect(await why(waiting.id)).toBe(
    `it waits until the rollout of ${first.version} (${first.id}) is over, which is at ${stage}`,
  );
  await rollouts.withdraw(first.id, 'ben');
  expect(await why(first.id)).toBe('withdrawn by hand, by ben');
  await rollouts.advance();
  expect(await why(waiting.id)).toMatch(/on to shadow$/);
});

describe('a crash', () => {
  test('between the decision and the pointer heals at the next look, and decides nothing twice', async () => {
    const { version, id } = await canarying('canary 5');
    beforeRecord = () => (services.kv.failures = Infinity);
    await expect(services.rollouts.advance()).rejects.toThrow(/status 503/);
    expect(await stageOf(id)).toBe('canary 25');
    expect(servedBy(version).length / sessions.length).toBeLessThan(0.1);

    services.kv.failures = 0;
    // The next decision is not recorded either: what heals is the look before it.
    beforeRecord = () => {
      throw new Error('not yet');
    };
    await expect(services.rollouts.advance()).rejects.toThrow('not yet');
    expect(await stageOf(id)).toBe('canary 25');
    expect(servedBy(version).length / sessions.length).toBeGreaterThan(0.2);
    const log = await decisionsOf(services.store, id);
    expect(
      log.filter(({ next, from }) => next.stage === 'canary 25' && from.stage !== 'canary 25'),
    ).toHaveLength(1);
  });

  test('between the decision and a promotion heals as well', async () => {
    const { version, id } = await canarying('canary 100');
    beforeRecord = () => (services.kv.failures = Infinity);
    await expect(services.rollouts.advance()).rejects.toThrow(/status 503/);
    expect(await readRollout(services.store, id)).toMatchObject({
      stage: 'champion',
      endedAt: null,
    });
    expect(services.pointer().champion).toBe(RULES_VERSION);
    services.kv.failures = 0;
    await services.rollouts.advance();
    expect(services.pointer().champion).toBe(version);
    expect((await readRollout(services.store, id)).endedAt).not.toBeNull();
  });

  test('after which ops roll back leaves the promotion undone', async () => {
    const { version, id } = await canarying('canary 100');
    beforeRecord = () => (services.kv.failures = Infinity);
    await expect(services.rollouts.advance()).rejects.toThrow(/status 503/);
    services.kv.failures = 0;
    beforeRecord = () => {};
    services.kv.values.set('WEIGHTS/active', Buffer.from(RULES_VERSION));
    await services.rollouts.advance();
    expect(services.kv.text('WEIGHTS/active')).toBe(RULES_VERSION);
    expect(await stageOf(id)).toBe('hold');
    await services.livePointer.release('ana');
    await services.rollouts.advance();
    expect(await stageOf(id)).toBe('withdrawn');
    expect(servedBy(version)).toEqual([]);
  });

  test('after a promotion, of which nothing was noted, leaves it to the operator to withdraw what is live', async () => {
    const { version, id } = await canarying('champion');
    const { store, rollouts } = services;
    expect(services.pointer().champion).toBe(version);
    // As the crash left it: the pointer is moved, and the rollout not closed.
    await store.write([store.db.update(openOrNot).set({ endedAt: null })]);
    await rollouts.withdraw(id, 'ana');
    expect(services.pointer().champion).toBe(RULES_VERSION);
    expect(servedBy(version)).toEqual([]);
    expect(await readRollout(store, id)).toMatchObject({
      stage: 'withdrawn',
      endedAt: expect.any(Number),
    });
  });

  test('of the edge while ops withdraw a challenger that is live heals at the next look', async () => {
    const { version, id } = await canarying('champion');
    const { store, rollouts, kv } = services;
    await store.write([store.db.update(openOrNot).set({ endedAt: null })]);
    kv.failures = Infinity;
    await expect(rollouts.withdraw(id, 'ana')).rejects.toThrow(/status 503/);
    kv.failures = 0;
    await rollouts.advance();
    expect(services.pointer().champion).toBe(RULES_VERSION);
    expect(servedBy(version)).toEqual([]);
    expect(await readRollout(store, id)).toMatchObject({ stage: 'withdrawn' });
  });

  test('of the fence leaves no trace of a decision', async () => {
    const { id } = await canarying('canary 5');
    const before = await decisionsOf(services.store, id);
    const audited = await lastAudit();
    await expect(services.rollouts.advance(sql`0`)).rejects.toThrow(/another backend decided/);
    expect(await decisionsOf(services.store, id)).toEqual(before);
    expect(await stageOf(id)).toBe('canary 5');
    expect(await lastAudit()).toEqual(audited);
  });
});

describe('ops win', () => {
  test('a rollback gives everybody the bare version, and after the release the rollout is over', async () => {
    const { version, id } = await canarying('canary 25');
    await services.livePointer.rollback(RULES_VERSION, 'ana');
    expect(services.kv.text('WEIGHTS/active')).toBe(RULES_VERSION);
    expect(servedBy(version)).toEqual([]);
    await services.rollouts.advance();
    expect(await stageOf(id)).toBe('hold');
    expect(services.kv.text('WEIGHTS/active')).toBe(RULES_VERSION);
    await services.livePointer.release('ana');
    expect(servedBy(version)).toEqual([]);
    await services.rollouts.advance();
    expect(await stageOf(id)).toBe('withdrawn');
  });

  test('a pointer moved by hand and released before anybody looked ends the rollout all the same', async () => {
    const { version, id } = await canarying('canary 25');
    services.kv.values.set('WEIGHTS/active', Buffer.from(RULES_VERSION));
    await services.livePointer.release('ana');
    expect(await stageOf(id)).toBe('hold');
    expect(servedBy(version)).toEqual([]);
    expect(services.pointer().hold).toBeUndefined();
  });

  test('a promotion of the challenger ends its rollout as champion', async () => {
    const { version, id } = await canarying();
    await services.livePointer.promote(version, 'ana');
    await services.rollouts.noticeManualMove();
    expect(await readRollout(services.store, id)).toMatchObject({
      stage: 'champion',
      endedAt: expect.any(Number),
    });
    expect(services.pointer()).toMatchObject({ champion: version });
    expect(services.pointer().layers).toBeUndefined();
  });

  test('a promotion of another version ends the rollout, and nobody is shown the challenger', async () => {
    const { version, id } = await canarying();
    const other = await services.newVersion('other');
    await services.livePointer.promote(other, 'ana');
    await services.rollouts.noticeManualMove();
    expect(await stageOf(id)).toBe('withdrawn');
    expect(servedBy(version)).toEqual([]);
    expect(services.pointer().champion).toBe(other);
    expect(await whyNow(services.store, await readRollout(services.store, id))).toMatch(
      `ana made ${other} live, and nobody holds it: ${version} starts again`,
    );
  });

  test.each([
    [
      'a training',
      (other: Version) => services.livePointer.promote(other, 'run run_7'),
      /^run run_7 made/,
    ],
    ['a rollback', (other: Version) => services.livePointer.rollback(other, 'ben'), /^ben made/],
    [
      'a pointer written by hand',
      async (other: Version) => {
        services.kv.values.set('WEIGHTS/active', Buffer.from(other));
        await services.livePointer.reconcile();
      },
      /^somebody by hand made/,
    ],
  ])('who moved the champion is named: %s, whoever releases it', async (_, move, says) => {
    const { id } = await canarying();
    const other = await services.newVersion('other');
    await move(other);
    if (services.pointer().hold === true) await services.livePointer.release('ana');
    for (let i = 0; i < 2; i++) await services.rollouts.advance();
    const row = await readRollout(services.store, id);
    expect(row.stage).toBe('withdrawn');
    expect(await whyNow(services.store, row)).toMatch(says);
  });

  test('what experiments show is bare during the hold and back after the release', async () => {
    const version = await services.newVersion('arm');
    const { db } = services.store;
    await services.store.write([
      db
        .insert(layers)
        .values({ name: 'weights', salt: 'w', unit: 'session', rank: 10, createdAt: 1 }),
      db.insert(experiments).values({
        id: 'exp',
        name: 'exp',
        layer: 'weights',
        salt: 'exp-salt',
        rangeFrom: 0,
        rangeTo: 1,
        traffic: 1,
        arms: [
          { name: 'control', weight: 1 },
          { name: 'treatment', weight: 1, version },
        ],
        metrics: [],
        guardrails: [],
        minimumPerArm: 1000,
        status: 'running',
        createdAt: 1,
        startedAt: 1,
      }),
    ]);
    await services.livePointer.refreshTraffic('ana');
    expect(servedBy(version).length).toBeGreaterThan(1500);
    const moved = services.kv.calls.filter((call) => call === 'PUT WEIGHTS/active').length;
    await services.livePointer.refreshTraffic('ana');
    expect(services.kv.calls.filter((call) => call === 'PUT WEIGHTS/active')).toHaveLength(moved);

    await services.livePointer.rollback(RULES_VERSION, 'ana');
    await services.livePointer.refreshTraffic('ana');
    expect(services.kv.text('WEIGHTS/active')).toBe(RULES_VERSION);
    await services.livePointer.release('ana');
    expect(servedBy(version).length).toBeGreaterThan(1500);
  });
});

test('the log decides again as it did, and one that was changed is found', async () => {
  const { id } = await canarying('champion');
  const log = await decisionsOf(services.store, id);
  expect(log.length).toBeGreaterThan(6);
  expect(replayDecisions(log)).toEqual(log);
  expect(() => replayDecisions([log[0], log[2]])).toThrow(/missing or out of order/);
  const { db } = services.store;
  const rows = await db.select({ row: rolloutDecisions.id }).from(rolloutDecisions);
  const decision = { ...log[2], evidence: { ...log[2].evidence, doubts: ['made up'] } };
  await services.store.write([
    db.update(rolloutDecisions).set({ decision }).where(eq(rolloutDecisions.id, rows[2].row)),
  ]);
  const changed = await decisionsOf(services.store, id);
  expect(() => replayDecisions(changed)).toThrow(/^decision 2 of the log .* was changed/);
});
