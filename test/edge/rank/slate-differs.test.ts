import { beforeAll, describe, expect, it } from 'vitest';
import { coldIsolate, type Isolate } from '../support/edge.ts';
import { experimentOf, HALVES, layerOf, publishTraffic } from '../support/experiments.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rankAll, type RankAnswer } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

/** Whoever has a budget of 250 sees open-0 and open-1 first by v000001, and last by v000002; v000003 is another name. */
const ASKS = { preferences: { budget: 250 } };
const COUNT = 40;
let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 30], budget: [0, -12] } });
  await storeScorer('v000003', { points: { base: [0, 7], budget: [0, 12] } });
  isolate = coldIsolate();
});

const bodies = (more: object) =>
  Array.from({ length: COUNT }, (_, i) => ({
    sessionId: `s${i}`,
    userId: `user-${i}`,
    ...ASKS,
    ...more,
  }));
const exposed = (answers: readonly RankAnswer[]) =>
  answers.filter(({ experiment }) => experiment === 'exp_1');

async function run(treatment: object, arms: object): Promise<void> {
  const own = experimentOf('exp_1', {
    trigger: 'slate differs',
    arms: [HALVES[0], { ...HALVES[1], ...treatment }],
  });
  const layers = [layerOf('ranking', [own])];
  await publishTraffic(isolate, { champion: 'v000001', arms, layers }, { experiments: ['exp_1'] });
}

describe('an experiment that counts only where slates differ', () => {
  it('exposes all in both arms where the order is another', async () => {
    await run({}, { 'exp_1:treatment': 'v000002' });
    const answers = await rankAll(isolate, bodies({}));
    expect(exposed(answers)).toHaveLength(COUNT);
    for (const { arm, items } of answers)
      expect(items[0].id).toBe(arm === 'treatment' ? 'open-2' : 'open-0');
    expect(new Set(answers.map(({ arm }) => arm)).size).toBe(2);
  });

  it('exposes nobody where only the scores are others, though the arms serve', async () => {
    await run({}, { 'exp_1:treatment': 'v000003' });
    const answers = await rankAll(isolate, bodies({}));
    expect(exposed(answers)).toEqual([]);
    expect(new Set(answers.map(({ weights }) => weights))).toEqual(new Set(['v000001', 'v000003']));
  });

  it('exposes nobody whose wishes tell the arms not apart', async () => {
    await run({}, { 'exp_1:treatment': 'v000002' });
    expect(exposed(await rankAll(isolate, bodies({ preferences: {} })))).toEqual([]);
  });

  it('looks no further than the slate', async () => {
    await run({}, { 'exp_1:treatment': 'v000002' });
    const alike = { candidates: ['open-0', 'open-1'] };
    expect(exposed(await rankAll(isolate, bodies(alike)))).toEqual([]);
    const candidates = ['open-3', 'open-0'];
    expect(exposed(await rankAll(isolate, bodies({ candidates })))).toHaveLength(COUNT);
  });

  it('compares draws from the same seed where an arm explores, so some are exposed, in both arms', async () => {
    const exploration = { temperature: 6, epsilon: 0, poolSize: 5 };
    await run({ exploration }, {});
    const answers = await rankAll(isolate, bodies({ limit: 2 }));
    const found = exposed(answers);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(COUNT);
    // In the control the slate is the best two for certain; those not exposed in the treatment were shown the same.
    for (const { arm, items, experiment } of answers) {
      const ids = items.map(({ id }) => id);
      if (arm === 'control' || experiment === undefined) expect(ids).toEqual(['open-0', 'open-1']);
      else expect(ids).not.toEqual(['open-0', 'open-1']);
      if (arm === 'treatment') expect(items[0].propensity).toBeLessThan(1);
    }
  });
});
