import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { exposuresFromText } from '../../../shared/domain/experiment.ts';
import { hashToUnitInterval } from '../../../shared/explore/assign.ts';
import { fakeBackend, shipAll, type FakeBackend } from '../support/backend.ts';
import { coldIsolate, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, rankAll } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const SALT = 'grain-of-sand';
const SHARE = 0.25;
const ID = 'learning-champion-v000001';
const sessions = Array.from({ length: 200 }, (_, i) => ({
  sessionId: `s-${i}`,
  userId: `user-${i}`,
}));
const isHeldOut = (sessionId: string) => hashToUnitInterval(SALT, 'arm', sessionId) < SHARE;

let isolate: Isolate;
let backend: FakeBackend;
beforeEach(async () => {
  backend = fakeBackend();
  await publishItems(openTrips(6));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
  isolate = coldIsolate();
});
afterEach(() => vi.restoreAllMocks());

const learn = async (points: number | undefined) => {
  const deltas = points === undefined ? [] : [{ feature: 'base', bucket: 1, points }];
  const holdout = { id: ID, share: SHARE, salt: SALT };
  const body = { baseVersion: 'v000001', deltas, replaces: true, holdout };
  const answer = await isolate.fetch('/v1/live/deltas', { key: SECRET, body });
  expect(answer.status).toBe(200);
};
const servesDeltas = async () => {
  const version = await isolate.fetch('/v1/version', { key: SECRET });
  return (await version.json<{ delta: number }>()).delta > 0;
};

/** The exposures of each session's ranking as they are logged, and how many batches of deltas it had. */
async function logged() {
  await shipAll();
  const decisions = backend.sent.flatMap((batch) => batch.decisions);
  backend.sent.length = 0;
  return decisions.map(({ arm = '', delta, weights }) => ({
    exposures: exposuresFromText(arm),
    delta,
    weights,
  }));
}

it('a share of the sessions is served the published weights, the same at every ranking, and both are logged', async () => {
  await rankAll(isolate, sessions);
  for (const { exposures } of await logged()) expect(exposures).toEqual([]);
  await learn(2.5);
  await eventually(async () => expect(await servesDeltas()).toBe(true));
  for (let round = 0; round < 2; round++) {
    const answers = await rankAll(isolate, sessions);
    answers.forEach((answer, i) => {
      expect(answer.items[0].score).toBe(isHeldOut(sessions[i].sessionId) ? 30 : 32.5);
      expect(answer.weights).toBe('v000001');
      // It is nobody's experiment.
      expect(answer).not.toHaveProperty('experiment');
    });
  }
  const decisions = await logged();
  const heldOut = sessions.filter(({ sessionId }) => isHeldOut(sessionId)).length;
  expect(heldOut).toBeGreaterThan(20);
  const of = (arm: string) =>
    decisions.filter(({ exposures }) => exposures.length === 1 && exposures[0].arm === arm);
  expect(of('holdout')).toHaveLength(2 * heldOut);
  expect(of('learned')).toHaveLength(2 * (sessions.length - heldOut));
  expect(new Set(decisions.map(({ exposures }) => exposures[0].experiment))).toEqual(new Set([ID]));
  expect(new Set(of('holdout').map(({ delta }) => delta))).toEqual(new Set([0]));
  expect(of('learned').every(({ delta }) => delta > 0)).toBe(true);

  await learn(undefined);
  await eventually(async () => expect(await servesDeltas()).toBe(false));
  for (const answer of await rankAll(isolate, sessions)) expect(answer.items[0].score).toBe(30);
  for (const { exposures } of await logged()) expect(exposures).toEqual([]);
});

it('who does not consent, and who asks for a version by name, is no part of it', async () => {
  await learn(2.5);
  await eventually(async () => {
    await rank(isolate);
    expect(await servesDeltas()).toBe(true);
  });
  await logged();
  await rank(isolate, { consent: 'none' });
  await rank(isolate, {}, { key: SECRET, headers: { 'x-trimtab-version': 'v000001' } });
  const decisions = await logged();
  expect(decisions).toHaveLength(2);
  for (const { exposures } of decisions) expect(exposures).toEqual([]);
});

it('is independent of an experiment’s arms, whose own versions nobody is held out of', async () => {
  const pointer = {
    champion: 'v000001',
    arms: { 'exp_1:treatment': 'v000002' },
    layers: [layerOf('ranking', [experimentOf('exp_1')])],
    at: Date.now(),
  };
  await publishTraffic(isolate, pointer, { experiments: ['exp_1'] });
  await learn(2.5);
  await eventually(async () => {
    await rank(isolate);
    expect(await servesDeltas()).toBe(true);
  });
  await logged();
  const answers = await rankAll(isolate, sessions);
  answers.forEach((answer, i) => {
    const base = isHeldOut(sessions[i].sessionId) ? 30 : 32.5;
    expect(answer.items[0].score).toBe(answer.arm === 'treatment' ? 7 : base);
    expect(answer).not.toHaveProperty('exposures');
  });
  const decisions = await logged();
  const inArm = (arm: string) =>
    decisions.filter(({ exposures }) => exposures.some((one) => one.arm === arm));
  for (const { exposures } of inArm('treatment')) expect(exposures).toHaveLength(1);
  for (const { exposures } of inArm('control')) expect(exposures).toHaveLength(2);
  const heldOut = inArm('control').filter(({ exposures }) => exposures[1].arm === 'holdout').length;
  // A quarter of the control's sessions, within 5 standard deviations.
  const n = inArm('control').length;
  expect(Math.abs(heldOut - SHARE * n)).toBeLessThan(5 * Math.sqrt(n * SHARE * (1 - SHARE)));
});

it('beside an apprentice it is among those alone whom the version ranks for, and each is logged by itself', async () => {
  const apprentice = { '*': { share: 0.5, change: 3 } };
  await publishTraffic(isolate, { champion: 'v000001', apprentice, at: Date.now() }, {});
  await learn(2.5);
  await eventually(async () => {
    await rank(isolate);
    expect(await servesDeltas()).toBe(true);
  });
  await logged();
  const candidates = openTrips(6).map(({ id }) => ({ id }));
  const answers = await rankAll(
    isolate,
    sessions.map((session) => ({ ...session, candidates })),
  );
  const decisions = await logged();
  const kept = answers.filter(({ siteOrder }) => siteOrder === true);
  expect(kept.length).toBeGreaterThan(60);
  expect(kept.length).toBeLessThan(140);
  const armsOf = (experiment: string) =>
    decisions.flatMap(({ exposures }) => exposures.filter((one) => one.experiment === experiment));
  expect(armsOf('apprentice-3')).toHaveLength(sessions.length);
  expect(armsOf(ID)).toHaveLength(sessions.length - kept.length);
  for (const { exposures } of decisions) {
    const isRanked = exposures.some(({ arm }) => arm === 'trimtab');
    expect(exposures.some(({ experiment }) => experiment === ID)).toBe(isRanked);
  }
  const ranked = sessions.filter((_, i) => answers[i].siteOrder !== true);
  const heldOut = ranked.filter(({ sessionId }) => isHeldOut(sessionId)).length;
  expect(armsOf(ID).filter(({ arm }) => arm === 'holdout')).toHaveLength(heldOut);
});
