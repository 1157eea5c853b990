import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { scorerOfDecision } from '../../backend/runs/online/served-deltas.ts';
import { storedExploration } from '../../shared/domain/exploration.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { AdditiveScorer } from '../../shared/score/scorer.ts';
import { clickOn, openDatabase, putItems, rank } from '../support/client.ts';
import { scorerInKv, snapshotInKv, storedDecisions } from '../support/stored-decisions.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const WARM = 60;
let system: System;

beforeAll(async () => {
  system = await startSystem({
    config: {
      onlineLearning: { everySeconds: 0.5, minimumRewarded: 20, spread: 1, cells: ['local', 'EU'] },
      trainingData: { filters: { minReactionMs: 0 } },
    },
    edgeEnv: { REFRESH_MS: '200', SHIP_INTERVAL_MS: '200' },
  });
  await putItems(system, demoCatalogue(200, 4, Date.now()));
});
afterAll(() => system?.stop());

/** Somebody who clicks the second item. */
async function visit(n: number): Promise<void> {
  const answer = await rank(system, { sessionId: `visitor-${n}`, limit: 6 });
  const key = system.keys.publishableKey;
  const click = clickOn(answer, answer.items[1].id);
  expect((await system.edge.ask('/v1/events', { key, body: [click] })).status).toBe(202);
}

it('slates that were drawn with what was learned are drawn again bit for bit, by the deltas that their decisions name', async () => {
  let visits = 0;
  for (; visits < WARM; visits++) await visit(visits);
  const { db, close } = openDatabase(system);
  const decisions = await until('slates were drawn with several batches of deltas', async () => {
    for (let n = 0; n < 5; n++) await visit(visits++);
    const found = await storedDecisions(db);
    return new Set(found.map(({ delta }) => delta)).size >= 4 && found;
  });
  const [{ weights, snapshot }] = decisions;
  const base = (await scorerInKv(system, weights)) as AdditiveScorer;
  const table = await snapshotInKv(system, snapshot);
  let changed = 0;
  for (const decision of decisions) {
    const scorer = await scorerOfDecision({ db }, base, decision);
    const { request, limit, seed, at: nowMs } = decision;
    const { raisedFeatures: _count, ...exploration } = scorer.exploration;
    expect(exploration).toEqual(storedExploration(decision));
    const options = { limit, seed, nowMs, exploration };
    const slate = rankSlate(scorer, table, request, options);
    expect(slate.ids).toEqual(decision.itemIds);
    expect(Int32Array.from(slate.units)).toEqual(decision.units);
    expect(Float64Array.from(slate.propensities)).toEqual(decision.propensities);
    const published = Int32Array.from(rankSlate(base, table, request, options).units);
    if (published.some((units, slot) => units !== decision.units[slot])) changed++;
  }
  close();
  // By the published version alone they are not.
  expect(changed).toBeGreaterThan(3);
});
