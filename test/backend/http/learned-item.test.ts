import { afterAll, beforeAll, expect, test } from 'vitest';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend?.close());

test('where nothing is learned of items it is said whether the schema does not ask for it, or it is still to come', async () => {
  const learned = () => backend.call('GET', '/v1/items/trip-1/learned');
  const missing = (message: RegExp) => ({
    status: 404,
    body: { code: 'nothing_learned', message: expect.stringMatching(message) },
  });
  expect(await learned()).toMatchObject(
    missing(/no feature of the live schema is of kind learned/),
  );
  const rate = { name: 'click-rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 };
  const schema = { ...definition, features: [...definition.features, rate] };
  expect((await backend.call('POST', '/v1/schema', { schema })).status).toBe(200);
  expect(await learned()).toMatchObject(
    missing(/at the next refresh, as learnedColumns\.schedule/),
  );
});
