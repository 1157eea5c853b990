import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestBackend } from '../support/backend.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('with an empty store over a KV that is in use, what is live stays live, and its version is not given again', async () => {
  const directory = temporaryFolder();
  const backend = await startTestBackend();
  await backend.call('POST', '/v1/weights', { name: 'kept', points: { base: [0, 77] } });
  await backend.call('POST', '/v1/weights/v000001/promote');
  const before = backend.kv.text('WEIGHTS/active');

  await backend.restart({ database: { url: `file:${join(directory, 'empty.db')}` } });
  expect(backend.kv.text('WEIGHTS/active')).toBe(before);
  const { body: status } = await backend.call('GET', '/v1/status');
  expect(status.weights).toMatchObject({ version: 'v000001', name: 'kept', hold: false });
  const { body: kept } = await backend.call('GET', '/v1/weights/v000001');
  expect(kept.points.base).toEqual([0, 77]);
  // It may have learned from anything until then, which must not judge it.
  expect(kept.lineage.trainedUntil).toBeGreaterThan(0);
  const { body: audit } = await backend.call('GET', '/v1/audit');
  expect(audit.entries.map(({ action }: { action: string }) => action)).toContain('pointer found');
  expect(
    (await backend.call('POST', '/v1/weights', { name: 'next', points: {} })).body.version,
  ).toBe('v000002');

  await backend.close();
});
