import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { storedExploration } from '../../shared/domain/exploration.ts';
import { RULES_VERSION, type Version, type GivenId } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import type { Item } from '../../shared/domain/item.ts';
import { attributesAt, packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { rankBodies } from '../bench/support/rank-bodies.ts';
import {
  call,
  clickOn,
  liveAtEdge,
  openDatabase,
  putItems,
  rank,
  train,
} from '../support/client.ts';
import { asItem, scorerInKv, snapshotInKv, storedDecisions } from '../support/stored-decisions.ts';
import { sizedForHours } from '../support/size.ts';
import { identityOf, startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { concordance, crowd, type Crowd } from '../world/visitors.ts';

const SEED = 20_261_122;
const VISITS = sizedForHours(450, 700);
const IN_FLIGHT = 5;
const NOW_MS = Date.now();

const trips = demoCatalogue(1500, SEED, NOW_MS);
let system: System;
let visitors: Crowd;
let learned: Version;

beforeAll(async () => {
  // Every shipment is a transaction on the disk: ten a second would be most of the work.
  // What is drawn with what was learned since cannot be drawn again from the version alone.
  system = await startSystem({
    config: { onlineLearning: { enabled: false } },
    edgeEnv: { SHIP_INTERVAL_MS: '500' },
  });
  visitors = crowd(trips.map(asItem), SEED, NOW_MS);
});
afterAll(() => system?.stop());

describe(`the whole circle, with ${VISITS} visitors of seed ${SEED}`, () => {
  it('ranks the catalogue at the edge once its items are in', async () => {
    await putItems(system, trips);
    const answer = await rank(system, { sessionId: 'first', limit: 10 });
    expect(answer.items).toHaveLength(10);
    expect(answer).toMatchObject({ weights: RULES_VERSION, degraded: false });
    expect(answer.snapshot).toBe((await liveAtEdge(system)).snapshot);
  });

  it('brings every ranking and every click to the backend', async () => {
    // Every other one sees a page of search results, so that the log also tells of what the rules would not show.
    const bodies = rankBodies(VISITS, SEED).map((body, i) =>
      i % 2 === 0 ? body : { ...body, candidates: somePage(i) },
    ) as Wishing[];
    for (let from = 0; from < VISITS; from += IN_FLIGHT)
      await click(await Promise.all(bodies.slice(from, from + IN_FLIGHT).map(visit)));
    await until('all is ingested', async () => {
      const { counts } = await call<Status>(system, 'GET', '/v1/status');
      return counts.decisions >= VISITS + 1 && counts.events >= VISITS;
    });
    const { counts } = await call<Status>(system, 'GET', '/v1/status');
    expect(counts).toMatchObject({ decisions: VISITS + 1, events: VISITS });
  });

  it('learns from them, proves it, and every edge takes the new version', async () => {
    const run = await train(system);
    expect(run).toMatchObject({
      status: 'done',
      progress: { outcome: 'promoted', gate: { verdict: 'promote' } },
    });
    learned = run.version!;
    expect(learned).not.toBe(RULES_VERSION);
    await untilEdgeServes(learned);
  });

  it('ranks closer to what visitors want with what it learned than with the rules', async () => {
    const [byRules, byLearned] = [await agreement(RULES_VERSION), await agreement(learned)];
    expect(byLearned).toBeGreaterThan(byRules + 0.12);
    expect(byLearned).toBeGreaterThan(0.75);
  });

  it('replays every logged decision bit for bit', async () => {
    // The learned weights have no round numbers, which is where engines differ.
    const more = rankBodies(sizedForHours(40, 100), SEED + 2);
    for (const body of more) expect((await rank(system, body)).weights).toBe(learned);
    const logged = await until('the newest decisions are in', async () => {
      const found = await decisions();
      const newest = identityOf(system).sessionId(more.at(-1)!.sessionId as GivenId);
      return found.some(({ sessionId }) => sessionId === newest) && found;
    });
    expect(new Set(logged.map(({ weights }) => weights))).toEqual(
      new Set([RULES_VERSION, learned]),
    );
    expect(new Set(logged.map(({ snapshot }) => snapshot)).size).toBe(1);
    const catalogue = await snapshotInKv(system, logged[0].snapshot);
    const scorers = new Map<string, Scorer>();
    for (const version of [RULES_VERSION, learned])
      scorers.set(version, await scorerInKv(system, version));
    for (const { limit, seed, at, request, ...decision } of logged) {
      const scorer = scorers.get(decision.weights)!;
      // In how many features weights are raised is for the version to say.
      const { raisedFeatures: _count, ...exploration } = scorer.exploration;
      expect(exploration).toEqual(storedExploration(decision));
      const table = request.candidates ? among(request.candidates, catalogue) : catalogue;
      const slate = rankSlate(scorer, table, request, { limit, seed, nowMs: at, exploration });
      expect(slate.ids).toEqual(decision.itemIds);
      expect(Int32Array.from(slate.units)).toEqual(decision.units);
      expect(Float64Array.from(slate.propensities)).toEqual(decision.propensities);
      expect(slate.codes).toEqual(decision.codes);
    }
  });

  it('serves the rules again, and holds, once ops write a bare version id into KV', async () => {
    const { status } = await system.edge.ask('/v1/kv/WEIGHTS/active', {
      method: 'PUT',
      key: system.keys.secretKey,
      body: RULES_VERSION,
    });
    expect(status).toBe(200);
    await untilEdgeServes(RULES_VERSION);
    const { weights } = await until('the backend notices', async () => {
      const found = await call<Status>(system, 'GET', '/v1/status');
      return found.weights.version === RULES_VERSION && found;
    });
    expect(weights).toMatchObject({ hold: true, by: null });
    expect((await audit())[0]).toMatchObject({
      action: 'pointer moved by hand',
      actor: 'by hand, outside Trimtab',
      subject: RULES_VERSION,
      details: { text: RULES_VERSION, before: expect.stringContaining(learned) },
    });
  });

  it('stores what it learns while held, and puts nothing live', async () => {
    const run = await train(system, { force: true });
    expect(run.status).toBe('done');
    expect(run.progress.outcome).toMatch(/^stored, not promoted: .*release first/);
    const promoted = await system.backend.ask(`/v1/weights/${run.version}/promote`, {
      method: 'POST',
      key: system.keys.secretKey,
    });
    expect([promoted.status, promoted.json()]).toEqual([
      409,
      { code: 'on_hold', message: expect.stringMatching(/release first/) },
    ]);
    expect(await liveAtEdge(system)).toMatchObject({ weights: RULES_VERSION, degraded: false });
  });

  it('puts what it learns live again after a release', async () => {
    await call(system, 'POST', '/v1/weights/release');
    expect(await liveAtEdge(system)).toMatchObject({ weights: RULES_VERSION });
    // Forced: the newest rankings are the tests' own, in which nobody clicks, so there is no proof in them.
    const run = await train(system, { force: true });
    expect(run.progress.outcome).toBe('promoted');
    await untilEdgeServes(run.version!);
    const actions = (await audit()).map(({ action }) => action);
    expect(actions.slice(0, 2)).toEqual(['promote', 'release']);
  });
});

type Wishing = Pick<Visit, 'preferences'>;

/** Thirty trips that have nothing in common. */
const somePage = (n: number) =>
  Array.from({ length: 30 }, (_, i) => ({ id: trips[(37 * n + 50 * i) % trips.length].id }));

interface Status {
  readonly counts: { readonly decisions: number; readonly events: number };
  readonly weights: { readonly version: Version; readonly hold: boolean };
}

/** @returns what the visitor clicks on. */
async function visit(body: Wishing) {
  const ranking = await rank(system, body);
  const shown = ranking.items.map(({ id }) => id);
  return clickOn(ranking, visitors.click(body, shown));
}

async function click(clicks: readonly object[]): Promise<void> {
  const answer = await system.edge.ask('/v1/events', {
    key: system.keys.publishableKey,
    body: clicks,
  });
  expect([answer.status, answer.json()]).toEqual([
    202,
    { accepted: clicks.length, duplicates: 0, rejected: [] },
  ]);
}

/** Mean concordance of a version's scores with what the items are worth, over visits that it was not trained on. */
async function agreement(version: Version): Promise<number> {
  const bodies = rankBodies(60, SEED + 1) as Wishing[];
  let sum = 0;
  for (const [i, body] of bodies.entries()) {
    const asked = { ...body, candidates: somePage(i), limit: 100 };
    const { items, weights } = await rank(system, asked, version);
    expect(weights).toBe(version);
    const worth = visitors.worth(
      body,
      items.map(({ id }) => id),
    );
    sum += concordance(
      items.map(({ score }) => score),
      worth,
    );
  }
  return sum / bodies.length;
}

const untilEdgeServes = (version: Version) =>
  until(`the edge serves ${version}`, async () => {
    const answer = await system.edge.ask('/v1/rank', {
      key: system.keys.publishableKey,
      body: { sessionId: 'asking', limit: 1 },
    });
    return (
      answer.headers.get('x-trimtab-weights') === version &&
      !answer.json<{ degraded: boolean }>().degraded
    );
  });

/** Candidates of which nothing but their ids was said. */
function among(candidates: readonly Item[], { table, rows }: RankableTable): RankableTable {
  const known = candidates.map(({ id }) => ({
    id,
    attributes: attributesAt(table, rows.get(id)!),
  }));
  return rankable(packItems(smarttrip.columns, known, true));
}

async function decisions() {
  const database = openDatabase(system);
  try {
    return await storedDecisions(database.db);
  } finally {
    database.close();
  }
}

async function audit() {
  type Entry = { action: string; actor: string; subject: string; details: object };
  return (await call<{ entries: Entry[] }>(system, 'GET', '/v1/audit')).entries;
}
