import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { assign } from '../../../shared/explore/assign.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { decisionsOf, fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { experimentOf, HALVES, layerOf, publishTraffic } from '../support/experiments.ts';
import { hotels } from '../../support/other-schemas.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { clickOn, rank, rankAll } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const down = () => Promise.reject(new Error('down for a test'));
/** The LiveWeights objects, but those that are down. */
const liveWeightsBut = (isDown: (name: string) => boolean) => ({
  idFromName: (name: string) => name,
  get: (name: string) =>
    isDown(name) ? { adopt: down } : env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(name)),
});
const weightsUnless = (isDown: () => boolean) => ({
  get: (...args: Parameters<KVNamespace['get']>) => (isDown() ? down() : env.WEIGHTS.get(...args)),
});

const users = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ sessionId: `s-${i}`, userId: `user-${i}` }));
const arms = { 'exp_1:control': 'v000001', 'exp_1:treatment': 'v000002' };
const pointer = (changes: object = {}) => ({
  champion: 'v000001',
  arms,
  layers: [layerOf('ranking', [experimentOf('exp_1')])],
  at: Date.now() + Math.random(),
  ...changes,
});
let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(6));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
  await storeScorer('v000003', { points: { base: [0, 9] } });
  await storeScorer('v000004', { schema: hotels });
});

beforeEach(() => {
  isolate = coldIsolate();
});
afterEach(() => vi.restoreAllMocks());

describe('what lets anybody choose their arm', () => {
  const salted = () =>
    pointer({
      layers: [
        {
          ...layerOf('ranking', [experimentOf('exp_1', { salt: 'grain-of-arms' })]),
          salt: 'grain-of-layer',
        },
      ],
      shadow: { version: 'v000003', share: 0.5 },
      by: 'ana',
    });
  const told = async (key?: string) => {
    const [version, ranked, health, refused] = await Promise.all([
      isolate.fetch('/v1/version', { key }),
      isolate.fetch('/v1/rank', { key: PUBLISHABLE, body: { sessionId: 's', explain: true } }),
      isolate.fetch('/v1/health', { key }),
      isolate.fetch('/v1/kv/WEIGHTS/active', { key }),
    ]);
    const all = [version, ranked, health, refused];
    const texts = await Promise.all(all.map((response) => response.text()));
    // A token is readable by whoever holds it.
    const { token } = JSON.parse(texts[1]);
    const headers = all.flatMap((response) => [...response.headers]).join();
    return {
      version: JSON.parse(texts[0]),
      text: [
        ...texts,
        headers,
        atob(token.split('.')[0].replaceAll('-', '+').replaceAll('_', '/')),
      ].join(),
    };
  };

  it.each([
    ['no key', undefined],
    ['an unknown key', 'sk_unknown'],
    ['a publishable key', PUBLISHABLE],
  ])('is told nobody with %s: neither by the version nor by a ranking', async (_, key) => {
    await publishTraffic(isolate, salted(), { experiments: ['exp_1'], shadow: 'v000003' });
    const { version, text } = await told(key);
    expect(Object.keys(version)).toEqual([
      'weights',
      'schemaHash',
      'snapshot',
      'weightsAgeMs',
      'snapshotAgeMs',
      'degraded',
    ]);
    expect(version).toMatchObject({ weights: 'v000001', degraded: false });
    expect(text).not.toMatch(/grain-of|range|"by"|ana\b|v000003/);
  });

  it('stays untold when the pointer is damaged, and a problem quotes it', async () => {
    const damaged = JSON.stringify({ layers: [{ salt: 'grain-of-layer' }], champion: 'none' });
    await pointAt(damaged);
    await eventually(async () => {
      const full = await isolate.fetch('/v1/version', { key: SECRET });
      expect(await full.text()).toContain('grain-of-layer');
    });
    for (const key of [undefined, PUBLISHABLE]) {
      const { version, text } = await told(key);
      expect(version).toMatchObject({ degraded: true });
      expect(text).not.toContain('grain-of');
    }
  });
});

