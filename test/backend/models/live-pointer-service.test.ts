import { afterAll, beforeAll, expect, test } from 'vitest';
import { scorerFromBytes } from '../../../shared/format/scorer-bytes.ts';
import { pointsOf } from '../../../shared/score/scorer.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { isOfCatalogue } from '../../support/of-catalogue.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const add = async (name: string) => {
  const { body } = await backend.call('POST', '/v1/weights', { name, points: { base: [0, 31] } });
  return body.version as string;
};
const move = (path: string) =>
  backend.call('POST', `/v1/weights/${path}`, undefined, { 'x-trimtab-actor': 'ana' });
const pointer = () => JSON.parse(backend.kv.text('WEIGHTS/active')!);
const live = async () => (await backend.call('GET', '/v1/status')).body.weights;
const lastMove = async () =>
  (await backend.call('GET', '/v1/audit?limit=10')).body.entries.find(
    (entry: { action: string }) => !isOfCatalogue(entry),
  );

test('the first start publishes the rules as v000000, and then points at them', async () => {
  const bytes = backend.kv.values.get('WEIGHTS/w/v000000')!;
  const scorer = scorerFromBytes(new Uint8Array(bytes));
  expect(scorer).toMatchObject({ version: 'v000000', name: 'rules' });
  expect(pointsOf(scorer).theme).toEqual(smarttrip.rules.theme);
  expect(pointer()).toMatchObject({ champion: 'v000000', by: 'backend' });
  const order = ['PUT WEIGHTS/w/v000000', 'GET WEIGHTS/w/v000000', 'PUT WEIGHTS/active'];
  expect(backend.kv.calls.filter((call) => order.includes(call)).slice(0, 3)).toEqual(order);
});

test('a new version is in KV at once, and what is live stays live', async () => {
  const version = await add('candidate');
  expect(backend.kv.values.has(`WEIGHTS/w/${version}`)).toBe(true);
  expect((await live()).version).toBe('v000000');
});

test('promote moves the pointer and says who and when; a rollback writes the bare id and holds until released', async () => {
  const version = await add('better');
  expect((await move(`${version}/promote`)).body.weights).toMatchObject({
    version,
    hold: false,
    by: 'ana',
  });
  expect(pointer()).toMatchObject({ champion: version, by: 'ana', at: expect.any(Number) });
  expect(await lastMove()).toMatchObject({ actor: 'ana', action: 'promote', subject: version });

  expect((await move('v000000/rollback')).body.weights).toMatchObject({
    version: 'v000000',
    hold: true,
  });
  expect(backend.kv.text('WEIGHTS/active')).toBe('v000000');
  const refused = await move(`${version}/promote`);
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'on_hold', message: expect.stringMatching(/release first/) },
  });
  expect(backend.kv.text('WEIGHTS/active')).toBe('v000000');

  expect((await move('release')).body.weights).toMatchObject({ version: 'v000000', hold: false });
  expect(pointer()).toMatchObject({ champion: 'v000000', by: 'ana' });
  expect(pointer().hold).toBeUndefined();
  expect((await move('release')).body.code).toBe('not_held');
  expect((await move(`${version}/promote`)).status).toBe(200);
  await move('v000000/rollback');
  await move('release');
});

test.each([
  ['a version that is none', 'v123456/promote', 404, 'unknown_version'],
  ['a rollback to a version that is none', 'v123456/rollback', 404, 'unknown_version'],
  ['a word that is no version', 'newest/promote', 400, 'invalid_request'],
])('%s is refused and moves nothing', async (_, path, status, code) => {
  const before = backend.kv.text('WEIGHTS/active');
  expect(await move(path)).toMatchObject({ status, body: { code } });
  expect(backend.kv.text('WEIGHTS/active')).toBe(before);
});

test('a pointer moved by hand is noticed, audited and held, even before the next look', async () => {
  const version = await add('by hand');
  backend.kv.values.set('WEIGHTS/active', Buffer.from(version));
  expect((await move('v000000/promote')).body.code).toBe('on_hold');
  expect(await live()).toMatchObject({ version, hold: true });
  const { at } = await lastMove();
  expect((await move('v000000/promote')).body.message).toContain(
    `is held since ${new Date(at).toISOString()} (by hand)`,
  );
  expect(await lastMove()).toMatchObject({
    action: 'pointer moved by hand',
    subject: version,
    details: { text: version },
  });
  await move('release');
  await move('v000000/promote');
});

test('the watch notices a hand by itself, and a damaged pointer changes nothing but holds', async () => {
  const version = await add('watched');
  backend.kv.values.set('WEIGHTS/active', Buffer.from(`${version}\n`));
  await eventually(async () => (await live()).version === version);
  backend.kv.values.set('WEIGHTS/active', Buffer.from('{"champion": 7}'));
  await eventually(async () => (await lastMove()).action === 'pointer damaged');
  expect(await live()).toMatchObject({ version, hold: true });
  await move('release');
  expect(pointer().champion).toBe(version);
});

test('a pointer to a version that does not exist holds, and can be rolled back', async () => {
  backend.kv.values.set('WEIGHTS/active', Buffer.from('v777777'));
  await eventually(async () => (await live()).version === 'v777777');
  expect(await live()).toMatchObject({ name: null, hold: true });
  expect((await backend.call('PUT', '/v1/items', [{ id: 'still-works' }])).status).toBe(200);
  expect((await move('release')).body.code).toBe('unknown_version');
  expect((await move('v000000/rollback')).status).toBe(200);
  expect((await move('release')).status).toBe(200);
});

test('a pointer that is lost while it names a version that does not exist becomes the one before, held', async () => {
  const version = await add('before the slip');
  expect((await move(`${version}/promote`)).status).toBe(200);
  backend.kv.values.set('WEIGHTS/active', Buffer.from('v777778'));
  await eventually(async () => (await live()).version === 'v777778');
  backend.kv.values.delete('WEIGHTS/active');
  await eventually(async () => (await live()).version === version);
  expect(pointer()).toMatchObject({ champion: version, hold: true, by: 'backend' });
  expect((await move('release')).status).toBe(200);
  expect((await move('v000000/promote')).status).toBe(200);
});

test('a restart finds everything as it was and moves nothing', async () => {
  const before = backend.kv.text('WEIGHTS/active');
  const audit = await lastMove();
  const since = (await live()).since;
  await backend.restart();
  expect(backend.kv.text('WEIGHTS/active')).toBe(before);
  expect(await lastMove()).toEqual(audit);
  expect((await live()).since).toBe(since);
});

test('what KV lost is written again: pointer, weights and catalogue', async () => {
  const before = backend.kv.text('WEIGHTS/active');
  backend.kv.values.clear();
  await eventually(
    () => backend.kv.text('WEIGHTS/active') === before && backend.kv.values.has('CATALOGUE/active'),
  );
  await eventually(() => backend.kv.values.has('WEIGHTS/w/v000001'));
  expect(backend.kv.values.has('WEIGHTS/w/v000000')).toBe(true);
});
