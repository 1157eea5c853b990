import { liveHash, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Trade } from '../../shared/domain/trade.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { patchedInUse } from '../../shared/format/patched.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { packedCache, type CachedPacked } from './packed-cache.ts';
import type { RefreshingCache } from '../platform/refreshing-cache.ts';

/** A snapshot of the catalogue in memory, prepared for ranking. */
export interface LoadedSnapshot {
  /** Of the whole catalogue, also where it was read in patches. */
  readonly hash: string;
  readonly schemaHash: string;
  readonly rankable: RankableTable;
  readonly pointer: SnapshotPointer;
  readonly trade?: Trade;
}

/** Whether it has no items because the first ones are still on their way. */
export const awaitsItems = ({ rankable: { table }, pointer }: LoadedSnapshot): boolean =>
  table.ids.length === 0 && pointer.emptied !== true;

export type CachedSnapshot = CachedPacked<LoadedSnapshot>;

/** The live snapshot: the one that the CATALOGUE key `active` points at. */
export const snapshotCache = (env: Env, settings: Settings): RefreshingCache<CachedSnapshot> =>
  packedCache<'snapshot', LoadedSnapshot>(env, settings, 'snapshot', {
    prepare: ({ schemaHash, table, blocks, trade }, pointer): LoadedSnapshot => ({
      hash: liveHash(pointer),
      schemaHash,
      rankable: rankable(table, blocks),
      pointer,
      ...(trade && { trade }),
    }),
    isAwaited: (snapshot) => snapshot === undefined || awaitsItems(snapshot),
    isKept: (snapshot) => !awaitsItems(snapshot),
    patch: patchedInUse,
  });