describe('an experiment at the edge', () => {
  it.each([
    ['50/50', 0.5, 400],
    ['90/10', 0.1, 600],
    ['a canary of 5 %', 0.05, 600],
  ])('splits users %s, within four standard deviations', async (name, share, count) => {
    const own = experimentOf('exp_1', {
      salt: name,
      arms: [
        { name: 'treatment', weight: share },
        { name: 'control', weight: 1 - share },
      ],
    });
    const layers = [layerOf('ranking', [own])];
    const running = pointer({ layers, at: share });
    await publishTraffic(isolate, running, { experiments: ['exp_1'] });
    const answers = await rankAll(isolate, users(count));
    const treated = answers.filter(({ arm }) => arm === 'treatment');
    const sd = Math.sqrt(count * share * (1 - share));
    expect(Math.abs(treated.length - count * share)).toBeLessThan(4 * sd);
    for (const { experiment, arm, weights, items, headers, degraded } of answers) {
      const version = arm === 'treatment' ? 'v000002' : 'v000001';
      expect({ experiment, weights, degraded }).toEqual({
        experiment: 'exp_1',
        weights: version,
        degraded: false,
      });
      expect(headers.get('x-trimtab-weights')).toBe(version);
      expect(items[0].score).toBe(arm === 'treatment' ? 7 : 30);
    }
  });

  it('keeps a user in its arm across sessions and isolates, and has nobody without an id in it', async () => {
    const isolates = [isolate, coldIsolate()];
    // A cold isolate has its arms only behind its first answers.
    for (const each of isolates) await publishTraffic(each, pointer(), { experiments: ['exp_1'] });
    const [once, again] = await Promise.all(
      isolates.map((each, i) =>
        rankAll(
          each,
          users(40).map(({ userId }) => ({ userId, sessionId: `${userId}-${i}` })),
        ),
      ),
    );
    expect(again.map(({ arm }) => arm)).toEqual(once.map(({ arm }) => arm));
    expect(new Set(once.map(({ arm }) => arm)).size).toBe(2);
    const anonymous = await rank(isolate);
    expect(anonymous).toMatchObject({ weights: 'v000001', degraded: false });
    expect(anonymous).not.toHaveProperty('experiment');
    expect(anonymous).not.toHaveProperty('arm');
  });

  it('keeps a session in its arm where the layer goes by session, whoever the user is', async () => {
    const layers = [layerOf('ranking', [experimentOf('exp_1')], 'session')];
    const running = pointer({ layers });
    await publishTraffic(isolate, running, { experiments: ['exp_1'] });
    const sessions = users(40).map(({ sessionId }) => ({ sessionId }));
    const before = await rankAll(isolate, sessions);
    const later = await rankAll(
      isolate,
      sessions.map((one) => ({ ...one, userId: 'signed-in' })),
    );
    expect(later.map(({ arm }) => arm)).toEqual(before.map(({ arm }) => arm));
    expect(new Set(before.map(({ arm }) => arm)).size).toBe(2);
  });

  it('says the same in answer, token, decision and feedback, of all experiments at once', async () => {
    const explore = { temperature: 5, epsilon: 0.2, poolSize: 6 };
    const wild = experimentOf('exp_2', {
      arms: [HALVES[0], { ...HALVES[1], exploration: explore }],
    });
    const layers = [
      layerOf('ranking', [experimentOf('exp_1')]),
      layerOf('exploration', [wild], 'session'),
    ];
    await publishTraffic(isolate, pointer({ layers }), { experiments: ['exp_1', 'exp_2'] });
    const backend = fakeBackend();
    const answers = await rankAll(isolate, users(30));
    const clicks = answers.map((answer) => clickOn(answer));
    await isolate.fetch('/v1/events', { key: PUBLISHABLE, body: clicks });
    await shipAll();
    const decisions = new Map(
      backend.sent.flatMap((batch) => batch.decisions).map((one) => [one.rankingId as string, one]),
    );
    const events = new Map(
      backend.sent.flatMap((batch) => batch.events).map((one) => [one.rankingId as string, one]),
    );
    const seen = new Set<string>();
    for (const { rankingId, experiment, arm, exposures, token, weights, items } of answers) {
      expect(exposures).toEqual([
        { experiment, arm },
        { experiment: 'exp_2', arm: expect.any(String) },
      ]);
      const text = exposures!.map((one) => `${one.experiment}:${one.arm}`).join(' ');
      expect(verifyToken(token, [env.TOKEN_SECRET!], Date.now()).claims.arm).toBe(text);
      const isWild = text.includes('exp_2:treatment');
      expect(decisions.get(rankingId)).toMatchObject({
        arm: text,
        weights,
        exploration: isWild ? explore : { temperature: 0, epsilon: 0 },
        propensities: items.map(({ propensity }) => propensity),
      });
      expect(items.some(({ propensity }) => propensity < 1)).toBe(isWild);
      expect(events.get(rankingId)).toMatchObject({ arm: text, weights });
      seen.add(text);
    }
    expect(seen.size).toBe(4);
  });

  it('carries the revision that assigned it in decision, token and feedback, while isolates follow a moved pointer one by one', async () => {
    const stage = (revision: number, share: number) => {
      const own = experimentOf('exp_1', {
        arms: [
          { name: 'treatment', weight: share },
          { name: 'control', weight: 1 - share },
        ],
      });
      return pointer({ layers: [layerOf('ranking', [own], 'session')], revision });
    };
    const stages = new Map([
      [258, stage(258, 0.1)],
      [259, stage(259, 0.9)],
    ]);
    // This one looks again in an hour, so it goes on by the share of before.
    const late = coldIsolate({ REFRESH_MS: '3600000' });
    await publishTraffic(isolate, stages.get(258)!, { experiments: ['exp_1'] });
    await eventually(async () => expect(await rank(late)).toHaveProperty('arm'));
    await publishTraffic(isolate, stages.get(259)!, { experiments: ['exp_1'] });
    const backend = fakeBackend();
    const sessions = users(40).map(({ sessionId }) => ({ sessionId }));
    const answers = await Promise.all([late, isolate].map((each) => rankAll(each, sessions)));
    const all = answers.flat();
    const clicks = all.map((answer) => clickOn(answer));
    await isolate.fetch('/v1/events', { key: PUBLISHABLE, body: clicks });
    await shipAll();
    const decisions = backend.sent.flatMap((batch) => batch.decisions);
    const events = backend.sent.flatMap((batch) => batch.events);
    answers.forEach((own, i) => {
      const revision = [258, 259][i];
      const [layer] = stages.get(revision)!.layers;
      own.forEach(({ rankingId, arm, token }, session) => {
        const carried = { arm: `exp_1:${arm}`, pointerRevision: revision };
        expect({ experiment: 'exp_1', arm }).toEqual(assign(layer, sessions[session]));
        expect(verifyToken(token, [env.TOKEN_SECRET!], Date.now()).claims).toMatchObject(carried);
        expect(decisions.find((one) => one.rankingId === rankingId)).toMatchObject(carried);
        expect(events.find((one) => one.rankingId === rankingId)).toMatchObject(carried);
      });
    });
    // The two disagree on most sessions: only the revision tells by which share each was assigned.
    const [before, after] = answers.map((own) => own.map(({ arm }) => arm));
    expect(before.filter((arm, i) => arm !== after[i]).length).toBeGreaterThan(20);
  });

  it.each<[string, object | string, { headers?: Record<string, string> }]>([
    ['a bare version', 'v000001', {}],
    ['JSON without one', { champion: 'v000001' }, {}],
    ['a pinned version', pointer({ revision: 7 }), { headers: { 'x-trimtab-version': 'v000003' } }],
  ])('carries no revision by %s', async (_, live, ask) => {
    await publishTraffic(isolate, live, {});
    const backend = fakeBackend();
    const answer = await rank(isolate, {}, { key: SECRET, ...ask });
    const [decision] = await decisionsOf(backend, [answer]);
    expect(decision).not.toHaveProperty('pointerRevision');
    expect(verifyToken(answer.token, [env.TOKEN_SECRET!], Date.now()).claims).not.toHaveProperty(
      'pointerRevision',
    );
  });

  it('pauses, with its arms, as soon as ops write a bare version', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    await publishTraffic(isolate, 'v000003', { experiments: [] });
    for (const answer of await rankAll(isolate, users(20))) {
      expect(answer).toMatchObject({ weights: 'v000003', degraded: false });
      expect(answer).not.toHaveProperty('experiment');
    }
    await publishTraffic(isolate, pointer({ hold: true }), { experiments: [] });
    const answers = await rankAll(isolate, users(20));
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(new Set(['v000001']));
  });

  it('never shares a user with another one of its layer', async () => {
    const layers = [
      layerOf('ranking', [
        experimentOf('exp_1', { range: [0, 0.5] }),
        experimentOf('exp_3', { range: [0.5, 1] }),
      ]),
    ];
    const more = { ...arms, 'exp_3:treatment': 'v000003' };
    await publishTraffic(isolate, pointer({ layers, arms: more }), {
      experiments: ['exp_1', 'exp_3'],
    });
    const answers = await rankAll(isolate, users(60));
    const counts = Map.groupBy(answers, ({ experiment }) => experiment);
    expect(new Set(counts.keys())).toEqual(new Set(['exp_1', 'exp_3']));
    for (const { experiment, arm, weights, exposures } of answers) {
      expect(exposures).toBeUndefined();
      const treated = experiment === 'exp_1' ? 'v000002' : 'v000003';
      expect(weights).toBe(arm === 'treatment' ? treated : 'v000001');
    }
  });
});

