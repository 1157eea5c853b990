import { liveHash, parseSnapshotPointer } from '../../shared/domain/pointer.ts';
import type { PatchRef, SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Patch } from '../../shared/format/patch-bytes.ts';
import {
  PACKED,
  partsInKv,
  patchInKv,
  type PackedKind,
  type Unpacked,
} from '../artifacts/packed.ts';
import { readPatches } from '../artifacts/read-patches.ts';
import { readParts } from '../artifacts/read-parts.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { keeperOf, lastGoodPacked, withPatches } from './last-good-packed.ts';
import { RefreshingCache } from '../platform/refreshing-cache.ts';

export interface CachedPacked<T> {
  /** Absent until something is published. */
  readonly loaded?: T;
  /** Why this may not be what is live; absent when it is confirmed. */
  readonly problem?: string;
}

/**
 * What the pointer of a kind in KV names. Where it cannot be read, what is in memory stays; an isolate that has nothing takes
 * what was last good in its cell, which a Durable Object keeps.
 */
export function packedCache<K extends PackedKind, T extends { readonly pointer: SnapshotPointer }>(
  env: Env,
  { refreshMs, kvCacheTtlS }: Settings,
  kind: K,
  {
    prepare,
    isAwaited,
    isKept = () => true,
    patch,
  }: {
    /** Runs once for each that is loaded. */
    readonly prepare: (value: Unpacked<K>, pointer: SnapshotPointer) => T;
    /** As that of `RefreshingCache`. */
    readonly isAwaited: (loaded: T | undefined) => boolean;
    /** Whether it is something to fall back on. */
    readonly isKept?: (loaded: T) => boolean;
    /** What is in memory becomes by patches. @throws where they do not fit it. */
    readonly patch?: (loaded: T, patches: readonly Patch[]) => Unpacked<K>;
  },
): RefreshingCache<CachedPacked<T>> {
  let keptName: string | undefined;
  const lastGood = async (cell: string) => {
    const kept = await lastGoodPacked(env, cell, kind);
    return kept && prepare(kept.value, kept.pointer);
  };
  return new RefreshingCache<CachedPacked<T>>(
    async (previous, cell) => {
      const before = previous?.loaded;
      try {
        const pointer = await livePointer(env.CATALOGUE, kind, kvCacheTtlS);
        if (pointer === undefined) {
          // Before anything is published, an absent pointer is normal. A pointer that has disappeared is a failure.
          const last = before ?? (await lastGood(cell));
          if (last === undefined) return {};
          return { loaded: last, problem: `the CATALOGUE key "${PACKED[kind].key}" is absent` };
        }
        if (before !== undefined && liveHash(pointer) === liveHash(before.pointer))
          return { loaded: isSame(pointer, before.pointer) ? before : { ...before, pointer } };
        const read = patchReader(env.CATALOGUE, pointer, kvCacheTtlS);
        const value =
          (before && patch && (await following(before, pointer, read, patch))) ??
          (await readFromKv(env.CATALOGUE, kind, pointer, kvCacheTtlS, read));
        return { loaded: prepare(value, pointer) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const last = before ?? (await lastGood(cell));
        return { ...(last && { loaded: last }), problem };
      }
    },
    { refreshMs, isAwaited: ({ loaded }) => isAwaited(loaded) },
    ({ loaded, problem }, cell) => {
      if (loaded === undefined || problem !== undefined || nameOf(loaded.pointer) === keptName)
        return undefined;
      // It must not take the place of one that is something to fall back on.
      if (!isKept(loaded)) return undefined;
      return keep(env, cell, kind, loaded.pointer).then((isStored) => {
        if (isStored) keptName = nameOf(loaded.pointer);
        return (current) => current;
      });
    },
  );
}

/** @returns undefined where there is none. @throws Error when KV fails, or the value is not a pointer. */
async function livePointer(
  catalogue: KVNamespace,
  kind: PackedKind,
  cacheTtlS: number,
): Promise<SnapshotPointer | undefined> {
  const { key } = PACKED[kind];
  const text = await withSourceTimeout(catalogue.get(key, { cacheTtl: cacheTtlS }));
  if (text === null) return undefined;
  const pointer = parseSnapshotPointer(text);
  if (pointer !== undefined) return pointer;
  throw new Error(
    `the CATALOGUE key "${key}" is not a pointer: ${JSON.stringify(text).slice(0, 80)}`,
  );
}

const isSame = (one: SnapshotPointer, other: SnapshotPointer): boolean =>
  nameOf(one) === nameOf(other) && one.emptied === other.emptied;

/** What must be read for a pointer. */
const nameOf = ({ hash, patches = [] }: SnapshotPointer): string =>
  [hash, ...patches.map((patch) => patch.hash)].join(' ');

/** Reads patches of a pointer from one on. */
type ReadFrom = (first: number) => Promise<Patch[]>;

/** The second attempt sees what was repaired after KV's cache took one that was damaged or absent. */
function patchReader(
  catalogue: KVNamespace,
  { patches = [] }: SnapshotPointer,
  cacheTtlS: number,
): ReadFrom {
  const read = (own: readonly PatchRef[], ttlS?: number) =>
    readPatches(own, patchInKv(catalogue, ttlS));
  return async (first) => {
    const own = patches.slice(first);
    try {
      return await read(own);
    } catch {
      return read(own, cacheTtlS);
    }
  };
}

/**
 * What is in memory, brought to where the pointer leads by what has changed since, which is kilobytes.
 * @returns undefined where its patches do not lead on from there: then all of it is read. @throws Error when a patch is absent or damaged.
 */
async function following<K extends PackedKind, T extends { readonly pointer: SnapshotPointer }>(
  before: T,
  { hash, patches = [] }: SnapshotPointer,
  read: ReadFrom,
  patch: (loaded: T, patches: readonly Patch[]) => Unpacked<K>,
): Promise<Unpacked<K> | undefined> {
  const known = liveHash(before.pointer);
  const behind = hash === known ? 0 : patches.findIndex(({ to }) => to === known) + 1;
  if (patches.length === 0) return undefined;
  const missing = await read(behind);
  // The first one may stand for several that were published before.
  if (behind === 0 && hash !== known && !missing[0].from.includes(known)) return undefined;
  try {
    return patch(before, missing);
  } catch (error) {
    console.error(`patches of ${hash} do not fit ${known}: all of it is read`, error);
    return undefined;
  }
}

/** The second attempt sees what was repaired after KV's cache took a part that was damaged or absent. */
async function readFromKv<K extends PackedKind>(
  catalogue: KVNamespace,
  kind: K,
  pointer: SnapshotPointer,
  cacheTtlS: number,
  readFrom: ReadFrom,
): Promise<Unpacked<K>> {
  // First, as nothing can be made of the parts without them.
  const patches = await readFrom(0);
  const read = async (ttlS?: number) =>
    PACKED[kind].read(
      await readParts(pointer, partsInKv(catalogue, kind, pointer, ttlS), PACKED[kind].allocate),
    ) as Unpacked<K>;
  let value: Unpacked<K>;
  try {
    value = await read();
  } catch {
    value = await read(cacheTtlS);
  }
  return withPatches(kind, value, patches);
}

/** A failure is no problem of this isolate, which has it; it tries again when it refreshes next. */
async function keep(
  env: Env,
  cell: string,
  kind: PackedKind,
  pointer: SnapshotPointer,
): Promise<boolean> {
  try {
    await keeperOf(env, cell, kind).keep(pointer, kind);
    return true;
  } catch (error) {
    console.error(`${kind} ${pointer.hash} could not be kept; it will be tried again`, error);
    return false;
  }
}
