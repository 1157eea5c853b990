import { afterAll, beforeAll, expect, test } from 'vitest';
import { featureIndex, parseSchema } from '../../../shared/features/schema.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { snapshotFromBytes } from '../../../shared/format/snapshot-bytes.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import { parsePointer } from '../../../shared/domain/pointer.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf, eventOf } from '../support/decisions.ts';

const stars = {
  ...definition,
  name: 'stars',
  columns: [...definition.columns, { name: 'stars', type: 'number' }],
  features: [
    { name: 'stars', kind: 'quantile', column: 'stars', edges: [2, 4] },
    ...definition.features,
  ],
  rules: { ...definition.rules, stars: [0, 0, 5, 10] },
};
const movies = {
  name: 'movies',
  columns: [{ name: 'genres', type: 'set' }],
  features: [{ name: 'base', kind: 'constant' }],
};
const STARS = parseSchema(stars);
const ITEMS = [0, 1, 2, 3].map((n) => parseItemId(`item-${n}`));

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('PUT', '/v1/items', [{ id: 'a', price: 100, stars: 4 }, { id: 'b' }]);
  await send(
    backend,
    visitsUnder(
      smarttrip.hash,
      smarttrip.features.length,
      'old',
      featureIndex(smarttrip, 'difficulty'),
    ),
  );
});
afterAll(() => backend.close());

const apply = (schema?: object) => backend.call('POST', '/v1/schema', { schema });
const status = async () => (await backend.call('GET', '/v1/status')).body;
const published = () => {
  const { hash } = JSON.parse(backend.kv.text('CATALOGUE/active')!);
  return snapshotFromBytes(new Uint8Array(backend.kv.values.get(`CATALOGUE/s/${hash}/0`)!));
};

/** Visitors who click the item whose difficulty is one step off, where the rules want it as wished; an hour ago. */
function visitsUnder(schemaHash: string, features: number, name: string, difficulty: number) {
  const at = Date.now() - 3_600_000;
  const visits = Array.from({ length: 400 }, (_, n) => {
    const clicked = n % ITEMS.length;
    const codes = new Uint8Array(ITEMS.length * features).fill(1);
    ITEMS.forEach((_item, slot) => {
      codes[slot * features + difficulty] = slot === clicked ? 2 : 1;
    });
    const decision = decisionOf(`${name}-${n}`, {
      at: at + n,
      schemaHash,
      sessionId: parseSessionId(`${name}-session-${n}`),
      itemIds: ITEMS,
      units: ITEMS.map(() => 0),
      propensities: ITEMS.map(() => 0.5),
      snapshot: '',
      codes,
    });
    return { decision, clicked };
  });
  return {
    batchId: name,
    decisions: visits.map(({ decision }) => decision),
    events: visits.map(({ decision, clicked }, n) =>
      eventOf(`${name}-click-${n}`, decision.rankingId, {
        sessionId: decision.sessionId,
        itemId: ITEMS[clicked],
        position: clicked + 1,
        timestamp: decision.at + 900,
        receivedAt: decision.at + 1000,
      }),
    ),
  };
}

test('a backend says what is live, and which command brings the configured schema in', async () => {
  expect((await status()).configuredSchema).toBeNull();
  await backend.restart({ schema: STARS, hasOwnSchema: true });
  expect(await status()).toMatchObject({
    weights: { version: 'v000000', schemaName: 'smarttrip' },
    configuredSchema: { name: 'stars', hash: STARS.hash, isLive: false },
  });
});

test('a schema that knows none of the catalogue, or that it does not fit, changes nothing', async () => {
  expect(await apply(movies)).toMatchObject({
    status: 400,
    body: {
      message: expect.stringMatching(
        /schema movies knows none of these columns: the items have price, stars; the schema has genres/,
      ),
    },
  });
  const dated = { ...movies, columns: [{ name: 'stars', type: 'set' }] };
  expect(await apply(dated)).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(/item a: "stars" must be texts/) },
  });
  expect((await backend.call('GET', '/v1/weights')).body.weights).toHaveLength(1);
});

