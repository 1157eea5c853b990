import { parseSnapshotPointer } from '../../shared/domain/pointer.ts';
import { rankable, type RankableTable } from '../../shared/score/rank.ts';
import { readSnapshot } from '../artifacts/read-snapshot.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { RefreshingCache } from './refreshing-cache.ts';

/** A snapshot of the catalogue in memory, prepared for ranking. */
export interface LoadedSnapshot {
  readonly hash: string;
  readonly schemaHash: string;
  readonly rankable: RankableTable;
}

export interface CachedSnapshot {
  /** Absent until a catalogue is published. */
  readonly snapshot?: LoadedSnapshot;
  /** Why this may not be the live snapshot; absent when it is confirmed. */
  readonly problem?: string;
}

/** The live snapshot: the one that the CATALOGUE key `active` points at. */
export const snapshotCache = (
  env: Env,
  { refreshMs, kvCacheTtlS }: Settings,
): RefreshingCache<CachedSnapshot> =>
  new RefreshingCache(
    async (previous: CachedSnapshot | undefined) => {
      try {
        const text = await env.CATALOGUE.get('active', { cacheTtl: kvCacheTtlS });
        // Without any catalogue so far, an absent pointer is normal. A pointer that has disappeared is a failure.
        if (text === null && previous?.snapshot === undefined) return {};
        const pointer = parseSnapshotPointer(text ?? '');
        if (pointer === undefined) {
          throw new Error(
            `the CATALOGUE key "active" is not a pointer: ${JSON.stringify(text)?.slice(0, 80)}`,
          );
        }
        const { hash } = pointer;
        if (hash === previous?.snapshot?.hash) return { snapshot: previous.snapshot };
        const { schemaHash, table } = await readSnapshot(env.CATALOGUE, pointer);
        return { snapshot: { hash, schemaHash, rankable: rankable(table) } };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return { ...(previous?.snapshot && { snapshot: previous.snapshot }), problem };
      }
    },
    { refreshMs },
  );
