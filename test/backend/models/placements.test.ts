import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOfCatalogue } from '../../support/of-catalogue.ts';
import { homely, hotels } from '../../support/other-schemas.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    placements: {
      home: { layer: 'home-page' },
      search: { schema: homely },
      odd: { schema: hotels },
    },
    watchEveryMs: 50,
  });
  await eventually(() => Object.keys(pointer().placements ?? {}).length === 2);
});
afterAll(() => backend.close());

const add = async (name: string) => {
  const { body } = await backend.call('POST', '/v1/weights', { name, points: { base: [0, 31] } });
  return body.version as string;
};
const move = (path: string, placement?: string) =>
  backend.call(
    'POST',
    `/v1/weights/${path}${placement === undefined ? '' : `?placement=${placement}`}`,
    undefined,
    { 'x-trimtab-actor': 'ana' },
  );
const pointer = () => JSON.parse(backend.kv.text('WEIGHTS/active')!);
const status = async () => (await backend.call('GET', '/v1/status')).body;
const lastMove = async () =>
  (await backend.call('GET', '/v1/audit?limit=10')).body.entries.find(
    (entry: { action: string }) => !isOfCatalogue(entry),
  );

test('a placement of the configuration begins with what is live, or with the rules of its schema', async () => {
  expect(pointer()).toMatchObject({
    champion: 'v000000',
    placements: { home: { champion: 'v000000' } },
  });
  const { placements } = await status();
  expect(placements).toMatchObject([
    { placement: 'home', version: 'v000000', schemaName: 'smarttrip', isConfigured: true },
    { placement: 'search', name: 'rules of search', schemaName: 'homely', hold: false },
  ]);
  // Its version is in KV before the pointer names it.
  expect(backend.kv.values.has(`WEIGHTS/w/${placements[1].version}`)).toBe(true);
});

test('a promotion and a rollback of one placement leave all others alone, and are audited by its name', async () => {
  const before = pointer();
  const version = await add('for home');
  const promoted = await move(`${version}/promote`, 'home');
  expect(promoted).toMatchObject({ status: 200, body: { weights: { version: before.champion } } });
  expect(pointer()).toMatchObject({
    champion: before.champion,
    placements: { home: { champion: version, by: 'ana' }, search: before.placements.search },
  });
  expect(pointer().by).toBe(before.by);
  expect(await lastMove()).toMatchObject({
    actor: 'ana',
    action: 'promote',
    subject: version,
    details: { placement: 'home', placements: { home: version } },
  });

  await move('v000000/rollback', 'home');
  expect(pointer()).toMatchObject({
    champion: before.champion,
    placements: { home: { champion: 'v000000', hold: true }, search: before.placements.search },
  });
  expect(pointer().hold).toBeUndefined();
  const refused = await move(`${version}/promote`, 'home');
  expect(refused.body).toMatchObject({
    code: 'on_hold',
    message: expect.stringMatching(/at placement home/),
  });
  // The default lineage is not held, and its moves leave the hold where it is.
  expect((await move(`${version}/promote`)).status).toBe(200);
  expect(pointer()).toMatchObject({
    champion: version,
    placements: { home: { champion: 'v000000', hold: true } },
  });

  // A rollback of the default lineage keeps the others as well, and so does its release.
  await move('v000000/rollback');
  expect(pointer()).toMatchObject({
    champion: 'v000000',
    hold: true,
    placements: { search: before.placements.search },
  });
  await move('release');
  await move('release', 'home');
  expect(pointer().placements.home.hold).toBeUndefined();
  expect((await move('release', 'home')).body.code).toBe('not_held');
  expect((await status()).problems).toEqual([]);
});

test.each([
  ['a placement without a lineage', 'v000000/promote', 'email', 404, 'no_lineage'],
  ['a name of every object', 'v000000/promote', 'constructor', 404, 'no_lineage'],
  ['a release of one without a lineage', 'release', 'email', 404, 'no_lineage'],
  ['no name', 'v000000/promote', '', 400, 'invalid_request'],
  ['a name that is none', 'v000000/promote', '__proto__', 400, 'invalid_request'],
  ['a name that is too long', 'v000000/rollback', 'h'.repeat(65), 400, 'invalid_request'],
  ['a version that is none', 'v123456/promote', 'home', 404, 'unknown_version'],
])('%s is refused and moves nothing', async (_, path, placement, refusal, code) => {
  const before = backend.kv.text('WEIGHTS/active');
  expect(await move(path, placement)).toMatchObject({
    status: refusal,
    body: { code },
  });
  expect(backend.kv.text('WEIGHTS/active')).toBe(before);
});

