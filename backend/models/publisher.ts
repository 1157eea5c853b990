import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { parseVersion, type Version } from '../../shared/domain/ids.ts';
import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import { PART_BYTES } from '../../shared/format/snapshot-bytes.ts';
import type { Store } from '../store/open.ts';
import { publications, weights } from '../store/tables.ts';
import type { Kv } from './edge-kv.ts';
import { publishBlob, recordPublication, type Blob } from './publish-blob.ts';

export interface Publisher {
  /** Writes a stored version to KV and reads it back. The pointer is not moved. */
  publishVersion(version: Version): Promise<void>;
  /** Versions that are stored but not known to be in KV. */
  unpublished(): Promise<Version[]>;
  /** The bytes that KV has of a version. */
  readVersion(version: Version): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @returns the text of the weights pointer; undefined where there is none. */
  readPointer(): Promise<string | undefined>;
  writePointer(text: string): Promise<void>;
  /** Writes the parts, reads them back, and then moves the catalogue pointer. @param emptied as the pointer says it. */
  publishSnapshot(
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
    nowMs: number,
    emptied: boolean,
  ): Promise<SnapshotPointer>;
  /** Forgets what was published, because KV has lost it. */
  forgetPublications(): Promise<void>;
}

export const ACTIVE_KEY = 'active';

export function publisher(kv: Kv, store: Store, settleMs: number, nowMs: () => number): Publisher {
  const publish = async (blob: Blob) => {
    const sha256 = await publishBlob(kv, blob, settleMs);
    await store.write([recordPublication(store, blob, sha256, nowMs())]);
  };
  return {
    async publishVersion(version) {
      const [row] = await store.db.select().from(weights).where(eq(weights.version, version));
      if (row === undefined)
        throw new ApiError(404, 'unknown_version', `there is no version ${version}`);
      const { schemaHash, kind, parent, name } = row;
      const metadata = { schemaHash, kind, parent, name };
      await publish({
        namespace: 'WEIGHTS',
        key: `w/${version}`,
        bytes: new Uint8Array(row.bytes),
        metadata,
      });
    },

    async unpublished() {
      const rows = await store.db
        .select({ version: weights.version })
        .from(weights)
        .leftJoin(
          publications,
          and(
            eq(publications.key, sql`'WEIGHTS/w/' || ${weights.version}`),
            eq(publications.sha256, weights.sha256),
          ),
        )
        .where(isNull(publications.key))
        .orderBy(asc(weights.version));
      return rows.map(({ version }) => parseVersion(version));
    },

    readVersion: (version) => kv.get('WEIGHTS', `w/${version}`),

    async readPointer() {
      const bytes = await kv.get('WEIGHTS', ACTIVE_KEY);
      return bytes && new TextDecoder().decode(bytes);
    },
    writePointer: (text) => kv.put('WEIGHTS', ACTIVE_KEY, text),

    async publishSnapshot(hash, bytes, at, emptied) {
      const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
      for (let part = 0; part < parts; part++) {
        await publish({
          namespace: 'CATALOGUE',
          key: `s/${hash}/${part}`,
          bytes: bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES),
          metadata: { hash, part, parts },
        });
      }
      const pointer = { hash, parts, sizeBytes: bytes.length, at, ...(emptied && { emptied }) };
      await kv.put('CATALOGUE', ACTIVE_KEY, JSON.stringify(pointer));
      return pointer;
    },

    async forgetPublications() {
      await store.write([store.db.delete(publications)]);
    },
  };
}
