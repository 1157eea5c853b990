import type { ObjectStore, S3Location } from './object-store.ts';
import { noBucket, s3Requests, textOf } from './s3-requests.ts';

/** Partitions in a store that speaks S3. */
export function s3Store(location: S3Location): ObjectStore {
  const { ask, pages } = s3Requests(location);
  return {
    async put(key, bytes) {
      const { status } = await ask('PUT', { key }, bytes);
      if (status === 404) throw noBucket(location);
    },

    async get(key) {
      const { status, bytes } = await ask('GET', { key });
      return status === 404 ? undefined : bytes;
    },

    async delete(key) {
      await ask('DELETE', { key });
    },

    async isVersioned() {
      try {
        const { status, bytes } = await ask('GET', { query: 'versioning' });
        return status === 200 ? /<Status>(?:Enabled|Suspended)</.test(textOf(bytes)) : undefined;
      } catch {
        return undefined;
      }
    },

    async list(prefix) {
      const found: string[] = [];
      for await (const { keys } of pages({ prefix })) found.push(...keys.map(({ key }) => key));
      return found.toSorted();
    },
  };
}
