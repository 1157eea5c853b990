import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import {
  learnedName,
  learnedPart,
  type LearnedPart,
} from '../../shared/features/columns/learned-columns.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { learnedKeys, withLearned } from '../../shared/score/learned-table.ts';
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
 * after it, for all schemas that read the same columns.
 */
export class LearnedTables {
  /** By the names of the columns. What was not asked for the longest is first. */
  readonly #made = new Map<string, Made>();
  /** The last of them, which need not be put there again. */
  #latest: Made | undefined;

  of(from: RankableTable, schema: Schema, part: LearnedPart | undefined): RankableTable {
    if (part === undefined) return from;
    const key = columnsReadBy(schema);
    const before = this.#made.get(key);
    const isSame = before?.from === from && before.part === part;
    const made = isSame ? before : this.#make(from, schema, part, before);
    if (made === this.#latest) return made.table;
    this.#latest = made;
    this.#made.delete(key);
    this.#made.set(key, made);
    if (this.#made.size > MOST_KEPT) this.#made.delete(this.#made.keys().next().value!);
    return made.table;
  }

  #make(from: RankableTable, schema: Schema, part: LearnedPart, before: Made | undefined): Made {
    // What is not asked for any more is kept for no longer than one change of the catalogue.
    for (const [key, other] of this.#made)
      if (other.from !== from && other.from !== before?.from) this.#made.delete(key);
    const ofPart = before?.part === part ? before : undefined;
    return { from, part, table: withLearned(from, schema, part, ofPart) };
  }
}

/** By schema: every ranking asks. */
const known = new WeakMap<Schema, string>();

function columnsReadBy(schema: Schema): string {
  let names = known.get(schema);
  if (names === undefined) {
    names = learnedKeys(schema).map(learnedName).join(', ');
    known.set(schema, names);
  }
  return names;
}

interface Made {
  readonly from: RankableTable;
  readonly part: LearnedPart;
  readonly table: RankableTable;
}

/** Of the default lineage and of others that read other columns. */
const MOST_KEPT = 4;
