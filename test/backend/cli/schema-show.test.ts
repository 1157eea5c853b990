import { afterAll, beforeAll, expect, test } from 'vitest';
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
