import { storedBatchKey, storedBatchToBytes } from '../../shared/format/stored-batch.ts';
import type { LogStore, Settings } from '../platform/settings.ts';
import { r2Store, s3BatchStore } from './batch-store.ts';
import type { ShipResult } from './ship.ts';

const TIMEOUT_MS = 15_000;

/**
 * Puts a sealed batch into the store, signed, under a key that is the same at each attempt. It counts as committed only if the
 * store then says that it has an object of that size and hash: an answer of 200 from something else, such as a proxy, must
 * not cause data to be deleted.
 * @param hash `batchHash` of its bytes. @param sealedAt epoch ms, the same at each attempt.
 * @returns also the key under which the store has it, once it has.
 */
export async function shipToStore(
  batchId: string,
  bytes: Uint8Array<ArrayBuffer>,
  { hash, sealedAt }: { readonly hash: string; readonly sealedAt: number },
  logStore: LogStore,
  { ingestSecrets, identity }: Pick<Settings, 'ingestSecrets' | 'identity'>,
): Promise<ShipResult & { readonly storedAs?: string }> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const key = storedBatchKey(batchId, sealedAt, hash);
    const object = storedBatchToBytes(key, bytes, identity[0].fingerprint, ingestSecrets[0]);
    const store =
      logStore.bucket === undefined
        ? s3BatchStore(logStore.s3, abort.signal)
        : r2Store(logStore.bucket);
    await within(abort.signal, store.put(key, object, hash));
    const found = await within(abort.signal, store.look(key));
    if (found?.sizeBytes === object.length && found.hash === hash)
      return { outcome: 'committed', retryAfterMs: 0, storedAs: key };
    console.error(
      `batch ${batchId} was put as ${key}, and the store has ${found === undefined ? 'nothing' : 'something else'} there`,
    );
    // What is there instead concerns this batch alone.
    return { outcome: found === undefined ? 'unreachable' : 'refused', retryAfterMs: 0 };
  } catch (error) {
    console.error(`batch ${batchId} could not be put into the store: ${String(error)}`);
    return { outcome: 'unreachable', retryAfterMs: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** A binding takes no signal: what it still does is the same as the next attempt does. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the store did not answer in time')));
    work.then(resolve, reject);
  });
}
