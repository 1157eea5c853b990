import { parseSnapshotPointer, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import { PACKED, partsInKv, type PackedKind, type Unpacked } from '../artifacts/packed.ts';
import { readParts } from '../artifacts/read-parts.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { keeperOf, lastGoodPacked } from './last-good-packed.ts';
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
  }: {
    /** Runs once for each that is loaded. */
    readonly prepare: (value: Unpacked<K>, pointer: SnapshotPointer) => T;
    /** As that of `RefreshingCache`. */
    readonly isAwaited: (loaded: T | undefined) => boolean;
    /** Whether it is something to fall back on. */
    readonly isKept?: (loaded: T) => boolean;
  },
): RefreshingCache<CachedPacked<T>> {
  let keptHash: string | undefined;
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
        if (pointer.hash === before?.pointer.hash)
          return {
            loaded: pointer.emptied === before.pointer.emptied ? before : { ...before, pointer },
          };
        const value = await readFromKv(env.CATALOGUE, kind, pointer, kvCacheTtlS);
        return { loaded: prepare(value, pointer) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const last = before ?? (await lastGood(cell));
        return { ...(last && { loaded: last }), problem };
      }
    },
    { refreshMs, isAwaited: ({ loaded }) => isAwaited(loaded) },
    ({ loaded, problem }, cell) => {
      if (loaded === undefined || problem !== undefined || loaded.pointer.hash === keptHash)
        return undefined;
      // It must not take the place of one that is something to fall back on.
      if (!isKept(loaded)) return undefined;
      return keep(env, cell, kind, loaded.pointer).then((isStored) => {
        if (isStored) keptHash = loaded.pointer.hash;
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

/** The second attempt sees what was repaired after KV's cache took a part that was damaged or absent. */
async function readFromKv<K extends PackedKind>(
  catalogue: KVNamespace,
  kind: K,
  pointer: SnapshotPointer,
  cacheTtlS: number,
): Promise<Unpacked<K>> {
  const read = async (ttlS?: number) =>
    PACKED[kind].read(
      await readParts(pointer, partsInKv(catalogue, kind, pointer, ttlS), PACKED[kind].allocate),
    ) as Unpacked<K>;
  try {
    return await read();
  } catch {
    return read(cacheTtlS);
  }
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