describe('where an arm cannot be served', () => {
  it('the champion serves everybody in its experiment, exposed to nothing, and the reason is told', async () => {
    const missing = { ...arms, 'exp_1:treatment': 'v000404' };
    const { problems } = await publishTraffic(isolate, pointer({ arms: missing }), {
      experiments: [],
      degraded: false,
      problems: [expect.any(String)],
    });
    expect(problems![0]).toMatch(/arm exp_1:treatment cannot be served: .*no weights v000404/);
    for (const answer of await rankAll(isolate, users(20))) {
      expect(answer).toMatchObject({ weights: 'v000001', degraded: false });
      expect(answer).not.toHaveProperty('arm');
    }
  });

  it('because it is of another schema, it still serves requests that bring candidates', async () => {
    const other = { 'exp_1:treatment': 'v000004' };
    await publishTraffic(isolate, pointer({ arms: other }), { experiments: ['exp_1'] });
    for (const answer of await rankAll(isolate, users(20)))
      expect(answer).not.toHaveProperty('experiment');
    const candidates = [
      { id: 'plain', stars: 1 },
      { id: 'grand', stars: 5 },
    ];
    const answers = await rankAll(
      isolate,
      users(20).map((user) => ({ ...user, candidates })),
    );
    for (const { arm, weights, items } of answers) {
      expect(weights).toBe(arm === 'treatment' ? 'v000004' : 'v000001');
      expect(items[0].id).toBe(arm === 'treatment' ? 'grand' : 'plain');
    }
    expect(new Set(answers.map(({ arm }) => arm))).toEqual(new Set(['control', 'treatment']));
  });

  it('by LiveWeights, KV has its version', async () => {
    const apart = coldIsolate({
      LIVE_WEIGHTS: liveWeightsBut((name) => !name.endsWith(':champion')),
    });
    await publishTraffic(apart, pointer(), { experiments: ['exp_1'] });
    const answers = await rankAll(apart, users(20));
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(new Set(['v000001', 'v000002']));
  });

  it('because KV went down after it was read, memory has it', async () => {
    let isDown = false;
    const apart = coldIsolate({
      LIVE_WEIGHTS: liveWeightsBut((name) => isDown && !name.endsWith(':champion')),
      WEIGHTS: weightsUnless(() => isDown),
    });
    await publishTraffic(apart, pointer(), { experiments: ['exp_1'] });
    isDown = true;
    // The pointer moves on, so what is served now was loaded after the failure.
    const moved = pointer({ by: 'later' });
    await publishTraffic(apart, moved, { experiments: ['exp_1'] });
    const answers = await rankAll(apart, users(20));
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(new Set(['v000001', 'v000002']));
  });

  it('for sure, because nothing can be asked what is live, the champion in memory serves all', async () => {
    let isDown = false;
    const apart = coldIsolate({
      LIVE_WEIGHTS: liveWeightsBut(() => isDown),
      WEIGHTS: weightsUnless(() => isDown),
    });
    await publishTraffic(apart, pointer(), { experiments: ['exp_1'] });
    isDown = true;
    await eventually(async () => expect(await rank(apart)).toMatchObject({ degraded: true }));
    for (const answer of await rankAll(apart, users(20))) {
      expect(answer).toMatchObject({ weights: 'v000001', degraded: true });
      expect(answer).not.toHaveProperty('arm');
    }
  });

  it('because the pointer is none any more, the last good weights serve, exposed to nothing', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    const hostile = pointer({ layers: [{ ...layerOf('ranking', []), experiments: [null] }] });
    await publishTraffic(isolate, hostile, {
      pointer: { champion: 'v000001' },
      experiments: [],
      degraded: true,
    });
    for (const answer of await rankAll(isolate, users(20))) {
      expect(answer).toMatchObject({ status: 200, weights: 'v000001', degraded: true });
      expect(answer).not.toHaveProperty('arm');
    }
  });
});

