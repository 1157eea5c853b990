import { env as testEnv, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { settingsOf, type LogStore } from '../../../edge/platform/settings.ts';
import type { Env } from '../../../edge/platform/env.ts';
import { bytesToHex } from '../../../shared/hash/hex.ts';
import { sha256 } from '../../../shared/hash/sha256.ts';
import { ingestBatchFromBytes } from '../../../shared/format/ingest-bytes.ts';
import { storedBatchFromBytes } from '../../../shared/format/stored-batch.ts';
import { commits, fakeBackend, shard, type FakeBackend } from './backend.ts';

/** Where a shard ships to, and what stands there. */
export interface Path {
  readonly name: string;
  /** What the shard is configured with for it. */
  readonly logStore: LogStore | undefined;
  /** Undo with `vi.restoreAllMocks()`. */
  readonly receiver: (reply?: FakeBackend['reply']) => FakeBackend;
}

const bucket = (testEnv as unknown as { readonly LOGS: R2Bucket }).LOGS;
const STORE = 'http://logs.test/bucket/prefix';
const REFUSED = new Set([400, 413, 422]);

/**
 * Decides by the reply of a backend what becomes of an object: stored where it commits the batch, in the place of something else that has its
 * key where it refuses the batch, and not at all otherwise.
 */
async function decide(
  backend: FakeBackend,
  key: string,
  bytes: Uint8Array,
): Promise<{ readonly response: Response; readonly becomes: 'stored' | 'taken' | 'lost' }> {
  const { batch: sealed } = storedBatchFromBytes(key, bytes, [testEnv.INGEST_SECRET as string]);
  const batch = ingestBatchFromBytes(sealed);
  backend.sent.push(batch);
  backend.sentBytes.push(bytes);
  const response = await backend.reply(batch);
  const text = await response.clone().text();
  if (response.ok && text === JSON.stringify({ batchId: batch.batchId }))
    return { response, becomes: 'stored' };
  return { response, becomes: REFUSED.has(response.status) ? 'taken' : 'lost' };
}

function s3Receiver(reply: FakeBackend['reply'] = commits): FakeBackend {
  const backend: FakeBackend = { sent: [], sentBytes: [], reply };
  const objects = new Map<string, { readonly sizeBytes: number; readonly hash: string }>();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(`${STORE}/`)) throw new Error(`nothing is at ${request.url}`);
    if (!(request.headers.get('authorization') ?? '').startsWith('AWS4-HMAC-SHA256 '))
      return new Response('who?', { status: 403 });
    const key = decodeURIComponent(request.url.slice(STORE.length + 1));
    if (request.method === 'HEAD') {
      const found = objects.get(key);
      if (found === undefined) return new Response(null, { status: 404 });
      const headers = {
        'content-length': String(found.sizeBytes),
        'x-amz-meta-trimtab-sha256': found.hash,
      };
      return new Response(null, { headers });
    }
    if (request.headers.get('if-none-match') !== '*') throw new Error('the put is unconditional');
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (request.headers.get('x-amz-content-sha256') !== bytesToHex(sha256(bytes)))
      throw new Error('the payload is not signed');
    const { response, becomes } = await decide(backend, key, bytes);
    const hash = request.headers.get('x-amz-meta-trimtab-sha256')!;
    if (becomes === 'stored') objects.set(key, { sizeBytes: bytes.length, hash });
    if (becomes !== 'taken') return response;
    objects.set(key, { sizeBytes: 3, hash });
    return new Response('', { status: 412 });
  });
  return backend;
}

/** Over the real bucket of the test. */
function r2Receiver(reply: FakeBackend['reply'] = commits): FakeBackend {
  const backend: FakeBackend = { sent: [], sentBytes: [], reply };
  const put = bucket.put.bind(bucket);
  vi.spyOn(bucket, 'put').mockImplementation((async (
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: R2PutOptions,
  ) => {
    const { response, becomes } = await decide(backend, key, bytes);
    if (becomes === 'taken') await put(key, 'else', { customMetadata: options.customMetadata });
    // The operator took away what was there instead.
    else if (becomes === 'stored' && (await bucket.head(key))?.size === 4) await bucket.delete(key);
    if (becomes !== 'lost') return put(key, bytes, options);
    if (response.ok) return null;
    throw new Error(`the store answered ${response.status}`);
  }) as never);
  return backend;
}

export const PATHS: readonly Path[] = [
  { name: 'the backend', logStore: undefined, receiver: fakeBackend },
  { name: 'a bucket that it is bound to', logStore: { bucket }, receiver: r2Receiver },
  {
    name: 'a bucket over S3',
    logStore: {
      s3: { url: STORE, region: 'auto', accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    },
    receiver: s3Receiver,
  },
];

/** From now on the first shard ships on that path: its settings are read once, and are of its own environment. */
export const shipBy = ({ logStore }: Path): Promise<void> =>
  runInDurableObject(shard(0), (object) => {
    Object.assign(settingsOf((object as unknown as { readonly env: Env }).env), { logStore });
  });
