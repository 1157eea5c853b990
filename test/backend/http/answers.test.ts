import type { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../../backend/http/app.ts';
import type { Services } from '../../../backend/http/contract/services.ts';
import { openStore } from '../../../backend/store/open.ts';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseSessionId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened } from '../log/support/log.ts';
import { decisionOf } from '../support/decisions.ts';

/** Routes are described without being called, so that any services will do. */
const anyServices = new Proxy({ secretKeys: [SECRET_KEY] } as unknown as Services, {
  get: (own, name) => Reflect.get(own, name) ?? {},
});
const declared = new Map(
  createApp(anyServices).openAPIRegistry.definitions.flatMap((one) =>
    one.type === 'route' ? [[`${one.route.method} ${one.route.path}`, one.route.responses]] : [],
  ),
);

let backend: TestBackend;
let ids: Readonly<Record<string, string>>;

const made = async (path: string, body: object) => (await backend.call('POST', path, body)).body;

beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('PUT', '/v1/items', [{ id: 'a', price: 3, themes: ['hiking'], open: true }]);
  await made('/v1/weights', { name: 'other', points: {} });
  const experiment = await made('/v1/experiments', {
    name: 'themes',
    arms: [
      { name: 'control', weight: 50 },
      { name: 'bold', weight: 50, version: 'v000001' },
    ],
    guardrails: [{ metric: 'click_through', margin: 0.05 }],
    minimumPerArm: 40,
    start: true,
  });
  const began = Date.now() - 9000;
  const decisions = Array.from({ length: 200 }, (_, n) =>
    decisionOf(`r-${n}`, {
      at: began + 10 * n,
      sessionId: parseSessionId(`s-${n}`),
      arm: armKey(experiment.id, n % 2 ? 'control' : 'bold'),
    }),
  );
  const clicked = decisions.filter((_, n) => n % 3 < 2);
  const events = clicked.map((decision) => happened(decision, 'click', { afterMs: 900 }));
  await send(backend, { batchId: 'b', decisions, events });
  await backend.call('PUT', '/v1/metric-weights/smarttrip', {
    weights: { click: -1 },
    author: 'bea',
    reason: 'a test',
  });
  await backend.call('PUT', '/v1/metric-weights/smarttrip', {
    weights: { click: 1 },
    author: 'bea',
    reason: 'of one experiment',
    experimentId: experiment.id,
  });
  const store = await openStore(backend.config.database);
  const alert = { key: 'a', kind: 'drift' as const, message: 'it drifted', details: {} };
  await updateAlerts(store, [alert], [], Date.now(), { clearMs: 0 });
  await store.close();
  const trained = await runOf('/v1/train', { force: true, publish: false });
  const compared = await runOf('/v1/compare', { force: true, learners: ['additive'] });
  const evaluated = await made(`/v1/weights/${trained.version}/evaluate`, { from: began + 1000 });
  if (evaluated.gate === undefined) throw new Error(`not evaluated: ${evaluated.message}`);
  const rollout = await made('/v1/rollouts', { version: trained.version, force: true });
  ids = {
    version: trained.version,
    trained: trained.id,
    compared: compared.id,
    experiment: experiment.id,
    rollout: rollout.id,
    month: new Date().toISOString().slice(0, 7),
    schema: smarttrip.name,
  };
});
afterAll(() => backend?.close());

async function runOf(path: string, asked: object) {
  const { runId } = await made(path, asked);
  return eventually(async () => {
    const { body } = await backend.call('GET', `/v1/runs/${runId}`);
    if (body.status === 'failed') throw new Error(body.error);
    return body.status === 'done' && body;
  });
}

test.each([
  ['/health/ready'],
  ['/v1/status'],
  ['/v1/audit'],
  ['/v1/items'],
  ['/v1/clicks'],
  ['/v1/data/quality'],
  ['/v1/alerts', '?all=true'],
  ['/v1/reports'],
  ['/v1/reports/{month}'],
  ['/v1/runs'],
  ['/v1/runs/{trained}'],
  ['/v1/runs/{compared}'],
  ['/v1/weights'],
  ['/v1/weights/{version}'],
  ['/v1/weights/{version}/evaluations'],
  ['/v1/rollouts'],
  ['/v1/rollouts/{rollout}'],
  ['/v1/rollouts/{rollout}/replay'],
  ['/v1/layers'],
  ['/v1/experiments'],
  ['/v1/experiments/{experiment}'],
  ['/v1/metric-weights/{schema}'],
  ['/v1/metric-weights/{schema}/versions/1'],
  ['/v1/metric-weights/{schema}/verify'],
  ['/v1/metric-weights/{schema}/units'],
])('GET %s answers what it declares, and nothing more', async (path, query = '') => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name]);
  const { status, body } = await backend.call('GET', `${filled}${query}`);
  expect(status).toBe(200);
  const route = path
    .replace(/\{(trained|compared|experiment|rollout)\}/, '{id}')
    .replace('versions/1', 'versions/{id}');
  const schema = schemaOf(declared.get(`get ${route}`));
  // Keys that are not declared would be missing from what is parsed.
  expect(schema.parse(body)).toEqual(body);
});

const schemaOf = (responses: unknown) =>
  (responses as { 200: { content: { 'application/json': { schema: z.ZodType } } } })[200].content[
    'application/json'
  ].schema;