describe('the weights of an arm', () => {
  it('learn online apart from the others', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    const body = {
      baseVersion: 'v000002',
      arm: 'exp_1:treatment',
      deltas: [{ feature: 'base', bucket: 1, points: 0.5 }],
    };
    const answer = await isolate.fetch('/v1/live/deltas', { key: SECRET, body });
    expect(await answer.json()).toEqual({ version: 'v000002', delta: 1 });
    await eventually(async () => {
      for (const { arm, items } of await rankAll(isolate, users(10)))
        expect(items[0].score).toBe(arm === 'treatment' ? 7.5 : 30);
    });
    // A rollback by hand beats what was learned, of arms as well, though none of them is served then.
    await publishTraffic(isolate, 'v000001', { experiments: [] });
    const object = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName('local:exp_1:treatment'));
    await eventually(async () => {
      await rank(isolate);
      const adopted = await runInDurableObject(object, (_, { storage }) =>
        storage.kv.get<object>('adopted'),
      );
      expect(adopted).toMatchObject({ version: 'v000001', delta: 0 });
    });
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    for (const { arm, items } of await rankAll(isolate, users(10)))
      expect(items[0].score).toBe(arm === 'treatment' ? 7 : 30);
  });

  it('are asked for when the isolate refreshes, and by no ranking', async () => {
    let asked = 0;
    const counting = {
      idFromName: (name: string) => name,
      get: (name: string) => {
        asked++;
        return env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(name));
      },
    };
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    const calm = coldIsolate({ LIVE_WEIGHTS: counting, REFRESH_MS: '3600000' });
    // The first ranking waits for no arm.
    expect(await rank(calm, users(1)[0])).not.toHaveProperty('arm');
    const answers = await rankAll(calm, users(60));
    expect(new Set(answers.map(({ arm }) => arm)).size).toBe(2);
    // The champion and two arms, once.
    expect(asked).toBe(3);
  });

  it('that hang keep no ranking waiting, nor the pointer that comes next', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    const hanging = new Promise<never>(() => undefined);
    const apart = coldIsolate({
      LIVE_WEIGHTS: {
        idFromName: (name: string) => name,
        get: (name: string) =>
          name.endsWith(':champion')
            ? env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(name))
            : { adopt: () => hanging },
      },
      WEIGHTS: {
        get: (key: string, options: object) =>
          key === 'w/v000002' ? hanging : env.WEIGHTS.get(key, options),
      },
    });
    const weightsOf = async () =>
      (
        await apart.answer('/v1/rank', { key: PUBLISHABLE, body: { sessionId: 's', userId: 'u' } })
      ).headers.get('x-trimtab-weights');
    // No patience is ever over.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      expect(await weightsOf()).toBe('v000001');
      await pointAt(pointer({ champion: 'v000003' }));
      while ((await weightsOf()) !== 'v000003') await scheduler.wait(20);
      await pointAt('v000001');
      while ((await weightsOf()) !== 'v000001') await scheduler.wait(20);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are served once they are at hand, however slow they were', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const apart = coldIsolate({
      REFRESH_MS: '3600000',
      WEIGHTS: {
        get: async (key: string, options: object) => {
          if (key === 'w/v000002') await slow;
          return env.WEIGHTS.get(key, options);
        },
      },
      LIVE_WEIGHTS: {
        idFromName: (name: string) => name,
        get: (name: string) =>
          name.endsWith(':champion')
            ? env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(name))
            : { adopt: () => Promise.reject(new Error('moved')) },
      },
    });
    const first = await apart.answer('/v1/rank', { key: PUBLISHABLE, body: users(1)[0] });
    expect(await first.json()).not.toHaveProperty('arm');
    release();
    await eventually(async () => {
      const answers = await rankAll(apart, users(20));
      expect(new Set(answers.map(({ arm }) => arm))).toEqual(new Set(['control', 'treatment']));
    });
  });

  it('are dropped when the pointer names them no more', async () => {
    await publishTraffic(isolate, pointer(), { experiments: ['exp_1'] });
    await publishTraffic(isolate, { champion: 'v000001' }, { experiments: [] });
    const answers = await rankAll(isolate, users(20));
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(new Set(['v000001']));
  });
});

