import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backendClient } from '../../../backend/client/backend-client.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { importDemo } from '../../../backend/start/demo-import.ts';
import type { BackendConfig } from '../../../backend/config/config.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { SECRET_KEY, startTestBackend } from '../support/backend.ts';

const movies = parseSchema({
  name: 'movies',
  columns: [{ name: 'genres', type: 'set' }],
  features: [{ name: 'base', kind: 'constant' }],
});

/** @returns how many trips were imported, and how many items there are then. */
async function imported(changes: Partial<BackendConfig>): Promise<[number, number]> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-demo-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const backend = await startTestBackend(changes);
  onTestFinished(() => backend.close());
  const client = backendClient({ backend: backend.url, key: SECRET_KEY });
  const trips = await importDemo(stateDir(directory), client);
  return [trips, (await backend.call('GET', '/v1/status')).body.counts.items];
}

test('demo trips come in once under the schema of trips', async () => {
  expect(await imported({})).toEqual([10_000, 10_000]);
});

test('none come in under the schema of somebody else', async () => {
  expect(await imported({ schema: movies, hasOwnSchema: true })).toEqual([0, 0]);
});
