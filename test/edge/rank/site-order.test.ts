import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parsePlacement } from '../../../shared/domain/placement.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { env } from 'cloudflare:workers';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { experimentOf, layerOf } from '../support/experiments.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { clickOn, rank, rankAll, type RankAnswer } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(40, 5);
/** An order that no rule gives. */
const candidates = trips.slice(0, 12).map(({ id }) => id);
const preferences = { budget: 900, themes: ['ski'] };
const apprentice = { '*': { share: 0, change: 1 } };

let champion: AdditiveScorer;

beforeAll(async () => {
  await publishItems(trips);
  champion = await publishScorer('v000001', {
    exploration: { temperature: 5, epsilon: 0.2, poolSize: 30 },
  });
  await storeScorer('v000002', { points: { base: [0, 7] } });
});
afterEach(() => vi.restoreAllMocks());

/** An isolate that goes by a pointer. */
async function isolateBy(pointer: object | string): Promise<Isolate> {
  await pointAt(
    typeof pointer === 'string' ? pointer : { champion: 'v000001', at: Date.now(), ...pointer },
  );
  return coldIsolate();
}
const idsOf = ({ items }: RankAnswer) => items.map(({ id }) => id);
const rankIn = (isolate: Isolate, body: object = {}, ask = {}) =>
  rank(isolate, { preferences, candidates, limit: 5, ...body }, ask);

async function logged(isolate: Isolate, bodies: readonly object[]) {
  const backend = fakeBackend();
  const answers = await rankAll(
    isolate,
    bodies.map((body, i) => ({
      sessionId: `s-${i}`,
      preferences,
      candidates,
      limit: 5,
      ...body,
    })),
  );
  await shipAll();
  const decisions = new Map(
    backend.sent.flatMap((batch) => batch.decisions).map((one) => [one.rankingId as string, one]),
  );
  return answers.map((answer) => ({ answer, decision: decisions.get(answer.rankingId)! }));
}

describe('an apprentice', () => {
  it('keeps the order of the candidates, says so, and explains what it would have ranked by', async () => {
    const isolate = await isolateBy({ apprentice });
    const answer = await rankIn(isolate, { explain: true });
    expect(answer).toMatchObject({ status: 200, siteOrder: true, degraded: false });
    expect(idsOf(answer)).toEqual(candidates.slice(0, 5));
    for (const { propensity, score, reasons } of answer.items) {
      expect(propensity).toBe(1);
      expect(reasons!.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 3);
    }
    expect(new Set(answer.items.map(({ score }) => score)).size).toBeGreaterThan(1);
  });

  it('logs what was shown as it was, and beside it what the champion would have shown without exploring', async () => {
    const isolate = await isolateBy({ apprentice, revision: 7 });
    const [{ answer, decision }] = await logged(isolate, [{}]);
    const table = candidateTable(smarttrip, trips.slice(0, 12), undefined);
    const own = rankSlate(champion, table, parseRankRequest({ sessionId: 's', preferences }), {
      limit: 5,
      seed: decision.seed,
      nowMs: decision.at,
      exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
    });
    expect(own.ids).not.toEqual(candidates.slice(0, 5));
    expect(decision).toMatchObject({
      siteOrder: true,
      weights: 'v000001',
      itemIds: candidates.slice(0, 5),
      propensities: [1, 1, 1, 1, 1],
      exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
      shadow: { version: 'v000001', itemIds: own.ids },
    });
    // No pointer assigned it to anything.
    expect(decision.pointerRevision).toBeUndefined();
    expect(decision.arm).toBeUndefined();
    // What both show is scored alike.
    const shared = answer.items.filter(({ id }) => own.ids.some((one) => one === id));
    expect(shared).not.toEqual([]);
    for (const { id, score } of shared)
      expect(score).toBe(toPoints(own.units[own.ids.findIndex((one) => one === id)]));
    expect(decision.codes).toHaveLength(5 * smarttrip.features.length);
  });

  it('takes clicks on the order as on any other', async () => {
    const isolate = await isolateBy({ apprentice });
    const backend = fakeBackend();
    const answer = await rankIn(isolate);
    const { status } = await isolate.fetch('/v1/events', {
      key: PUBLISHABLE,
      body: [clickOn(answer, 4)],
    });
    expect(status).toBe(202);
    await shipAll();
    const events = backend.sent.flatMap((batch) => batch.events);
    expect(events).toMatchObject([{ itemId: candidates[4], rankingId: answer.rankingId }]);
  });

  it('ranks as usual where there is no order to keep, or a version is asked for by name', async () => {
    const isolate = await isolateBy({ apprentice });
    const catalogue = await rankIn(isolate, { candidates: undefined });
    expect(catalogue.items).toHaveLength(5);
    expect(catalogue).not.toHaveProperty('siteOrder');
    const pinned = await rankIn(
      isolate,
      { limit: 12 },
      { key: SECRET, headers: { 'x-trimtab-version': 'v000002' } },
    );
    expect(pinned).toMatchObject({ weights: 'v000002' });
    expect(pinned).not.toHaveProperty('siteOrder');
  });

  it('shows everything of the order, where a ranking would leave out what is full', async () => {
    const isolate = await isolateBy({ apprentice });
    const answer = await rankIn(isolate, {
      candidates: [{ id: 'full', status: 'full' }, 'unheard-of'],
    });
    expect(idsOf(answer)).toEqual(['full', 'unheard-of']);
  });

  it('is one at some placements only, where each has its own setting', async () => {
    const isolate = await isolateBy({
      apprentice: { '*': { share: 1, change: 1 }, home: { share: 0, change: 2 } },
    });
    expect(await rankIn(isolate, { placement: parsePlacement('home') })).toHaveProperty(
      'siteOrder',
    );
    expect(await rankIn(isolate)).not.toHaveProperty('siteOrder');
    const others = await isolateBy({
      apprentice: { '*': { share: 0, change: 1 }, home: { share: 1, change: 2 } },
    });
    expect(await rankIn(others, { placement: parsePlacement('home') })).not.toHaveProperty(
      'siteOrder',
    );
    expect(await rankIn(others)).toHaveProperty('siteOrder');
  });

  it('stays one while an operator holds a version', async () => {
    const isolate = await isolateBy({ apprentice, hold: true });
    expect(await rankIn(isolate)).toHaveProperty('siteOrder');
  });

  it('stays one, degraded, when an isolate that knows it cannot read the pointer any more', async () => {
    await pointAt({ champion: 'v000001', apprentice });
    let isDown = false;
    const down = () => Promise.reject(new Error('down for a test'));
    const isolate = coldIsolate({
      REFRESH_MS: '10',
      WEIGHTS: { get: (...all: [string]) => (isDown ? down() : env.WEIGHTS.get(...all)) },
      LIVE_WEIGHTS: { idFromName: () => '', get: () => ({ adopt: down }) },
    });
    expect(await rankIn(isolate)).toMatchObject({ siteOrder: true, degraded: false });
    isDown = true;
    await vi.waitFor(async () =>
      expect(await rankIn(isolate)).toMatchObject({ siteOrder: true, degraded: true }),
    );
  });

  it('is not taken from a pointer that no edge could understand', async () => {
    const isolate = await isolateBy({ apprentice: { '*': { share: 2, change: 1 } } });
    expect(await rankIn(isolate)).toMatchObject({ status: 200 });
  });
});

