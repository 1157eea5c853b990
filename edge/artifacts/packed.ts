import type { PatchRef, SnapshotPointer } from '../../shared/domain/pointer.ts';
import { learnedFromBytes } from '../../shared/format/learned-bytes.ts';
import { relatedIndexFromBytes } from '../../shared/format/related-bytes.ts';
import { snapshotFromBytes } from '../../shared/format/snapshot-bytes.ts';
import { snapshotSpace } from '../../shared/score/stored-table.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { patched } from '../../shared/format/patched.ts';
import type { ReadPart } from './read-parts.ts';

/**
 * What the CATALOGUE namespace holds in parts: a key says what is live, and the parts lie under `<prefix>/<hash>/0` and following.
 */
export const PACKED = {
  snapshot: {
    key: 'active',
    prefix: 's',
    // `readParts` has hashed them.
    read: (bytes: Uint8Array) => snapshotFromBytes(bytes, true),
    allocate: snapshotSpace,
    patched,
  },
  learned: {
    key: 'learned',
    prefix: 'l',
    read: learnedFromBytes,
    allocate: (sizeBytes: number) => new Uint8Array(sizeBytes),
    patched: undefined,
  },
  /** The index; its shards lie under the same prefix, each under a hash of its own. */
  related: {
    key: 'related',
    prefix: 'r',
    read: relatedIndexFromBytes,
    allocate: (sizeBytes: number) => new Uint8Array(sizeBytes),
    patched: undefined,
  },
} as const;
export type PackedKind = keyof typeof PACKED;
export type Unpacked<K extends PackedKind> = ReturnType<(typeof PACKED)[K]['read']>;

/** Of a patch, which is small enough for one value. */
export const patchInKv =
  (catalogue: KVNamespace, cacheTtlS = PART_CACHE_TTL_S) =>
  ({ hash }: Pick<PatchRef, 'hash'>): Promise<ArrayBuffer | null> =>
    withSourceTimeout(
      catalogue.get(`p/${hash}/0`, { type: 'arrayBuffer', cacheTtl: cacheTtlS }),
      PART_TIMEOUT_MS,
    );

/** One day: the parts stored under a hash never change. */
const PART_CACHE_TTL_S = 86_400;
/** A part of 4 MiB takes well below a second; this ends a read that hangs. */
const PART_TIMEOUT_MS = 8000;

/**
 * Reads parts from KV.
 * @param cacheTtlS how old a copy in KV's cache may be. KV caches for as long that a key is absent, or damaged: what was
 * repaired since is seen only by a read that asks for a newer copy.
 */
export const partsInKv =
  (
    catalogue: KVNamespace,
    kind: PackedKind,
    { hash }: Pick<SnapshotPointer, 'hash'>,
    cacheTtlS = PART_CACHE_TTL_S,
  ): ReadPart =>
  (part) =>
    withSourceTimeout(
      catalogue.get(`${PACKED[kind].prefix}/${hash}/${part}`, {
        type: 'arrayBuffer',
        cacheTtl: cacheTtlS,
      }),
      PART_TIMEOUT_MS,
    );
