import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { proofOf, type EdgeCheck } from '../../../shared/domain/edge-check.ts';
import { RELEASE } from '../../../shared/domain/release.ts';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';

const NONCE = 'a-nonce-of-the-tests';
const isolate = coldIsolate();

it('says of every shard what waits, proves its secrets, and shows none', async () => {
  const response = await isolate.fetch(`/v1/check?nonce=${NONCE}`, { key: SECRET });
  const text = await response.text();
  const said = JSON.parse(text) as EdgeCheck;
  expect(said).toMatchObject({
    release: RELEASE,
    nowMs: expect.any(Number),
    logPath: 'backend',
  });
  expect(said.secrets.ingest).toEqual([proofOf(env.INGEST_SECRET!, NONCE)]);
  expect(said.secrets.identity).toHaveLength(1);
  expect(said.eventLog.map(({ shard }) => shard)).toEqual(said.eventLog.map((_, i) => i));
  expect(said.eventLog.length).toBeGreaterThan(0);
  for (const shard of said.eventLog)
    expect(shard).toMatchObject({ entries: 0, sizeBytes: 0, attempts: 0 });
  for (const secret of [env.INGEST_SECRET!, env.TOKEN_SECRET!, SECRET])
    expect(text).not.toContain(secret);
});

it('says where sealed batches go', async () => {
  const LOGS = { put: () => Promise.resolve(null), head: () => Promise.resolve(null) };
  const response = await coldIsolate({ LOG_PATH: 'store', LOGS }).fetch(
    `/v1/check?nonce=${NONCE}`,
    { key: SECRET },
  );
  expect(await response.json<EdgeCheck>()).toMatchObject({ logPath: 'store' });
});

it('names what does not answer', async () => {
  const broken = {
    idFromName: () => 'id',
    get: () => ({ waiting: () => Promise.reject(new Error('overloaded')) }),
  };
  const response = await coldIsolate({ EVENT_LOG: broken }).fetch(`/v1/check?nonce=${NONCE}`, {
    key: SECRET,
  });
  const { eventLog } = await response.json<EdgeCheck>();
  for (const shard of eventLog) expect(shard).toMatchObject({ problem: 'overloaded' });
});

it('is for secret keys, and asks for a nonce', async () => {
  const path = `/v1/check?nonce=${NONCE}`;
  expect((await isolate.fetch(path)).status).toBe(401);
  expect((await isolate.fetch(path, { key: PUBLISHABLE })).status).toBe(403);
  expect((await isolate.fetch('/v1/check', { key: SECRET })).status).toBe(400);
});
