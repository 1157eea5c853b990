import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { ObjectStore, S3Location } from './object-store.ts';

/** Errors that pass (5xx, 429) are tried again so often, with growing pauses. */
const RETRIES = 4;

/**
 * Partitions in a store that speaks S3: path-style addresses, requests signed with AWS Signature Version 4. A
 * single PUT takes effect whole or not at all, and the store checks the bytes against the signed SHA-256.
 */
export function s3Store(location: S3Location): ObjectStore {
  const { endpoint, bucket, prefix, region } = location;
  const { accessKeyId, secretAccessKey, sessionToken } = location;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: 's3',
    region,
    retries: RETRIES,
  });
  const base = `${endpoint}/${bucket}`;
  const urlOf = (key: string) =>
    `${base}/${`${prefix}${key}`.split('/').map(encodeURIComponent).join('/')}`;

  const ask = async (
    method: 'GET' | 'PUT' | 'DELETE',
    url: string,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> => {
    const hash = createHash('sha256').update(body ?? new Uint8Array());
    const response = await client.fetch(url, {
      method,
      headers: { 'x-amz-content-sha256': hash.digest('hex') },
      ...(body !== undefined && { body }),
    });
    if (response.ok || response.status === 404) return response;
    const said = (await response.text()).slice(0, 300);
    throw new Error(
      `${method} ${url} was answered ${response.status} (${said}): check TRIMTAB_TRAINING_STORE and the AWS_… keys`,
    );
  };

  return {
    async put(key, bytes) {
      const { status } = await ask('PUT', urlOf(key), new Uint8Array(bytes));
      if (status === 404) throw new Error(`there is no bucket ${bucket} at ${endpoint}`);
    },

    async get(key) {
      const response = await ask('GET', urlOf(key));
      if (response.status !== 404) return new Uint8Array(await response.arrayBuffer());
      await response.body?.cancel();
      return undefined;
    },

    async delete(key) {
      await (await ask('DELETE', urlOf(key))).body?.cancel();
    },

    async isVersioned() {
      try {
        const response = await ask('GET', `${base}?versioning`);
        const xml = await response.text();
        return response.ok ? /<Status>(?:Enabled|Suspended)</.test(xml) : undefined;
      } catch {
        return undefined;
      }
    },

    async list(start) {
      const keys: string[] = [];
      let next: string | undefined;
      do {
        const query = new URLSearchParams({ 'list-type': '2', prefix: `${prefix}${start}` });
        if (next !== undefined) query.set('continuation-token', next);
        const response = await ask('GET', `${base}?${query.toString()}`);
        const xml = await response.text();
        if (response.status === 404) throw new Error(`there is no bucket ${bucket} at ${endpoint}`);
        for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g))
          keys.push(unescaped(key).slice(prefix.length));
        next = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1];
        if (next !== undefined) next = unescaped(next);
      } while (next !== undefined);
      return keys.toSorted();
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

const unescaped = (text: string) =>
  text.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity]);
