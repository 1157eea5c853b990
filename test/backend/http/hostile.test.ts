import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../../backend/store/connect.ts';
import { parsePointer } from '../../../shared/domain/pointer.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('POST', '/v1/weights', { name: 'other', points: {} });
});
afterAll(() => backend?.close());
/** All cases share one backend: whatever became of one, the next finds an edge that answers and no experiment. */
afterEach(async () => {
  backend.kv.failing = undefined;
  const { experiments } = (await backend.call('GET', '/v1/experiments')).body;
  for (const { id, status } of experiments)
    if (status !== 'stopped') await backend.call('POST', `/v1/experiments/${id}/stop`);
});

const WEIGHTS = '/v1/metric-weights/smarttrip';
const ARMS = [
  { name: 'control', weight: 50 },
  { name: 'fresh', weight: 50, version: 'v000001' },
];
const reward = (changes: object) => ({
  weights: { click: 1 },
  author: 'ana',
  reason: 'a trial',
  ...changes,
});
const ODD_LINES: [string, string][] = [
  ['half a surrogate pair', 'a\ud800b'],
  ['a null', 'a\0b'],
  ['a line break', 'a\nb'],
  ['what clears a terminal', 'a\u001b[2Jb'],
  ['an override of direction', 'a\u202eb'],
  ['a line separator', 'a\u2028b'],
];

describe('what people write', () => {
  test.each(ODD_LINES)('is refused with %s', async (_, text) => {
    const refused = {
      status: 400,
      body: { message: expect.stringMatching(/one line of text, without control characters/) },
    };
    for (const changes of [{ author: text }, { reason: text }])
      expect(await backend.call('PUT', WEIGHTS, reward(changes))).toMatchObject(refused);
    const named = { name: text, arms: ARMS };
    expect(await backend.call('POST', '/v1/experiments', named)).toMatchObject(refused);
  });

  test('names versions in any script, and they are published', async () => {
    const name = 'Größe, 漢字 👩🏽‍💻';
    const made = await backend.call('POST', '/v1/weights', { name, points: {} });
    expect(made.status).toBe(201);
    await backend.call('POST', `/v1/weights/${made.body.version}/rollback`);
    await eventually(() => backend.kv.values.has(`WEIGHTS/w/${made.body.version}`));
    await eventually(async () => (await backend.call('GET', '/health/ready')).status === 200);
    await backend.call('POST', '/v1/weights/v000000/rollback');
    await backend.call('POST', '/v1/weights/release');
  });

  test('is kept in any script, and its history stays intact', async () => {
    const author = 'Ánà 安娜 👩🏽‍💻';
    const { body } = await backend.call('PUT', WEIGHTS, reward({ author, reason: '<b>"&’</b>' }));
    expect(body.inForce).toMatchObject({ author, reason: '<b>"&’</b>' });
    expect((await backend.call('GET', `${WEIGHTS}/verify`)).body).toMatchObject({ intact: true });
    const month = new Date().toISOString().slice(0, 7);
    const page = await backend.call('GET', `/v1/reports/${month}?format=html`);
    expect(page.body).toContain('&lt;b&gt;&quot;&amp;’&lt;/b&gt;');
    expect(page.body).not.toContain('<b>"');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  });
});

test.each([
  ['that no date can hold', { expiresAt: 8.64e15 + 1 }, /expiresAt/],
  ['of more metrics than anybody reads', { weights: outcomes(65) }, /at most 64 metrics/],
  ['of a metric that every object has', { weights: { constructor: 1, click: 1 } }, /"constructor"/],
])('metric weights %s are refused, and the month’s report goes on', async (_, changes, message) => {
  expect(await backend.call('PUT', WEIGHTS, reward(changes))).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(message) },
  });
  const month = new Date().toISOString().slice(0, 7);
  expect((await backend.call('GET', `/v1/reports/${month}`)).status).toBe(200);
});

function outcomes(n: number) {
  return Object.fromEntries(Array.from({ length: n }, (_, i) => [`outcome.o${i}`, 1]));
}

const explores = (exploration: object) => [ARMS[0], { name: 'bold', weight: 50, exploration }];
const weighing = (...weights: number[]) => ARMS.map((arm, i) => ({ ...arm, weight: weights[i] }));

