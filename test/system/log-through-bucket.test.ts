import { createClient } from '@libsql/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { parseStoredBatchKey } from '../../shared/format/stored-batch.ts';
import { clickOn, putItems, rank } from '../support/client.ts';
import { startLogBucket } from '../backend/support/ways-in.ts';
import type { S3Server } from '../support/s3-server.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

let system: System;
let store: S3Server;

beforeAll(async () => {
  const { server, location } = await startLogBucket();
  store = server;
  system = await startSystem({
    edgeEnv: {
      LOG_PATH: 'store',
      LOG_STORE_URL: `${store.url}/logs/shop`,
      LOG_STORE_REGION: location.region,
      LOG_STORE_ACCESS_KEY_ID: location.accessKeyId,
      LOG_STORE_SECRET_ACCESS_KEY: location.secretAccessKey,
      SHIP_INTERVAL_MS: '50',
    },
    backendEnv: {
      TRIMTAB_LOG_STORE: 's3://logs/shop',
      AWS_ENDPOINT_URL_S3: store.url,
      AWS_REGION: location.region,
      AWS_ACCESS_KEY_ID: location.accessKeyId,
      AWS_SECRET_ACCESS_KEY: location.secretAccessKey,
    },
    config: { onlineLearning: { enabled: false }, storedBatches: { pollSeconds: 0.2 } },
  });
  await putItems(system, demoCatalogue(50, 1, Date.now()));
});
afterAll(async () => {
  await system?.stop();
  await store?.close();
});

it('what visitors do reaches the database through the bucket, once, while the bucket and the backend fail', async () => {
  let [puts, lists] = [0, 0];
  store.faults = {
    losesAnswer: (method) => method === 'PUT' && puts++ % 5 === 2,
    sendsTwice: (method) => method === 'PUT' && puts % 3 === 1,
    isUnlisted: () => lists++ % 5 === 3,
  };
  const shown: string[] = [];
  for (let visitor = 0; visitor < 24; visitor++) {
    const ranking = await rank(system, {
      sessionId: `session-${visitor}`,
      preferences: {},
      limit: 5,
    });
    shown.push(ranking.rankingId);
    const answer = await system.edge.ask('/v1/events', {
      key: system.keys.publishableKey,
      body: { events: [clickOn(ranking, ranking.items[0].id)] },
    });
    expect(answer.status).toBe(202);
    if (visitor === 8) await system.backend.stop();
    if (visitor === 16) await system.backend.start();
  }
  const reader = createClient({ url: system.databaseUrl });
  const idsOf = async (query: string) =>
    (await reader.execute(query)).rows.map((row) => `${row[0] as string | number}`).toSorted();
  await until('everything has arrived', async () => {
    const known = new Set(await idsOf('select rankingId from decisions'));
    const [events] = await idsOf('select count(*) from events');
    return shown.every((id) => known.has(id)) && Number(events) >= shown.length;
  });
  expect(await idsOf('select rankingId from events')).toEqual(shown.toSorted());
  // All of it came this way.
  const batches = await idsOf('select batchId from batches');
  const stored = [...store.objects.keys()]
    .filter((key) => key.startsWith('shop/log/v1/'))
    .map((key) => parseStoredBatchKey(key.slice('shop/'.length))!)
    .map(({ shard, first }) => `${shard}-${first}-`);
  expect(batches.length).toBeGreaterThan(0);
  for (const batch of batches)
    expect(stored.filter((start) => batch.startsWith(start))).toHaveLength(1);
  reader.close();
});

it('the doctor and the status say how it is', async () => {
  store.faults = {};
  const asked = async (path: string) => {
    const answer = await system.backend.ask(path, { key: system.keys.secretKey });
    return answer.json<any>();
  };
  const { checks } = await asked('/v1/doctor');
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'bucket of the log', state: 'ok' }),
  );
  const { roles, backends } = await asked('/v1/status');
  expect(roles).toEqual(['serve', 'ingest', 'train']);
  expect(backends.length).toBeGreaterThan(0);
});
