import { afterEach, beforeEach, expect, test } from 'vitest';
import { edgeKv } from '../../../backend/models/edge-kv.ts';
import { publishBlob } from '../../../backend/models/publish-blob.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';

const KEY = 'WEIGHTS/w/v000007';
const bytes = new TextEncoder().encode('a scorer');
const blob = {
  namespace: 'WEIGHTS',
  key: 'w/v000007',
  bytes,
  metadata: { kind: 'additive' },
} as const;

let server: KvServer;
beforeEach(async () => {
  server = await startKvServer('sk');
});
afterEach(() => server.close());
const kv = () => edgeKv({ edgeUrl: server.url, secretKey: 'sk', retryPausesMs: [1, 1] });

test('a blob is written, then read back; the key is never read before', async () => {
  await publishBlob(kv(), blob, 0);
  expect(server.text(KEY)).toBe('a scorer');
  expect(server.calls).toEqual([`PUT ${KEY}`, `GET ${KEY}`]);
});

test.each([
  ['a miss that KV remembers', undefined],
  ['an older value that KV still shows', Buffer.from('older')],
])('%s is waited out', async (_, value) => {
  server.stale.set(KEY, { left: 2, value });
  await publishBlob(kv(), blob, 0);
  expect(server.calls.filter((call) => call === `GET ${KEY}`)).toHaveLength(3);
});

test('a blob that never reads back is an error that names both checksums', async () => {
  server.stale.set(KEY, { left: 1000, value: Buffer.from('damaged') });
  await expect(publishBlob(kv(), blob, 0)).rejects.toThrow(
    /WEIGHTS\/w\/v000007 was written with SHA-256 \w{64}, but KV answers with 7 bytes of SHA-256 \w{64}/,
  );
});

test('an edge that fails twice is asked again', async () => {
  server.failures = 2;
  await publishBlob(kv(), blob, 0);
  expect(server.text(KEY)).toBe('a scorer');
});

test('an edge that goes on failing, or is not there, is named with the remedy', async () => {
  server.failures = 3;
  await expect(publishBlob(kv(), blob, 0)).rejects.toThrow(
    /status 503: .*check that the edge runs/,
  );
  const nowhere = edgeKv({ edgeUrl: 'http://127.0.0.1:9', secretKey: 'sk', retryPausesMs: [] });
  await expect(publishBlob(nowhere, blob, 0)).rejects.toMatchObject({
    status: 503,
    code: 'edge_unreachable',
  });
});

test('an edge with other keys is not asked again', async () => {
  const stranger = edgeKv({ edgeUrl: server.url, secretKey: 'sk_other', retryPausesMs: [10_000] });
  await expect(publishBlob(stranger, blob, 0)).rejects.toMatchObject({
    status: 502,
    code: 'edge_refused',
  });
});