describe('sessions that are split between the two orders', () => {
  const split = (share: number, change: number) => ({ apprentice: { '*': { share, change } } });

  it('are told apart in answer, log and token, by a hash that keeps them where they are', async () => {
    const bodies = Array.from({ length: 60 }, () => ({}));
    const small = await logged(await isolateBy(split(0.3, 4)), bodies);
    const inTrimtab = small.filter(({ answer }) => answer.arm === 'trimtab');
    // 60 draws of 0.3: outside of 4 to 35 once in a million times.
    expect(inTrimtab.length).toBeGreaterThan(3);
    expect(inTrimtab.length).toBeLessThan(36);
    for (const { answer, decision } of small) {
      expect(answer.experiment).toBe('apprentice-4');
      expect(decision.arm).toBe(`apprentice-4:${answer.arm}`);
      expect(decision.siteOrder === true).toBe(answer.arm === 'site');
      const { arm } = verifyToken(answer.token, [env.TOKEN_SECRET!], Date.now()).claims;
      expect(arm).toBe(decision.arm);
    }
    const large = await logged(await isolateBy(split(0.8, 5)), bodies);
    small.forEach(({ answer }, i) => {
      expect(large[i].answer.experiment).toBe('apprentice-5');
      if (answer.arm === 'trimtab') expect(large[i].answer.arm).toBe('trimtab');
    });
  });

  it('take part in experiments on versions only where a version ranks, and without consent in none', async () => {
    const traffic = {
      arms: { 'exp_1:control': 'v000001', 'exp_1:treatment': 'v000002' },
      layers: [layerOf('ranking', [experimentOf('exp_1')], 'session')],
      revision: 9,
    };
    const isolate = await isolateBy({ ...traffic, ...split(0.5, 6) });
    await rank(isolate);
    await vi.waitFor(async () => {
      const version = await (await isolate.fetch('/v1/version', { key: SECRET })).json<any>();
      expect(version.experiments).toEqual(['exp_1']);
    });
    for (const { answer, decision } of await logged(
      isolate,
      Array.from({ length: 30 }, () => ({})),
    )) {
      const isSite = decision.siteOrder === true;
      const names = (answer.exposures ?? [answer]).map(({ experiment }) => experiment);
      expect(names).toEqual(isSite ? ['apprentice-6'] : ['exp_1', 'apprentice-6']);
      expect(decision.pointerRevision).toBe(isSite ? undefined : 9);
    }
    const unasked = await logged(isolate, [
      { consent: 'none' },
      { candidates: candidates.slice(0, 1) },
    ]);
    for (const { answer } of unasked) expect(answer.experiment ?? 'exp_1').toBe('exp_1');
  });
});
