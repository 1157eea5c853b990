import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';

let backend: TestBackend;
let edge: KvServer | undefined;
const spare = await startKvServer(SECRET_KEY);
const port = Number(new URL(spare.url).port);
await spare.close();

beforeAll(async () => {
  backend = await startTestBackend({ edgeUrl: `http://127.0.0.1:${port}` }, false);
});
afterAll(async () => {
  await backend.close();
  await edge?.close();
});

test('with the edge down the backend starts, works, and says that it is not ready; once up, all goes out', async () => {
  expect((await backend.call('GET', '/health/live')).status).toBe(200);
  await eventually(async () =>
    /ECONNREFUSED/.test(JSON.stringify((await backend.call('GET', '/health/ready')).body)),
  );
  const notReady = await backend.call('GET', '/health/ready', undefined, { authorization: '' });
  expect(notReady).toMatchObject({ status: 503, body: { ready: false } });
  expect((await backend.call('PUT', '/v1/items', [{ id: 'lisbon' }])).status).toBe(200);
  const { body } = await backend.call('POST', '/v1/weights', { name: 'early', points: {} });
  expect(body.version).toBe('v000001');
  expect((await backend.call('POST', '/v1/weights/v000001/promote')).body.code).toBe(
    'edge_unreachable',
  );

  edge = await startKvServer(SECRET_KEY, port);
  await eventually(async () => (await backend.call('GET', '/health/ready')).status === 200);
  expect(JSON.parse(edge.text('WEIGHTS/active')!).champion).toBe('v000000');
  expect(edge.values.has('WEIGHTS/w/v000001')).toBe(true);
  const status = (await backend.call('GET', '/v1/status')).body;
  expect(status).toMatchObject({ problems: [], snapshot: { items: 1 } });
});
