import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { posteriorOf } from '../../../shared/score/posterior.ts';
import { toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { env } from 'cloudflare:workers';
import { decisionsOf, fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(80, 3);
let scorer: AdditiveScorer;

beforeAll(async () => {
  await publishItems(trips);
  const exploration = { temperature: 4, epsilon: 0.1, poolSize: 30 };
  scorer = await publishScorer('v000005', { exploration });
});

afterEach(() => vi.restoreAllMocks());

describe('logging decisions', () => {
  it('records what it takes to replay the slate bit for bit', async () => {
    const backend = fakeBackend();
    const preferences = { themes: ['ski'], budget: 900 };
    const answer = await rank(coldIsolate(), { userId: 'user-1', preferences, limit: 7 });
    const [decision] = await decisionsOf(backend, [answer]);
    expect(decision).toMatchObject({
      rankingId: answer.rankingId,
      sessionId: keyedSession('session-1'),
      userId: keyedUser('user-1'),
      context: { placement: 'main', consent: 'measure' },
      weights: 'v000005',
      delta: 0,
      schemaHash: smarttrip.hash,
      snapshot: answer.snapshot,
      degraded: false,
      exploration: scorer.exploration,
      limit: 7,
    });
    // Byte for byte: what a request does not ask for is in no log.
    expect(decision.request).toBe(JSON.stringify({ preferences, context: {}, recent: [] }));
    const { at: nowMs, seed, exploration, limit } = decision;
    const table = rankable(packItems(smarttrip.columns, trips));
    const visit = JSON.parse(decision.request);
    const replayed = rankSlate(scorer, table, visit, { limit, seed, nowMs, exploration });
    expect(replayed.ids).toEqual(decision.itemIds);
    expect(replayed.units).toEqual(decision.units);
    expect(replayed.propensities).toEqual(decision.propensities);
    expect(replayed.codes).toEqual(decision.codes);
    expect(answer.items.map(({ id, score, propensity }) => [id, score, propensity])).toEqual(
      decision.itemIds.map((id, i) => [id, toPoints(decision.units[i]), decision.propensities[i]]),
    );
  });

  it.each([
    // Nothing would be raised where nothing at all is known: it would cost too much.
    { raises: 'all features', own: {}, deviation: 6, version: 'v000007' },
    // How many it raises is the version's, and no decision says it.
    { raises: 'one feature', own: { raisedFeatures: 1 }, deviation: 20, version: 'v000008' },
  ])(
    'records what a version raised that raises $raises, and replays it bit for bit',
    async ({ own, deviation, version }) => {
      const backend = fakeBackend();
      const exploration = { temperature: 4, epsilon: 0.1, poolSize: 20, optimism: 1, maxLoss: 30 };
      const unsure = await publishScorer(version, {
        exploration: { ...exploration, ...own },
        posterior: posteriorOf(smarttrip, () => deviation),
      });
      const isolate = coldIsolate();
      const answers: RankAnswer[] = [];
      for (let i = 0; i < 40; i++)
        answers.push(await rank(isolate, { preferences: { budget: 500 + i }, limit: 5 }));
      const decisions = await decisionsOf(backend, answers);
      const raised = decisions.filter(({ raises }) => raises?.some((units) => units > 0) === true);
      expect(raised.length).toBeGreaterThan(0);
      expect(raised.length).toBeLessThan(30);
      const table = rankable(packItems(smarttrip.columns, trips));
      for (const { at: nowMs, seed, limit, request, ...logged } of decisions) {
        expect(logged.exploration).toEqual(exploration);
        const options = { limit, seed, nowMs, exploration: logged.exploration };
        const replayed = rankSlate(unsure, table, JSON.parse(request), options);
        expect(replayed.ids).toEqual(logged.itemIds);
        expect(replayed.units).toEqual(logged.units);
        expect(replayed.raises).toEqual(logged.raises);
        expect(replayed.propensities).toEqual(logged.propensities);
      }
    },
  );

  it('records the candidates with their live attributes, in their order', async () => {
    const backend = fakeBackend();
    const candidates = [{ id: 'z', price: 5 }, { id: 'trip-1' }, { id: 'a', themes: ['ski'] }];
    const recent = [{ itemId: 'z', type: 'view', at: Date.UTC(2026, 10, 1) }];
    const answer = await rank(coldIsolate(), { candidates, recent, context: { device: 'phone' } });
    const [decision] = await decisionsOf(backend, [answer]);
    expect(JSON.parse(decision.request)).toEqual({
      preferences: {},
      context: { device: 'phone' },
      recent,
      candidates,
    });
  });

  it('spreads what one session opens over the shards, so that it piles up in none', async () => {
    const shards = new Set<string>();
    const counted = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        appendDecisions: (bytes: Uint8Array) => {
          shards.add(name);
          return env.EVENT_LOG.get(env.EVENT_LOG.idFromName(name)).appendDecisions(bytes);
        },
      }),
    };
    const isolate = coldIsolate({ EVENT_LOG: counted });
    // That 24 random ones fall on one of 8 shards has a chance of 8 to the power of -23.
    for (let n = 0; n < 24; n++) await rank(isolate, { sessionId: 'the-same' });
    expect(shards.size).toBeGreaterThan(1);
  });

  it('loses none of many concurrent rankings, and writes far fewer times than there are', async () => {
    const backend = fakeBackend();
    let appends = 0;
    const counted = {
      idFromName: (name: string) => env.EVENT_LOG.idFromName(name),
      get: (id: DurableObjectId) => ({
        appendDecisions(bytes: Uint8Array) {
          appends++;
          return env.EVENT_LOG.get(id).appendDecisions(bytes);
        },
      }),
    };
    const isolate = coldIsolate({ EVENT_LOG: counted });
    await rank(isolate);
    appends = 0;
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => rank(isolate, { sessionId: `session-${i % 50}` })),
    );
    await shipAll();
    const logged = backend.sent.flatMap(({ decisions }) => decisions.map((d) => d.rankingId));
    const shown = answers.map(({ rankingId }) => rankingId);
    expect(logged).toEqual(expect.arrayContaining(shown));
    expect(appends).toBeGreaterThan(0);
    expect(appends).toBeLessThan(20);
  });

  it('appends again when an object fails once', async () => {
    const backend = fakeBackend();
    let failures = 1;
    const flaky = {
      idFromName: (name: string) => env.EVENT_LOG.idFromName(name),
      get: (id: DurableObjectId) => ({
        appendDecisions: (bytes: Uint8Array) =>
          failures-- > 0
            ? Promise.reject(new Error('moved'))
            : env.EVENT_LOG.get(id).appendDecisions(bytes),
      }),
    };
    const { rankingId } = await rank(coldIsolate({ EVENT_LOG: flaky }));
    await shipAll();
    const logged = backend.sent.flatMap(({ decisions }) => decisions.map((d) => d.rankingId));
    expect(logged).toContain(rankingId);
  });

  it('counts what could not be logged, tells it in the version, and ships the count with a later batch', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    let isFull = true;
    const log = {
      idFromName: (name: string) => env.EVENT_LOG.idFromName(name),
      get: (id: DurableObjectId) => ({
        appendDecisions: (bytes: Uint8Array, lost: number) =>
          isFull
            ? Promise.reject(new Error('database or disk is full'))
            : env.EVENT_LOG.get(id).appendDecisions(bytes, lost),
      }),
    };
    const isolate = coldIsolate({ EVENT_LOG: log });
    const backend = fakeBackend();
    await shipAll();
    for (let i = 0; i < 3; i++) await rank(isolate);
    const version = await (
      await isolate.fetch('/v1/version', { key: SECRET })
    ).json<{ lostDecisions: number }>();
    expect(version.lostDecisions).toBe(3);
    isFull = false;
    const { rankingId } = await rank(isolate);
    await rank(isolate);
    await shipAll();
    const shipped = backend.sent.filter(({ decisions }) =>
      decisions.some((one) => one.rankingId === rankingId),
    );
    expect(shipped).toHaveLength(1);
    expect(backend.sent.reduce((sum, { lost = 0 }) => sum + lost, 0)).toBe(3);
  });

  it('answers all the same when the log cannot be reached at all', async () => {
    const errors = vi.spyOn(console, 'error').mockReturnValue();
    const broken = {
      idFromName: (name: string) => name,
      get: () => ({ appendDecisions: () => Promise.reject(new Error('gone')) }),
    };
    expect(await rank(coldIsolate({ EVENT_LOG: broken }))).toMatchObject({ status: 200 });
    expect(errors.mock.lastCall?.[0]).toMatch(/1 decisions could not be logged/);
  });
});
