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
 * after it, for each schema that ranks.
 */
export class LearnedTables {
  readonly #made = new Map<string, Made>();

  of(from: RankableTable, schema: Schema, part: LearnedPart | undefined): RankableTable {
    if (part === undefined) return from;
    const made = this.#made.get(schema.hash);
    // Versions of one schema share it: each brings an object of its own.
    if (made?.from === from && made.part === part) return made.table;
    const table = withLearned(from, schema, part, made?.part === part ? made : undefined);
    // Of a schema that ranks no more nothing is kept for longer than one change of the catalogue.
    for (const [hash, other] of this.#made)
      if (other.from !== from && other.from !== made?.from) this.#made.delete(hash);
    this.#made.delete(schema.hash);
    if (this.#made.size >= MOST_SCHEMAS) this.#made.delete(this.#made.keys().next().value!);
    this.#made.set(schema.hash, { from, part, table });
    return table;
  }
}

interface Made {
  readonly from: RankableTable;
  readonly part: LearnedPart;
  readonly table: RankableTable;
}

/** Of the default lineage and of others with features of their own; what was not asked for the longest goes. */
const MOST_SCHEMAS = 4;