test('nothing is applied during a hold', async () => {
  await backend.call('POST', '/v1/weights/v000000/rollback');
  expect(await apply()).toMatchObject({ status: 409, body: { code: 'on_hold' } });
  expect((await backend.call('GET', '/v1/weights')).body.weights).toHaveLength(1);
  await backend.call('POST', '/v1/weights/release');
});

test('the configured schema goes live with its rules as a new version, and the catalogue by it', async () => {
  const { status: code, body } = await apply();
  expect({ code, body }).toMatchObject({
    code: 200,
    body: {
      applied: true,
      version: 'v000001',
      before: 'v000000',
      schema: { name: 'stars', hash: STARS.hash },
      items: 2,
      logs: [
        {
          name: 'smarttrip',
          hash: smarttrip.hash,
          days: 1,
          shared: smarttrip.features.length,
          isRead: true,
        },
      ],
    },
  });
  await eventually(() => published().schemaHash === STARS.hash);
  expect(await status()).toMatchObject({
    weights: { version: 'v000001', schemaName: 'stars', hold: false },
    configuredSchema: { isLive: true },
  });
  const { points } = (await backend.call('GET', '/v1/weights/v000001')).body;
  expect(points.stars).toEqual([0, 0, 5, 10]);
  // The rules before are where they were.
  expect((await backend.call('GET', '/v1/weights/v000000')).body.schemaName).toBe('smarttrip');
  expect((await apply()).body).toMatchObject({ applied: false, version: 'v000001' });
});

test('other rules under the same features are another schema too', async () => {
  const { body } = await apply({ ...stars, rules: { base: [0, 1] } });
  expect(body).toMatchObject({ applied: true, version: 'v000002', before: 'v000001' });
  expect((await apply()).body).toMatchObject({ applied: true, version: 'v000003' });
});

test('training under the new schema learns from the log of the one before, and says from how much', async () => {
  const { runId } = (await backend.call('POST', '/v1/train', { force: true })).body;
  const before = await ended(runId);
  expect(before.progress.otherLogs).toEqual([
    {
      name: 'smarttrip',
      hash: smarttrip.hash,
      days: 1,
      shared: smarttrip.features.length,
      isRead: true,
    },
  ]);
  expect(before.progress.counts.rankings).toBe(400);
  // The difficulty stands at another place now, and its codes are read there; of stars nobody knew.
  const learned = (await backend.call('GET', `/v1/weights/${before.version}`)).body.points;
  expect(learned.difficulty[2]).toBeGreaterThan(learned.difficulty[1]);
  const stepsOf = (points: readonly number[]) => points.slice(1).map((one) => one - points[1]);
  expect(stepsOf(learned.stars)).toEqual(stepsOf([0, 0, 5, 10]));
});

test.each([
  ['a schema that is applied', () => apply({ ...stars, rules: { base: [0, 2] } })],
  [
    'a training that goes live at once',
    async () => {
      const asked = { force: true, rollout: 'direct' };
      await ended((await backend.call('POST', '/v1/train', asked)).body.runId);
    },
  ],
  [
    'a rollback that is released',
    async () => {
      const { version } = (await status()).weights;
      await backend.call('POST', `/v1/weights/${version}/rollback`);
      await backend.call('POST', '/v1/weights/release');
    },
  ],
])(
  '%s ends the rollout that is under way at once, and not at its next decision',
  async (_, move) => {
    const started = await backend.call('POST', '/v1/rollouts', { version: 'v000001', force: true });
    expect(started).toMatchObject({ status: 201, body: { stage: 'shadow', endedAt: null } });
    await move();
    const { body } = await backend.call('GET', `/v1/rollouts/${started.body.id}`);
    expect(body).toMatchObject({ stage: 'withdrawn', endedAt: expect.any(Number) });
    expect(parsePointer(backend.kv.text('WEIGHTS/active')!)!.shadow).toBeUndefined();
  },
);

const ended = (runId: string) =>
  eventually(async () => {
    const { body } = await backend.call('GET', `/v1/runs/${runId}`);
    if (body.status === 'failed') throw new Error(body.error);
    return body.status === 'done' && body;
  });
