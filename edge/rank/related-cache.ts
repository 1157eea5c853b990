import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { RelatedItems } from '../../shared/domain/related.ts';
import {
  findRelated,
  RelatedShard,
  type Neighbours,
  type RelatedIndex,
} from '../../shared/format/related-bytes.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import { partsInKv } from '../artifacts/packed.ts';
import type { Env } from '../platform/env.ts';
import type { RefreshingCache } from '../platform/refreshing-cache.ts';
import type { Settings } from '../platform/settings.ts';
import { packedCache, type CachedPacked } from './packed-cache.ts';

interface LoadedRelated {
  readonly index: RelatedIndex;
  readonly pointer: SnapshotPointer;
}

type CachedRelated = CachedPacked<LoadedRelated>;

/** Shards that an isolate keeps, whose memory is 128 MB: some forty. */
const MOST_BYTES = 8 * 1024 * 1024;

export interface FoundRelated extends Neighbours {
  /** Whether they could not be read, or may be out of date. */
  readonly degraded: boolean;
}

/**
 * Which items are alike: the index that the CATALOGUE key `related` points at, and of its shards those that requests need. Only
 * rankings of related items ask for it.
 */
export class RelatedCache {
  readonly #env: Env;
  readonly #kvCacheTtlS: number;
  readonly #index: RefreshingCache<CachedRelated>;
  /** By hash, the one that was asked for longest ago first. */
  readonly #shards = new Map<string, RelatedShard>();
  #sizeBytes = 0;

  constructor(env: Env, settings: Settings) {
    this.#env = env;
    this.#kvCacheTtlS = settings.kvCacheTtlS;
    this.#index = packedCache<'related', LoadedRelated>(env, settings, 'related', {
      prepare: (index, pointer) => ({ index, pointer }),
      // Of a site that has just asked for its first ones.
      isAwaited: (loaded) => loaded === undefined,
    });
  }

  /**
   * What is known to be like some items. Never fails: where nothing is known, or KV cannot be read, it says so, and all items compete.
   * @param isWanted whether the schema in force says what makes items alike: what was published for another one is no answer.
   */
  async find(
    { to }: RelatedItems,
    isWanted: boolean,
    { ctx, cell, nowMs }: { ctx: ExecutionContext; cell: () => string; nowMs: number },
  ): Promise<FoundRelated> {
    const unknown = (problem: string, degraded: boolean): FoundRelated => ({
      related: { to },
      problem,
      degraded,
    });
    if (!isWanted)
      return unknown(
        'the schema says nothing of what makes items alike: it has no "related"',
        false,
      );
    const { loaded, problem } = await this.#index.get(ctx, cell, nowMs);
    if (loaded === undefined)
      return unknown('nothing is published yet of which items are alike', problem !== undefined);
    try {
      const found = await findRelated(to, loaded.index, (hash) => this.#shard(hash));
      return { ...found, degraded: problem !== undefined };
    } catch (error) {
      console.error('related items could not be read', error);
      return unknown('which items are alike could not be read', true);
    }
  }

  async #shard(hash: string): Promise<RelatedShard> {
    const shard = this.#shards.get(hash) ?? (await this.#read(hash));
    // Requests of the isolate do not wait for each other's reads, so that two may have read the same.
    if (!this.#shards.delete(hash)) this.#sizeBytes += shard.sizeBytes;
    this.#shards.set(hash, shard);
    for (const [oldest, { sizeBytes }] of this.#shards) {
      if (this.#sizeBytes <= MOST_BYTES || oldest === hash) break;
      this.#shards.delete(oldest);
      this.#sizeBytes -= sizeBytes;
    }
    return shard;
  }

  /** The second attempt sees what was repaired after KV's cache took one that was damaged or absent. */
  async #read(hash: string): Promise<RelatedShard> {
    const bytes = (await this.#bytes(hash)) ?? (await this.#bytes(hash, this.#kvCacheTtlS));
    if (bytes === undefined) throw new Error(`shard ${hash} of related items is absent or damaged`);
    return new RelatedShard(bytes, true);
  }

  async #bytes(hash: string, cacheTtlS?: number): Promise<Uint8Array | undefined> {
    const stored = await partsInKv(this.#env.CATALOGUE, 'related', { hash }, cacheTtlS)(0);
    const bytes = stored === null ? undefined : new Uint8Array(stored);
    return bytes !== undefined && snapshotHash(bytes) === hash ? bytes : undefined;
  }
}
