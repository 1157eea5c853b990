import { afterAll, beforeAll, expect, test } from 'vitest';
import { learnedColumns } from '../../../backend/log/learned-columns/settings.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { parseItemId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf } from '../support/decisions.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ learnedColumns: learnedColumns.parse({}) });
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
    missing(/once something was shown, and then as learnedColumns\.schedule/),
  );
  // Long before the next full hour that the schedule waits for.
  await send(backend, {
    batchId: 'shown',
    decisions: [
      decisionOf('shown', {
        snapshot: '',
        itemIds: [parseItemId('trip-1')],
        units: [0],
        propensities: [1],
        codes: new Uint8Array(smarttrip.features.length),
      }),
    ],
    events: [],
  });
  expect(
    await eventually(async () => {
      const { status, body } = await learned();
      return status === 200 && body;
    }),
  ).toMatchObject({ columns: expect.any(Array) });
});
