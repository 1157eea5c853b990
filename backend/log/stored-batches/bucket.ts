import type { S3Location } from '../partitions/object-store.ts';
import { noBucket, s3Requests } from '../partitions/s3-requests.ts';

/** An object, and the tag that it is replaced by: another one after each write. */
export interface Tagged {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

/** The bucket that edges put sealed batches into, and backends take them from. */
export interface Bucket {
  /**
   * At most a page of the keys below a prefix, in order, from behind a key on. A list may lag: what was put a moment ago may not be in it
   * yet, though keys behind it are.
   */
  page(
    prefix: string,
    after: string,
  ): Promise<{
    readonly keys: readonly { readonly key: string; readonly sizeBytes: number }[];
    readonly isLast: boolean;
  }>;
  /** What is directly below a prefix, up to the next `/`, in order. */
  folders(prefix: string): Promise<string[]>;
  /** @returns undefined where there is no such key. */
  read(key: string): Promise<Tagged | undefined>;
  /**
   * Writes an object if it still has a tag, or if there is none yet.
   * @returns its new tag; undefined where somebody else was first, or this process was, by an attempt whose answer was lost.
   */
  putIf(key: string, bytes: Uint8Array, tag: string | undefined): Promise<string | undefined>;
  /** A key that is not there is no error. */
  delete(key: string): Promise<void>;
}

export function s3Bucket(location: S3Location): Bucket {
  const { ask, list, pages } = s3Requests(location);
  return {
    async page(prefix, after) {
      const { keys, next } = await list({
        prefix,
        ...(after !== '' && { 'start-after': after }),
      });
      return { keys, isLast: next === undefined };
    },

    async folders(prefix) {
      const found: string[] = [];
      for await (const { folders } of pages({ prefix, delimiter: '/' })) found.push(...folders);
      return found.toSorted();
    },

    async read(key) {
      const { status, headers, bytes } = await ask('GET', { key });
      return status === 404 ? undefined : { bytes, tag: headers.get('etag') ?? '' };
    },

    async putIf(key, bytes, tag) {
      const condition: Record<string, string> =
        tag === undefined ? { 'if-none-match': '*' } : { 'if-match': tag };
      const { status, headers } = await ask('PUT', { key }, bytes, condition);
      if (status === 412 || status === 409) return undefined;
      // Where what was to be replaced is gone, that is 404 as well.
      if (status === 404) {
        if (tag !== undefined) return undefined;
        throw noBucket(location);
      }
      return headers.get('etag') ?? '';
    },

    async delete(key) {
      await ask('DELETE', { key });
    },
  };
}
