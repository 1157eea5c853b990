import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Kv } from './edge-kv.ts';
import type { KvKey } from './publications.ts';

export interface Blob extends KvKey {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly metadata: Record<string, unknown>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;
/** A KV that shows writes at once is read a few times too. */
const LEAST_PATIENCE_MS = 1000;

/**
 * Writes an immutable value and returns when it reads back whole. The key is never read before it is written, because
 * KV caches that a key is missing, and would keep answering so. If somebody else read it too early, this waits until that
 * cached answer has expired.
 * @throws ApiError 502 `publish_unverified` when it does not read back within twice `settleMs`.
 */
export async function publishBlob(kv: Kv, blob: Blob, settleMs: number): Promise<string> {
  const { namespace, key, bytes } = blob;
  const sha256 = sha256Of(bytes);
  await kv.put(namespace, key, bytes, { ...blob.metadata, sha256 });
  const patienceMs = Math.max(LEAST_PATIENCE_MS, 2 * settleMs);
  let found: Uint8Array | undefined;
  for (let waitedMs = 0, pauseMs = FIRST_PAUSE_MS; waitedMs <= patienceMs; waitedMs += pauseMs) {
    found = await kv.get(namespace, key);
    if (found !== undefined && sha256Of(found) === sha256) return sha256;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    await sleep(pauseMs);
  }
  const shown =
    found === undefined ? 'nothing' : `${found.length} bytes of SHA-256 ${sha256Of(found)}`;
  throw new ApiError(
    502,
    'publish_unverified',
    `${namespace}/${key} was written with SHA-256 ${sha256}, but KV answers with ${shown}: the pointer stays where it is; try again`,
  );
}

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