test.each([
  ['a pool of all', explores({ temperature: 1, epsilon: 0, poolSize: 1e15 }), /poolSize/],
  ['boundless heat', explores({ temperature: 1e308, epsilon: 0, poolSize: 9 }), /temperature/],
  ['weights beyond any sum', weighing(1e308, 1e308), /come to between/],
  ['weights that round away', weighing(5e-324, 5e-324), /come to between/],
])('arms with %s never reach the pointer', async (_, arms, message) => {
  expect(await backend.call('POST', '/v1/experiments', { name: 'a', arms, start: true })).toEqual(
    expect.objectContaining({
      status: 400,
      body: expect.objectContaining({ message: expect.stringMatching(message) }),
    }),
  );
  expect(parsePointer(backend.kv.text('WEIGHTS/active')!)).toMatchObject({ champion: 'v000000' });
});

const statuses = (answers: readonly { readonly status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

describe('two backends of one database', () => {
  test('give no part of a layer to two experiments, and start and widen each once', async () => {
    const other = await backend.beside();
    onTestFinished(() => other.close());
    const both = (path: string, body: object, method = 'POST') =>
      Promise.all([backend, other].map((one) => one.call(method, path, body)));
    const asked = { name: 'a', arms: ARMS, traffic: 0.2 };
    const made = [
      ...(await both('/v1/experiments', asked)),
      ...(await both('/v1/experiments', asked)),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const ranges = made.map(({ body }) => body.range).toSorted(([a], [b]) => a - b);
    expect(ranges).toEqual([
      [0, 0.2],
      [0.2, 0.4],
      [0.4, 0.6],
      [0.6, 0.8],
    ]);
    const [{ body: first }, { body: last }] = [made[0], made.find((m) => m.body.range[0] === 0.6)!];
    const started = await both(`/v1/experiments/${first.id}/start`, {});
    expect(statuses(started)).toEqual([200, 409]);
    const wide = await both(`/v1/experiments/${last.id}/widen`, { traffic: 0.4 });
    // The second one finds it as wide as it asks for, or that it was changed meanwhile.
    expect(statuses(wide)[0]).toBe(200);
    expect([400, 409]).toContain(statuses(wide)[1]);
    const stopped = await both(`/v1/experiments/${first.id}/stop`, {});
    expect(statuses(stopped)).toEqual([200, 409]);
    const overrides = await both(WEIGHTS, reward({}), 'PUT');
    expect(overrides.map(({ status }) => status)).toEqual([200, 200]);
    expect((await backend.call('GET', `${WEIGHTS}/verify`)).body).toMatchObject({ intact: true });
  });
});

describe('a change of an experiment that is cut short', () => {
  const create = async () =>
    (await backend.call('POST', '/v1/experiments', { name: 'a', arms: ARMS })).body.id as string;
  const actions = async (id: string) =>
    (await backend.call('GET', '/v1/audit')).body.entries
      .filter(({ subject }: { subject: string }) => subject === id)
      .map(({ action }: { action: string }) => action);

  const refusedStart = async (id: string) => {
    backend.kv.failing = /^PUT WEIGHTS\/active$/;
    const { status } = await backend.call('POST', `/v1/experiments/${id}/start`, {});
    backend.kv.failing = undefined;
    expect(status).toBe(503);
  };
  const text = () => backend.kv.text('WEIGHTS/active')!;

  test('by an edge that is away is taken back, and the audit log tells both', async () => {
    const id = await create();
    await refusedStart(id);
    expect((await backend.call('GET', `/v1/experiments/${id}`)).body.status).toBe('draft');
    expect(await actions(id)).toEqual([
      'start experiment: taken back',
      'start experiment',
      'create experiment',
    ]);
  });

  test('by an answer that was lost: what had arrived in KV all the same is taken out again', async () => {
    const id = await create();
    await refusedStart(id);
    const client = connect(backend.config.database);
    const { rows } = await client.execute(
      `select value ->> 'intended' as text from pointers where name = 'weights'`,
    );
    client.close();
    expect(rows[0].text).toContain(id);
    backend.kv.values.set('WEIGHTS/active', Buffer.from(rows[0].text as string));
    await eventually(() => !text().includes(id));
  });

  test.each(['running', 'stopped'] as const)(
    'by a crash after its row became %s: the pointer follows at the next start',
    async (status) => {
      const id = await create();
      if (status === 'stopped') await backend.call('POST', `/v1/experiments/${id}/start`, {});
      const isIn = () => text().includes(id);
      expect(isIn()).toBe(status === 'stopped');
      // As a process leaves it that is killed between its transaction and the write to KV.
      const client = connect(backend.config.database);
      await client.execute({
        sql: 'update experiments set status = ?, startedAt = 1 where id = ?',
        args: [status, id],
      });
      client.close();
      await backend.restart();
      await eventually(() => isIn() === (status === 'running'));
    },
  );
});