test('a version whose schema has other columns is refused in words, and the status says what could not begin', async () => {
  const { weights } = (await backend.call('GET', '/v1/weights')).body;
  const { version } = weights.find(({ name }: { name: string }) => name === 'rules of odd');
  expect(await move(`${version}/promote`, 'home')).toMatchObject({
    status: 409,
    body: { code: 'other_columns', message: expect.stringContaining('packed: ') },
  });
  await eventually(async () =>
    /other columns than smarttrip/.test((await status()).placementsWaiting[0].why),
  );
  const { placements, placementsWaiting } = await status();
  expect(placementsWaiting).toMatchObject([{ placement: 'odd' }]);
  expect(placements.map(({ placement }: { placement: string }) => placement)).toEqual([
    'home',
    'search',
  ]);
});

test('a schema is applied to one placement, by its configuration or as given, and the others keep theirs', async () => {
  const before = pointer();
  const apply = (body: object) => backend.call('POST', '/v1/schema', body);
  expect((await apply({ placement: 'search' })).body).toMatchObject({ applied: false });
  const { status: code, body } = await apply({ placement: 'home', schema: homely });
  expect([code, body.applied]).toEqual([200, true]);
  expect(pointer()).toMatchObject({
    champion: before.champion,
    placements: { home: { champion: body.version }, search: before.placements.search },
  });
  const { placements } = await status();
  expect(placements[0]).toMatchObject({ placement: 'home', schemaName: 'homely' });
  expect(await apply({ placement: 'home', schema: hotels })).toMatchObject({
    status: 409,
    body: { code: 'other_columns' },
  });
  expect((await apply({ placement: 'home' })).body.code).toBe('no_schema');
  expect((await apply({ placement: 'email', schema: homely })).body.code).toBe('no_lineage');
  await move('v000000/promote', 'home');
});

test('experiments of a placement are in the layer of its settings where they name none', async () => {
  const arms = [
    { name: 'control', weight: 50 },
    { name: 'treatment', weight: 50, version: await add('for a layer') },
  ];
  const create = async (about: object) =>
    (
      await backend.call('POST', '/v1/experiments', {
        arms,
        unit: 'session',
        traffic: 0.1,
        ...about,
      })
    ).body;
  const placements = ['home'];
  expect(await create({ name: 'a', placements })).toMatchObject({ layer: 'home-page' });
  expect(await create({ name: 'b', placements, layer: 'own' })).toMatchObject({ layer: 'own' });
  expect((await create({ name: 'c', placements: ['search'] })).layer).not.toBe('home-page');
});

test('a bare id by hand is what every placement has, held until each is released', async () => {
  const own = pointer().placements.search.champion;
  const version = await add('by hand');
  backend.kv.values.set('WEIGHTS/active', Buffer.from(version));
  await eventually(async () => (await status()).weights.version === version);
  const { weights, placements } = await status();
  expect(weights.hold).toBe(true);
  expect(
    placements.map((one: { version: string; hold: boolean }) => [one.version, one.hold]),
  ).toEqual([
    [version, true],
    [version, true],
  ]);
  await move('release');
  expect(pointer()).toMatchObject({
    champion: version,
    placements: { home: { champion: version, hold: true }, search: { hold: true } },
  });
  for (const placement of ['home', 'search']) await move('release', placement);
  expect((await move(`${own}/promote`, 'search')).status).toBe(200);
  expect(pointer().placements.search).toMatchObject({ champion: own, by: 'ana' });
});

