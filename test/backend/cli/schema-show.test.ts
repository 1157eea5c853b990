import { afterAll, beforeAll, expect, test } from 'vitest';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend?.close());

const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });

test('the points of a version are told with what each bucket means, crosses too', async () => {
  const { version } = (
    await backend.call('POST', '/v1/weights', {
      name: 'words',
      points: { 'price-level': [0, 0, 4], 'device-price': [0, 0, 3] },
    })
  ).body;
  const { body } = await backend.call('GET', `/v1/weights/${version}`);
  expect(body.buckets['price-level']).toEqual([
    'missing',
    'up to 600',
    '600 to 1200',
    '1200 to 2000',
    '2000 to 3500',
    'over 3500',
  ]);
  const { stdout } = await cli('weights', 'show', version);
  expect(stdout).toMatch(/^price-level +600 to 1200 +4$/m);
  expect(stdout).toMatch(/^device-price +device mobile × price-level 600 to 1200 +3$/m);
});

test('the schema in force is shown with columns, buckets in words and points by rules', async () => {
  const { body } = await backend.call('GET', '/v1/schema');
  expect(body).toMatchObject({ version: 'v000000', schema: { hash: smarttrip.hash } });
  expect(body.buckets.departing).toEqual(['missing', 'within 30 days', 'in more than 30 days']);
  const { stdout } = await cli('schema', 'show');
  expect(stdout).toContain(`schema       smarttrip (${smarttrip.hash})`);
  expect(stdout).toMatch(/^place +path +continent › country$/m);
  expect(stdout).toMatch(/^price-level +quantile +6 +up to 600; 600 to 1200; .*over 3500$/m);
  expect(stdout).toMatch(/^departure-month +date-month +13 +January; … December$/m);
  // Of features with many words the first and last bucket are enough, so that lines stay readable.
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(230);
  expect(stdout).toMatch(/^theme +none of the wished +-15$/m);
  expect(JSON.parse((await cli('schema', 'show', '--json')).stdout)).toEqual(body);
});

test('one feature is shown with all of its buckets, and one that there is not is refused', async () => {
  const { stdout } = await cli('schema', 'show', 'month-departure');
  expect(stdout).toMatch(/^month January × departure-month December +0$/m);
  const shown = JSON.parse((await cli('schema', 'show', 'status', '--json')).stdout);
  expect(shown).toMatchObject({ name: 'status', kind: 'category', column: 'status' });
  expect(shown.buckets[3]).toEqual({ meaning: 'last_places', points: 15 });
  expect(await cli('schema', 'show', 'stars')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('schema smarttrip has no feature "stars"'),
  });
});

test('a schema that was applied is the one that is shown', async () => {
  const stars = {
    ...definition,
    name: 'stars',
    columns: [...definition.columns, { name: 'stars', type: 'number' }],
    features: [
      ...definition.features,
      { name: 'stars', kind: 'quantile', column: 'stars', edges: [2, 4] },
    ],
    rules: { ...definition.rules, stars: [0, 0, 5, 10] },
  };
  const { version } = (await backend.call('POST', '/v1/schema', { schema: stars })).body;
  const { stdout } = await cli('schema', 'show');
  expect(stdout).toContain(`live as      ${version}`);
  expect(stdout).toMatch(/^stars +2 to 4 +5$/m);
});
