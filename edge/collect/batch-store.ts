import { AwsClient } from 'aws4fetch';
import { bytesToHex } from '../../shared/hash/hex.ts';
import { sha256 } from '../../shared/hash/sha256.ts';
import type { LogStoreSettings } from '../platform/settings.ts';

/** What a store says that it has under a key. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** `batchHash` of the batch in it, as it was given with it. */
  readonly hash: string | undefined;
}

/** Where sealed batches are put, for backends to take. */
export interface BatchStore {
  /** Stores an object unless there is one of that key. @throws Error where it may not have been stored. */
  put(key: string, bytes: Uint8Array<ArrayBuffer>, hash: string): Promise<void>;
  /** @returns undefined where there is none of that key. */
  look(key: string): Promise<StoredObject | undefined>;
}

/** Name of the metadata that an object has its batch's hash in. */
const HASH = 'trimtab-sha256';

/** A bucket of R2 that the Worker is bound to. */
export const r2Store = (bucket: R2Bucket): BatchStore => ({
  async put(key, bytes, hash) {
    await bucket.put(key, bytes, {
      onlyIf: new Headers({ 'if-none-match': '*' }),
      customMetadata: { [HASH]: hash },
    });
  },
  async look(key) {
    const found = await bucket.head(key);
    return found === null
      ? undefined
      : { sizeBytes: found.size, hash: found.customMetadata?.[HASH] };
  },
});

const PAYLOAD = 'x-amz-content-sha256';
const METADATA = `x-amz-meta-${HASH}`;

/** A bucket of a store that speaks S3: requests are signed with AWS Signature Version 4. @param signal ends what waits. */
export function s3BatchStore(
  { url, region, accessKeyId, secretAccessKey }: LogStoreSettings,
  signal: AbortSignal,
): BatchStore {
  // The object tries again by itself, later.
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region, retries: 0 });
  const urlOf = (key: string) => `${url}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return {
    async put(key, bytes, hash) {
      const response = await client.fetch(urlOf(key), {
        method: 'PUT',
        body: bytes,
        headers: {
          'if-none-match': '*',
          [METADATA]: hash,
          // Else the payload would not be signed, and the store would not check that it has all of it.
          [PAYLOAD]: bytesToHex(sha256(bytes)),
        },
        signal,
      });
      const said = await response.text();
      // 412: it is there already; 409: another attempt is under way.
      if (!response.ok && response.status !== 412 && response.status !== 409)
        throw new Error(`PUT was answered ${response.status}: ${said.slice(0, 200)}`);
    },
    async look(key) {
      const response = await client.fetch(urlOf(key), {
        method: 'HEAD',
        headers: { [PAYLOAD]: bytesToHex(sha256(new Uint8Array())) },
        signal,
      });
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`HEAD was answered ${response.status}`);
      const { headers } = response;
      return {
        sizeBytes: Number(headers.get('content-length')),
        hash: headers.get(METADATA) ?? undefined,
      };
    },
  };
}
