import { parseSnapshotPointer, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Snapshot } from '../../shared/format/snapshot-bytes.ts';
import { rankable, type RankableTable } from '../../shared/score/rank.ts';
import { readSnapshot } from '../artifacts/read-snapshot.ts';
import { snapshotParts } from '../artifacts/snapshot-parts.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { lastGoodSnapshot, snapshotKeeper } from './last-good-snapshot.ts';
import { RefreshingCache } from './refreshing-cache.ts';

/** A snapshot of the catalogue in memory, prepared for ranking. */
export interface LoadedSnapshot {
  readonly hash: string;
  readonly schemaHash: string;
  readonly rankable: RankableTable;
  readonly pointer: SnapshotPointer;
}

/** Whether it has no items because the first ones are still on their way. */
export const awaitsItems = ({ rankable: { table }, pointer }: LoadedSnapshot): boolean =>
  table.ids.length === 0 && pointer.emptied !== true;

export interface CachedSnapshot {
  /** Absent until a catalogue is published. */
  readonly snapshot?: LoadedSnapshot;
  /** Why this may not be the live snapshot; absent when it is confirmed. */
  readonly problem?: string;
}

/**
 * The live snapshot: the one that the CATALOGUE key `active` points at. Where it cannot be read, the one in memory stays;
 * an isolate that has none takes the last good one of its cell, which a Durable Object keeps.
 */
export function snapshotCache(
  env: Env,
  { refreshMs, kvCacheTtlS }: Settings,
): RefreshingCache<CachedSnapshot> {
  let keptHash: string | undefined;
  return new RefreshingCache(
    async (previous: CachedSnapshot | undefined, cell) => {
      const before = previous?.snapshot;
      try {
        const pointer = await livePointer(env.CATALOGUE, kvCacheTtlS);
        if (pointer === undefined) {
          // Without any catalogue so far, an absent pointer is normal. A pointer that has disappeared is a failure.
          const last = before ?? (await lastGood(env, cell));
          if (last === undefined) return {};
          return { snapshot: last, problem: 'the CATALOGUE key "active" is absent' };
        }
        if (pointer.hash === before?.hash)
          return {
            snapshot: pointer.emptied === before.pointer.emptied ? before : { ...before, pointer },
          };
        return { snapshot: loaded(await readFromKv(env.CATALOGUE, pointer, kvCacheTtlS), pointer) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const last = before ?? (await lastGood(env, cell));
        return { ...(last && { snapshot: last }), problem };
      }
    },
    { refreshMs, isAwaited: ({ snapshot }) => snapshot === undefined || awaitsItems(snapshot) },
    ({ snapshot, problem }, cell) => {
      if (snapshot === undefined || problem !== undefined || snapshot.hash === keptHash)
        return undefined;
      // It is nothing to fall back on, and must not take the place of one that is.
      if (awaitsItems(snapshot)) return undefined;
      return keep(env, cell, snapshot).then((isKept) => {
        if (isKept) keptHash = snapshot.hash;
        return (current) => current;
      });
    },
  );
}

/** @returns undefined where there is none. @throws Error when KV fails, or the value is not a pointer. */
async function livePointer(
  catalogue: KVNamespace,
  cacheTtlS: number,
): Promise<SnapshotPointer | undefined> {
  const text = await withSourceTimeout(catalogue.get('active', { cacheTtl: cacheTtlS }));
  if (text === null) return undefined;
  const pointer = parseSnapshotPointer(text);
  if (pointer !== undefined) return pointer;
  throw new Error(
    `the CATALOGUE key "active" is not a pointer: ${JSON.stringify(text).slice(0, 80)}`,
  );
}

/** The second attempt sees what was repaired after KV's cache took a part that was damaged or absent. */
async function readFromKv(
  catalogue: KVNamespace,
  pointer: SnapshotPointer,
  cacheTtlS: number,
): Promise<Snapshot> {
  try {
    return await readSnapshot(pointer, snapshotParts(catalogue, pointer.hash));
  } catch {
    return readSnapshot(pointer, snapshotParts(catalogue, pointer.hash, cacheTtlS));
  }
}

async function lastGood(env: Env, cell: string): Promise<LoadedSnapshot | undefined> {
  const kept = await lastGoodSnapshot(env, cell);
  return kept && loaded(kept, kept.pointer);
}

const loaded = ({ schemaHash, table }: Snapshot, pointer: SnapshotPointer): LoadedSnapshot => ({
  hash: pointer.hash,
  schemaHash,
  rankable: rankable(table),
  pointer,
});

/** A failure is no problem of this isolate, which has the snapshot; it tries again when it refreshes next. */
async function keep(env: Env, cell: string, snapshot: LoadedSnapshot): Promise<boolean> {
  try {
    await snapshotKeeper(env, cell).keep(snapshot.pointer);
    return true;
  } catch (error) {
    console.error(`snapshot ${snapshot.hash} could not be kept; it will be tried again`, error);
    return false;
  }
}
