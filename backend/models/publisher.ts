import { and, asc, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { parseVersion, type Version } from '../../shared/domain/ids.ts';
import { liveHash, type PatchRef, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import { PART_BYTES, snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import type { Store } from '../store/open.ts';
import { publications, weights } from '../store/tables.ts';
import type { Kv } from './edge-kv.ts';
import { ACTIVE_KEY, LEARNED_KEY, RELATED_KEY, partKey, patchKey, versionKey } from './kv-keys.ts';
import { claimKey, recordName, recordPublication } from './publications.ts';
import { publishBlob, type Blob } from './publish-blob.ts';

/** Bytes under the hash that names them. */
export interface NamedBytes {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Shards that are written at the same time: each waits for the edge most of the while. */
const AT_ONCE = 8;

export interface Publisher {
  /** Writes a stored version to KV and reads it back. The pointer is not moved. */
  publishVersion(version: Version): Promise<void>;
  /**
   * Versions that are stored and should be in KV, but are not known to be.
   * @param needed those that should be even if they were deleted from KV as superseded.
   */
  unpublished(needed?: readonly Version[]): Promise<Version[]>;
  /** Makes sure that versions are in KV, and stay: writes those that are not known to be. */
  ensurePublished(needed: readonly Version[]): Promise<void>;
  /** The bytes that KV has of a version. */
  readVersion(version: Version): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @returns the text of the weights pointer; undefined where there is none. */
  readPointer(): Promise<string | undefined>;
  /** @param withinMs after it, nothing of the write is under way any more, whatever came of it. */
  writePointer(text: string, withinMs: number): Promise<void>;
  /** Writes the parts, reads them back, and then moves the catalogue pointer. @param emptied as the pointer says it. */
  publishSnapshot(
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
    nowMs: number,
    emptied: boolean,
  ): Promise<SnapshotPointer>;
  /**
   * Makes a later state of the catalogue live by a patch of the one that is.
   * @param live the pointer to that one. @param to hash of the whole of the later one.
   */
  publishPatch(
    live: SnapshotPointer,
    to: string,
    patch: {
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** Takes the place of so many of the first patches. */
      readonly fold?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly patches: number };
      /** The whole of the live state, which becomes the base. */
      readonly base?: Uint8Array<ArrayBuffer>;
    },
    nowMs: number,
  ): Promise<SnapshotPointer>;
  /** The same of learned columns, with a pointer of their own. */
  publishLearned(
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
    nowMs: number,
  ): Promise<SnapshotPointer>;
  /**
   * Writes the shards of related items that KV is not known to have, then their index, and then moves the pointer to it.
   * @param all whether those that it should have are written as well, because some were lost.
   */
  publishRelated(
    index: NamedBytes,
    shards: readonly NamedBytes[],
    nowMs: number,
    all: boolean,
  ): Promise<SnapshotPointer>;
  /** Forgets what was published, because KV has lost it. */
  forgetPublications(): Promise<void>;
}

export function publisher(kv: Kv, store: Store, settleMs: number, nowMs: () => number): Publisher {
  const publish = async (blob: Blob) => {
    await claimKey(store, blob, nowMs);
    const sha256 = await publishBlob(kv, blob, settleMs);
    await store.write([recordPublication(store, blob, sha256, nowMs())]);
  };
  /** @returns how many parts there are. */
  const publishParts = async (
    prefix: 's' | 'l' | 'r',
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
  ) => {
    const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    for (let part = 0; part < parts; part++) {
      await publish({
        namespace: 'CATALOGUE',
        key: partKey(prefix, hash, part),
        bytes: bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES),
        metadata: { hash, part, parts },
      });
    }
    return parts;
  };
  const service: Publisher = {
    async publishVersion(version) {
      const [row] = await store.db.select().from(weights).where(eq(weights.version, version));
      if (row === undefined)
        throw new ApiError(404, 'unknown_version', `there is no version ${version}`);
      const { schemaHash, kind, parent, name } = row;
      const metadata = { schemaHash, kind, parent, name };
      await publish({
        namespace: 'WEIGHTS',
        key: versionKey(version),
        bytes: new Uint8Array(row.bytes),
        metadata,
      });
    },

    async unpublished(needed = []) {
      const rows = await store.db
        .select({ version: weights.version })
        .from(weights)
        .leftJoin(publications, eq(publications.key, sql`'WEIGHTS/w/' || ${weights.version}`))
        .where(
          and(
            or(isNull(publications.key), ne(publications.sha256, weights.sha256)),
            or(isNull(publications.deletedAt), inArray(weights.version, [...needed])),
          ),
        )
        .orderBy(asc(weights.version));
      return rows.map(({ version }) => parseVersion(version));
    },

    async ensurePublished(needed) {
      const names = needed.map((version) =>
        recordName({ namespace: 'WEIGHTS', key: versionKey(version) }),
      );
      await store.write([
        store.db
          .update(publications)
          .set({ unneededSince: null })
          .where(and(inArray(publications.key, names), isNull(publications.deletedAt))),
      ]);
      const missing = new Set(await service.unpublished(needed));
      for (const version of needed) if (missing.has(version)) await service.publishVersion(version);
    },

    readVersion: (version) => kv.get('WEIGHTS', versionKey(version)),

    async readPointer() {
      const bytes = await kv.get('WEIGHTS', ACTIVE_KEY);
      return bytes && new TextDecoder().decode(bytes);
    },
    writePointer: (text, withinMs) => kv.put('WEIGHTS', ACTIVE_KEY, text, undefined, withinMs),

    async publishSnapshot(hash, bytes, at, emptied) {
      const parts = await publishParts('s', hash, bytes);
      const pointer = { hash, parts, sizeBytes: bytes.length, at, ...(emptied && { emptied }) };
      await kv.put('CATALOGUE', ACTIVE_KEY, JSON.stringify(pointer));
      return pointer;
    },

    async publishPatch(live, to, { bytes, fold, base }, at) {
      const { patches = [] } = live;
      const refOf = async (own: Uint8Array<ArrayBuffer>, leadsTo: string): Promise<PatchRef> => {
        const hash = snapshotHash(own);
        const metadata = { hash, to: leadsTo };
        await publish({ namespace: 'CATALOGUE', key: patchKey(hash), bytes: own, metadata });
        return { hash, sizeBytes: own.length, to: leadsTo };
      };
      const own = await refOf(bytes, to);
      const behind = fold
        ? [await refOf(fold.bytes, patches[fold.patches - 1].to), ...patches.slice(fold.patches)]
        : patches;
      const { hash, parts, sizeBytes } = live;
      const begins =
        base === undefined
          ? { hash, parts, sizeBytes, at, patches: [...behind, own] }
          : {
              hash: liveHash(live),
              parts: await publishParts('s', liveHash(live), base),
              sizeBytes: base.length,
              at,
              patches: [own],
            };
      await kv.put('CATALOGUE', ACTIVE_KEY, JSON.stringify(begins));
      return begins;
    },

    async publishLearned(hash, bytes, at) {
      const parts = await publishParts('l', hash, bytes);
      const pointer = { hash, parts, sizeBytes: bytes.length, at };
      await kv.put('CATALOGUE', LEARNED_KEY, JSON.stringify(pointer));
      return pointer;
    },

    async publishRelated({ hash, bytes }, shards, at, all) {
      const unique = [...new Map(shards.map((shard) => [shard.hash, shard])).values()];
      const missing = all ? unique : await notInKv(store, unique);
      const next = missing.values();
      const write = async () => {
        for (const shard of next) await publishParts('r', shard.hash, shard.bytes);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, write));
      const parts = await publishParts('r', hash, bytes);
      const pointer = { hash, parts, sizeBytes: bytes.length, at };
      await kv.put('CATALOGUE', RELATED_KEY, JSON.stringify(pointer));
      return pointer;
    },

    async forgetPublications() {
      await store.write([store.db.update(publications).set({ sha256: '' })]);
    },
  };
  return service;
}

/** Shards that KV is not known to have. One that a cleaning has marked may be gone in a moment. */
async function notInKv(
  { db }: Pick<Store, 'db'>,
  shards: readonly NamedBytes[],
): Promise<NamedBytes[]> {
  const rows = await db
    .select({ key: publications.key, sha256: publications.sha256 })
    .from(publications)
    .where(
      and(
        sql`${publications.key} like 'CATALOGUE/r/%'`,
        isNull(publications.deletedAt),
        isNull(publications.unneededSince),
      ),
    );
  const known = new Map(rows.map(({ key, sha256 }) => [key, sha256]));
  // A hash is how the SHA-256 of the bytes begins: hashing all of a large catalogue again would hold the thread that answers requests.
  return shards.filter(({ hash }) => {
    const key = recordName({ namespace: 'CATALOGUE', key: partKey('r', hash, 0) });
    return known.get(key)?.startsWith(hash) !== true;
  });
}