test('a lineage ends once the configuration names it no more, and its placement is of the default one', async () => {
  const end = (placement: string) => backend.call('DELETE', `/v1/placements/${placement}`);
  expect(await end('home')).toMatchObject({ status: 409, body: { code: 'configured' } });
  expect(await end('email')).toMatchObject({ status: 404, body: { code: 'no_lineage' } });
  await backend.restart({ placements: { home: {} } });
  expect((await status()).placements).toMatchObject([
    { placement: 'home', isConfigured: true },
    { placement: 'search', isConfigured: false },
  ]);
  const live = (await status()).placements[1].version;
  const made = await backend.call('POST', '/v1/experiments', {
    name: 'of search',
    aa: true,
    placements: ['search'],
    minimumPerArm: 2,
    arms: [
      { name: 'control', weight: 50, version: live },
      { name: 'treatment', weight: 50, version: live },
    ],
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  expect((await backend.call('POST', `/v1/experiments/${made.body.id}/start`)).status).toBe(200);
  expect(await end('search')).toMatchObject({
    status: 409,
    body: { code: 'experiment_runs', message: expect.stringMatching(/of search .+ stop it first/) },
  });
  expect(pointer().placements).toHaveProperty('search');
  expect((await backend.call('POST', `/v1/experiments/${made.body.id}/stop`)).status).toBe(200);
  expect((await end('search')).status).toBe(200);
  expect(Object.keys(pointer().placements)).toEqual(['home']);
  expect(await lastMove()).toMatchObject({
    action: 'end placement',
    details: { placement: 'search' },
  });
});

test('the metrics say what is live at each placement', async () => {
  const response = await backend.fetch(
    new Request(`${backend.url}/metrics`, {
      headers: { authorization: `Bearer ${backend.config.secretKeys[0]}` },
    }),
  );
  const text = await response.text();
  expect(text).toMatch(/trimtab_live_placement_version\{placement="home",version="v\d{6}"\} 1/);
  expect(text).toMatch(/trimtab_live_placement_hold\{placement="home"\} 0/);
});

test('an experiment does not start at a placement that has had a lineage of its own since it was made', async () => {
  const made = await backend.call('POST', '/v1/experiments', {
    name: 'by mail',
    placements: ['email'],
    arms: [
      { name: 'control', weight: 50 },
      { name: 'treatment', weight: 50, version: await add('for mail') },
    ],
  });
  expect(made.status).toBe(201);
  await backend.restart({ placements: { home: {}, email: {} } });
  await eventually(() => pointer().placements.email !== undefined);
  const started = await backend.call('POST', `/v1/experiments/${made.body.id}/start`);
  expect(started).toMatchObject({
    status: 409,
    body: { code: 'other_lineage', message: expect.stringContaining('placement email') },
  });
});

test('a lineage does not begin at a placement that a running experiment names, and one on all placements says which left it', async () => {
  const version = await add('for the wish list');
  const start = async (name: string, asked: object) => {
    const { status: answered, body } = await backend.call('POST', '/v1/experiments', {
      name,
      start: true,
      arms: [
        { name: 'control', weight: 50 },
        { name: 'treatment', weight: 50, version },
      ],
      ...asked,
    });
    expect(body).toMatchObject({ id: expect.any(String), status: 'running' });
    expect(answered).toBe(201);
    return body.id as string;
  };
  const named = await start('wishes', {
    placements: ['wishlist'],
    layer: 'wishes',
    unit: 'session',
  });
  const everywhere = await start('everywhere', { layer: 'all', unit: 'session' });
  const doubtsOf = async (id: string) =>
    (await backend.call('GET', `/v1/experiments/${id}`)).body.report.analysis.doubts as string[];
  expect((await doubtsOf(everywhere)).join()).not.toMatch(/lineage of its own/);

  await backend.restart({ placements: { home: {}, email: {}, wishlist: {}, banner: {} } });
  await eventually(() => pointer().placements.banner !== undefined);
  const whyWishlist = async () =>
    (await status()).placementsWaiting.find(
      ({ placement }: { placement: string }) => placement === 'wishlist',
    )?.why;
  await eventually(async () => /experiment wishes/.test(await whyWishlist()));
  expect(await whyWishlist()).toContain(`experiment wishes (${named}) compares versions`);
  expect(pointer().placements.wishlist).toBeUndefined();
  expect(await doubtsOf(everywhere)).toContainEqual(
    expect.stringMatching(/^placement banner has a lineage of its own since 2\S+ \S+ UTC/),
  );
  expect((await doubtsOf(named)).join()).not.toMatch(/lineage of its own/);

  await backend.call('POST', `/v1/experiments/${named}/stop`);
  await eventually(() => pointer().placements.wishlist !== undefined);
  expect((await doubtsOf(everywhere)).join('\n')).toMatch(/banner has[^]*wishlist has/);
  // It was stopped before, so that it lost nothing.
  expect((await doubtsOf(named)).join()).not.toMatch(/lineage of its own/);
});
