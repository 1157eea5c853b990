import { expect, test } from 'vitest';
import { edgeKey } from '../../../../backend/log/identity/edge-key.ts';
import { IDENTITY_HEADER, identityKey, identityKeys } from '../../../../shared/domain/identity.ts';
import { ingestBatchToBytes } from '../../../../shared/format/ingest-bytes.ts';
import { IDENTITY_SECRET, startTestBackend } from '../../support/backend.ts';
import { batchOf, signed } from '../../support/batches.ts';

const keyOf = (secret: string) => identityKey(secret).fingerprint;

test('an edge that keys ids by a secret that is not known here is a problem until it does no more', () => {
  const logged: string[] = [];
  const check = edgeKey(identityKeys(['new', 'old']), (message) => logged.push(message));
  for (const known of [undefined, keyOf('new'), keyOf('old')]) {
    check.seen(known);
    expect(check.problem()).toBeUndefined();
  }
  check.seen(keyOf('another'));
  check.seen(keyOf('another'));
  check.seen(undefined);
  expect(check.problem()).toMatch(/deletions and outcomes do not find its visitors/);
  check.seen(keyOf('new'));
  expect(check.problem()).toBeUndefined();
  expect(logged).toHaveLength(2);
});

test('a signed batch tells it, and whoever asks whether the backend is ready is told', async () => {
  const backend = await startTestBackend();
  const ship = async (batchId: string, secret: string, signature?: Record<string, string>) => {
    const body = ingestBatchToBytes(batchOf(batchId, 1));
    const headers = { ...signed(body), ...signature, [IDENTITY_HEADER]: keyOf(secret) };
    return (await backend.call('POST', '/v1/ingest', body, headers)).status;
  };
  const ready = () => backend.call('GET', '/health/ready');
  try {
    expect(await ship('forged', 'another', { 'x-trimtab-signature': 't=1,v1=00' })).toBe(401);
    expect((await ready()).status).toBe(200);
    expect(await ship('one', 'another')).toBe(200);
    expect(await ready()).toMatchObject({
      status: 503,
      body: { problems: [expect.stringMatching(/keys ids of sessions and users by a secret/)] },
    });
    expect(await ship('two', IDENTITY_SECRET)).toBe(200);
    expect((await ready()).status).toBe(200);
  } finally {
    await backend.close();
  }
});
