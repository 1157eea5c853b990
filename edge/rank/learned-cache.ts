import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import { learnedPart, type LearnedPart } from '../../shared/features/columns/learned-columns.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { withLearned } from '../../shared/score/learned-table.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { packedCache, type CachedPacked } from './packed-cache.ts';
import type { RefreshingCache } from '../platform/refreshing-cache.ts';

interface LoadedLearned {
  readonly part: LearnedPart;
  readonly pointer: SnapshotPointer;
}

export type CachedLearned = CachedPacked<LoadedLearned>;

/** The learned columns: those that the CATALOGUE key `learned` points at. Only rankings whose schema reads them ask for them. */
export const learnedCache = (env: Env, settings: Settings): RefreshingCache<CachedLearned> =>
  packedCache(env, settings, 'learned', {
    prepare: (columns, pointer): LoadedLearned => ({
      part: learnedPart(columns, pointer.hash),
      pointer,
    }),
    isAwaited: () => false,
  });

/**
 * Tables of the catalogue with their learned columns. One is made when the snapshot or the part changes, by the first ranking
 * after it.
 */
export class LearnedTables {
  #made:
    | { from: RankableTable; part: LearnedPart; schemaHash: string; table: RankableTable }
    | undefined;

  of(from: RankableTable, schema: Schema, part: LearnedPart | undefined): RankableTable {
    if (part === undefined) return from;
    const made = this.#made;
    // Versions of one schema share it: each brings an object of its own.
    if (made?.from === from && made.part === part && made.schemaHash === schema.hash)
      return made.table;
    const isSame = made?.part === part && made.schemaHash === schema.hash;
    const table = withLearned(from, schema, part, isSame ? made : undefined);
    this.#made = { from, part, schemaHash: schema.hash, table };
    return table;
  }
}
