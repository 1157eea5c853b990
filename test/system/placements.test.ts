import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO } from '../../backend/config/demo.ts';
import type { Answer } from '../../backend/http/answers.ts';
import { call, clickOn, liveAtEdge, putItems, train, type Ranking } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Whoever comes by the home page likes beaches, whoever searches likes towns; the schema knows of neither. */
const SCHEMA = {
  name: 'places',
  columns: [{ name: 'kind', type: 'category' }],
  features: [{ name: 'kind', kind: 'category', column: 'kind', values: ['beach', 'town'] }],
  exploration: { temperature: 10, epsilon: 0.2, poolSize: 24 },
};
const ITEMS = Array.from({ length: 24 }, (_, i) => ({
  id: `item-${i}`,
  kind: i % 2 === 0 ? 'beach' : 'town',
}));
const LIKED = { home: 'beach', search: 'town' } as const;
type Placement = keyof typeof LIKED;
const kindOf = (id: string) => ITEMS.find((item) => item.id === id)!.kind;
const [SHOWN, BATCH, BATCHES] = [4, 100, 4];

let system: System;
beforeAll(async () => {
  system = await startSystem({
    schema: SCHEMA,
    config: {
      ...DEMO,
      placements: { home: { exploration: { temperature: 0, epsilon: 0 } }, search: {} },
    },
    edgeEnv: { RATE_LIMITS: 'off' },
  });
  await putItems(system, ITEMS);
  await until('both lineages have begun', async () => {
    const { placements } = await status();
    return placements.length === 2;
  });
});
afterAll(() => system?.stop());

const status = () => call<Answer<'/v1/status'>>(system, 'GET', '/v1/status');
const servedAt = async (placement: Placement) => {
  const { placements } = (await liveAtEdge(system)) as unknown as {
    placements: Record<string, { weights: string }>;
  };
  return placements[placement].weights;
};

async function rankAll(placement: string, count: number): Promise<Ranking[]> {
  const requests = Array.from({ length: count }, () => ({
    sessionId: `visitor-${visitors++}`,
    placement,
    limit: SHOWN,
  }));
  const { text, status: code } = await system.edge.ask('/v1/rank/batch', {
    key: system.keys.publishableKey,
    body: { requests },
  });
  expect(code).toBe(200);
  return (JSON.parse(text) as { answers: { body: Ranking }[] }).answers.map(({ body }) => body);
}
let visitors = 0;

/** Visitors who click the first item that they like. */
async function visitsAt(placement: Placement): Promise<void> {
  const events = (await rankAll(placement, BATCH)).flatMap((answer) => {
    const liked = answer.items.find(({ id }) => kindOf(id) === LIKED[placement]);
    return liked === undefined ? [] : [clickOn(answer, liked.id)];
  });
  const sent = await system.edge.ask('/v1/events', {
    key: system.keys.publishableKey,
    body: events,
  });
  expect(sent.status).toBe(202);
  clicks += events.length;
}
let clicks = 0;

test('two placements learn opposite tastes, each goes live by itself, and a rollback of one leaves the other', async () => {
  for (let i = 0; i < BATCHES; i++)
    for (const at of ['home', 'search'] as const) await visitsAt(at);
  await until('the backend has all of it', async () => {
    const { counts } = await status();
    return counts.events === clicks && counts.decisions === 2 * BATCH * BATCHES;
  });

  // The default lineage has no ranking of its own, and learns from none of theirs.
  expect(await train(system, { publish: false })).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/not enough data/),
  });
  const versions: Record<string, string> = {};
  for (const placement of ['home', 'search'] as const) {
    const run = await train(system, { placement, rollout: 'direct' });
    expect(run).toMatchObject({ status: 'done', progress: { outcome: 'promoted' } });
    versions[placement] = run.version!;
    await until(
      `the edge serves ${placement}`,
      async () => (await servedAt(placement)) === run.version,
    );
  }
  expect(versions.home).not.toBe(versions.search);

  const first = async (placement: string) =>
    (await rankAll(placement, 20)).map(({ items, weights }) => ({
      weights,
      kind: kindOf(items[0].id),
    }));
  // By its setting the home page does not explore.
  expect(new Set((await first('home')).map(({ kind }) => kind))).toEqual(new Set(['beach']));
  const found = await first('search');
  expect(found.every(({ weights }) => weights === versions.search)).toBe(true);
  expect((await first('main')).every(({ weights }) => weights === 'v000000')).toBe(true);
  const pointsOf = async (version: string) =>
    (await call<Answer<'/v1/weights/:version'>>(system, 'GET', `/v1/weights/${version}`)).points
      .kind;
  const [home, search] = [await pointsOf(versions.home), await pointsOf(versions.search)];
  expect(home[1] - home[2]).toBeGreaterThan(5);
  expect(search[2] - search[1]).toBeGreaterThan(5);

  await call(system, 'POST', '/v1/weights/v000000/rollback?placement=home');
  await until('the home page is back', async () => (await servedAt('home')) === 'v000000');
  expect(await servedAt('search')).toBe(versions.search);
  const now = await status();
  expect(now.weights).toMatchObject({ version: 'v000000', hold: false });
  expect(now.placements).toMatchObject([
    { placement: 'home', version: 'v000000', hold: true },
    { placement: 'search', version: versions.search, hold: false },
  ]);
});
