import { createClient } from '@libsql/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settings } from '../../../backend/config/settings.ts';
import { checkRoles } from '../../../backend/doctor/check-roles.ts';
import { ROLES, type RoleName } from '../../../backend/scheduler/roles.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { batchOf, send } from '../support/batches.ts';
import { putBatch, QUICKLY, shardBatchId, startLogBucket } from '../support/ways-in.ts';
import type { S3Server } from '../../support/s3-server.ts';

type Other = Pick<TestBackend, 'call' | 'close'>;
let server: S3Server;
let serving: TestBackend;
let ingesting: Other;
let training: Other;
let config: Partial<TestBackend['config']>;

beforeAll(async () => {
  const { server: started, location } = await startLogBucket();
  server = started;
  config = { logStore: location, storedBatches: QUICKLY };
  serving = await startTestBackend({ ...config, roles: ['serve'] }, false);
  ingesting = await serving.beside({ ...config, roles: ['ingest'] });
  training = await serving.beside({ ...config, roles: ['train'], markets: { DE: {}, US: {} } });
});
afterAll(async () => {
  await training?.close();
  await ingesting?.close();
  await serving?.close();
  await server?.close();
});

const backends = async () => {
  const { body } = await serving.call('GET', '/v1/status');
  return body.backends as { backend: string; roles: RoleName[] }[];
};

test('each answers for itself and does what is of its roles, and says who does the rest', async () => {
  const { body: ready } = await ingesting.call('GET', '/health/ready');
  expect(ready.roles).toEqual(['ingest']);
  for (const path of ['/health/live', '/metrics', '/v1/status', '/v1/doctor'])
    expect((await ingesting.call('GET', path)).status, path).toBe(200);
  expect((await ingesting.call('GET', '/v1/items')).body).toMatchObject({
    code: 'other_role',
    message: expect.stringMatching(/does not serve \(its roles: ingest\)/),
  });
  expect((await serving.call('GET', '/v1/items')).status).toBe(200);
  expect((await serving.call('POST', '/v1/train', {})).body.code).toBe('other_role');
  expect((await send(serving, batchOf('refused', 1))).status).toBe(503);
  expect((await backends()).map((one) => one.roles.join()).toSorted()).toEqual([
    'ingest',
    'serve',
    'train',
  ]);
});

test('the log is taken by the one that ingests, over HTTP and from the bucket', async () => {
  expect((await send({ ...serving, call: ingesting.call }, batchOf('sent', 3))).status).toBe(200);
  putBatch(server, { ...batchOf('put', 4), batchId: shardBatchId('put') });
  await eventually(
    async () => (await serving.call('GET', '/v1/status')).body.counts.decisions === 7,
  );
  for (const [other, expected] of [
    [serving, 0],
    [training, 0],
    [ingesting, 2],
  ] as const) {
    const { body } = await other.call('GET', '/metrics');
    expect(Number(/^trimtab_ingest_batches_total (\d+)$/m.exec(body as string)?.[1] ?? 0)).toBe(
      expected,
    );
  }
});

test('a rolling upgrade of those that ingest loses nothing and stores nothing twice', async () => {
  let second = await serving.beside({ ...config, roles: ['ingest'] });
  // Its configuration has no markets, which is for those that train to say.
  expect((await serving.call('GET', '/v1/markets')).body).toMatchObject({ default: 'DE' });
  let sent = 0;
  const sendsOn = async (rounds: number) => {
    for (let round = 0; round < rounds; round++)
      for (const shard of ['u.1', 'v.1'])
        putBatch(server, {
          ...batchOf(`${shard}-${++sent}`, 1),
          batchId: shardBatchId(shard, sent),
        });
  };
  const before = (await serving.call('GET', '/v1/status')).body.counts.decisions;
  await sendsOn(5);
  await ingesting.close();
  await sendsOn(5);
  ingesting = await serving.beside({ ...config, roles: ['ingest'] });
  await sendsOn(5);
  await second.close();
  await sendsOn(5);
  second = await serving.beside({ ...config, roles: ['ingest'] });
  await eventually(
    async () => (await serving.call('GET', '/v1/status')).body.counts.decisions === before + sent,
  );
  await second.close();
});

test('what only one may do goes over to another that trains when the first one ends', async () => {
  const reader = createClient(serving.config.database);
  const leads = async () => {
    const { rows } = await reader.execute(
      `select substr(p.holder, instr(p.holder, ' ') + 1) as roles from leases l
       join leases p on p.name = 'backend ' || l.holder where l.name = 'leader'`,
    );
    return rows[0]?.roles;
  };
  await eventually(async () => (await leads()) === 'train');
  const other = await serving.beside({ ...config, roles: ['train', 'serve'] });
  expect(await leads()).toBe('train');
  await training.close();
  await eventually(async () => (await leads()) === 'train,serve');
  reader.close();
  const { body } = await other.call('POST', '/v1/train', {});
  expect(body.code).not.toBe('other_role');
  await eventually(async () =>
    (await backends()).every(({ roles: names }) => names.join() !== 'train'),
  );
  training = other;
});

test('roles are some of three, each once; the doctor says which nobody has', () => {
  for (const wrong of [[], ['serve', 'serve'], ['constructor'], 'serve', ['Serve']])
    expect(settings.safeParse({ roles: wrong }).success).toBe(false);
  expect(checkRoles(ROLES, [{ backend: 'one', roles: ROLES }])).toMatchObject([{ state: 'ok' }]);
  expect(checkRoles(['serve'], [{ backend: 'one', roles: ['serve'] }])).toMatchObject([
    { state: 'problem', found: expect.stringMatching(/ingest.*nobody takes in the log/) },
    { state: 'problem', found: expect.stringMatching(/train.*nothing is trained/) },
  ]);
});