describe('a ranking is exposed to nothing', () => {
  const unexposed = async (body: object, ask = {}) => {
    const answers = await Promise.all(
      users(12).map((user) => rank(isolate, { ...user, ...body }, ask)),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer).not.toHaveProperty('experiment');
      expect(verifyToken(answer.token, [env.TOKEN_SECRET!], Date.now()).claims).not.toHaveProperty(
        'arm',
      );
    }
    return answers;
  };
  beforeEach(() => publishTraffic(isolate, pointer(), { experiments: ['exp_1'] }));

  it('with a pinned version, which serves whatever the arm', async () => {
    const pin = { key: SECRET, headers: { 'x-trimtab-version': 'v000003' } };
    for (const { weights } of await unexposed({}, pin)) expect(weights).toBe('v000003');
  });

  it('with one candidate', () => unexposed({ candidates: ['open-1'] }));

  it('with candidates of which one may be shown', () =>
    unexposed({ candidates: ['open-1', { id: 'gone', status: 'full' }] }));

  it('with none that may be shown', () =>
    unexposed({ candidates: [{ id: 'gone', status: 'full' }] }));

  it('with an old catalogue, though its arm serves', async () => {
    await env.CATALOGUE.put('active', '{}');
    try {
      await eventually(async () => expect(await rank(isolate)).toMatchObject({ degraded: true }));
      const answers = await unexposed({});
      expect(new Set(answers.map(({ weights }) => weights)).size).toBe(2);
    } finally {
      await publishItems(openTrips(6));
    }
  });

  it('unlike one with one slot and many to choose from', async () => {
    const answers = await rankAll(
      isolate,
      users(12).map((user) => ({ ...user, limit: 1 })),
    );
    for (const { experiment } of answers) expect(experiment).toBe('exp_1');
  });
});

it('an arm may be told apart from its version: both arms of an A/A test are exposed', async () => {
  const same = { 'exp_1:control': 'v000002', 'exp_1:treatment': 'v000002' };
  await pointAt(pointer({ arms: same }));
  await eventually(async () => {
    const answers = await rankAll(isolate, users(20));
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(
      new Set([parseVersion('v000002')]),
    );
    expect(new Set(answers.map(({ arm }) => arm)).size).toBe(2);
  });
});
