import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, afterAll, expect, onTestFinished, test } from 'vitest';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { edgeReadsCrosses } from '../../../backend/models/edge-reads-crosses.ts';
import { edgeReadsSnapshots } from '../../../backend/models/edge-reads-snapshots.ts';
import { IDENTITY_HEADER, identityKey } from '../../../shared/domain/identity.ts';
import { signBody, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { NEWEST_SNAPSHOT_FORMAT } from '../../../shared/format/snapshot-bytes.ts';
import { ingestBatchFromBytes } from '../../../shared/format/ingest-bytes.ts';
import versions from '../../golden/adjacent/edge-answers-1.json' with { type: 'json' };
import {
  eventually,
  IDENTITY_SECRET,
  startTestBackend,
  type TestBackend,
} from '../support/backend.ts';
import { signed } from '../support/batches.ts';

/** What edges and backends of the version before send each other is kept here: a newer one adds a file, and none is made anew. */
const golden = (name: string) => new URL(`../../golden/${name}`, import.meta.url);

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

test.each(['ingest-1', 'ingest-1-placed', 'ingest-1-revised', 'ingest-2'])(
  'a batch as an edge of before ships it is committed once: %s',
  async (name) => {
    const body = new Uint8Array(readFileSync(golden(`${name}.bin`)));
    const { batchId } = ingestBatchFromBytes(body);
    const own = { [IDENTITY_HEADER]: identityKey(IDENTITY_SECRET).fingerprint };
    // Edges from before there were keyed ids do not say by what they key them.
    for (const headers of [{}, own]) {
      const { status, body: answer } = await backend.call('POST', '/v1/ingest', body, {
        ...signed(body),
        ...headers,
        authorization: '',
      });
      expect(status).toBe(200);
      // By which every edge knows that it may delete the batch.
      expect(answer).toMatchObject({ batchId });
    }
  },
);

test('a batch is signed as it ever was', () => {
  const body = new Uint8Array(readFileSync(golden('ingest-2.bin')));
  const { at, secret, header } = versions.signature;
  expect(signBody(body, secret, at)).toBe(header);
  expect(() => verifyBody(header, body, ['a newer secret', secret], at)).not.toThrow();
});

test.each([
  ['format 1 of this fixture', versions.version, versions.version.snapshotFormat],
  ['one from before it told its formats', { weights: 'v000001', degraded: false }, 1],
])('a backend reads what an edge says of itself: %s', async (_, answer, snapshotFormat) => {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const edgeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const edge = { edgeUrl, secretKey: 'sk' };
  expect(await edgeReadsCrosses(edge)).toBe('scorerFormat' in answer);
  for (let format = 1; format <= NEWEST_SNAPSHOT_FORMAT; format++)
    expect(await edgeReadsSnapshots(edge, format)).toBe(format <= snapshotFormat);
});

/** Keys of objects, and of the first of a list, with their types: a newer version may have more of them and none fewer. */
const shapeOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.slice(0, 1).map(shapeOf)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]))
      : typeof value;

/** `WRITE_GOLDEN=1` writes the file where there is none; test/edge/rank/values-of-before.test.ts ranks by it. */
test('a backend publishes what edges of the version before read', async () => {
  await backend.call('PUT', '/v1/items', demoCatalogue(20, 1, Date.UTC(2026, 5, 1)));
  await eventually(
    async () => (await backend.call('GET', '/v1/status')).body.snapshot?.items === 20,
  );
  const text = (key: string) => backend.kv.text(key)!;
  const { hash } = JSON.parse(text('CATALOGUE/active'));
  const bytes = (key: string) => backend.kv.values.get(key)!.toString('base64');
  const published = {
    texts: {
      'WEIGHTS/active': text('WEIGHTS/active'),
      'CATALOGUE/active': text('CATALOGUE/active'),
    },
    base64: {
      'WEIGHTS/w/v000000': bytes('WEIGHTS/w/v000000'),
      [`CATALOGUE/s/${hash}/0`]: bytes(`CATALOGUE/s/${hash}/0`),
    },
  };
  const file = golden('adjacent/kv-1.json');
  if (process.env.WRITE_GOLDEN !== undefined && !existsSync(file))
    writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`);
  const kept = JSON.parse(readFileSync(file, 'utf8')) as typeof published;
  for (const key of ['WEIGHTS/active', 'CATALOGUE/active'] as const)
    expect(shapeOf(JSON.parse(published.texts[key]))).toMatchObject(
      shapeOf(JSON.parse(kept.texts[key])) as object,
    );
  expect(Object.keys(published.base64)[0]).toBe(Object.keys(kept.base64)[0]);
});
