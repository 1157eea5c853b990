import { ApiError } from '../../shared/domain/errors.ts';
import { parseRelated, type RelatedItems } from '../../shared/domain/related.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { FormatError } from '../../shared/format/bytes.ts';
import {
  findRelated,
  relatedIndexFromBytes,
  RelatedShard,
  type Neighbours,
  type RelatedIndex,
} from '../../shared/format/related-bytes.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import type { Kv } from '../models/edge-kv.ts';
import { partKey, RELATED_KEY } from '../models/kv-keys.ts';
import { damaged, readPacked, type Published } from './published.ts';

/** What is known of related items that a request asks for, or why it cannot be ranked beside them. */
export type FoundRelated =
  | Neighbours
  | { readonly refusal: Pick<ApiError, 'status' | 'code' | 'message'> };

/** Finds neighbours for requests, from what is published. */
export interface RelatedReader {
  /** @param body of a request. @returns undefined where it asks for no related items, or not in a form that is taken. */
  find(body: unknown): Promise<FoundRelated | undefined>;
}

const MOST_BYTES = 64 * 1024 * 1024;

/** The index is read once somebody asks for related items, and each shard once, as long as there is room for it. */
export function relatedReader(
  kv: Pick<Kv, 'get'>,
  { scorer }: Pick<Published, 'scorer'>,
): RelatedReader {
  let schema: Schema | undefined;
  let index: Promise<RelatedIndex | undefined> | undefined;
  const shards = new Map<string, RelatedShard>();
  let sizeBytes = 0;
  const shardOf = async (hash: string) => {
    const shard = shards.get(hash) ?? (await readShard(kv, hash));
    if (!shards.delete(hash)) sizeBytes += shard.sizeBytes;
    shards.set(hash, shard);
    for (const [oldest, own] of shards) {
      if (sizeBytes <= MOST_BYTES || oldest === hash) break;
      shards.delete(oldest);
      sizeBytes -= own.sizeBytes;
    }
    return shard;
  };
  const neighbours = async ({ to }: RelatedItems): Promise<Neighbours> => {
    schema ??= scorerFromBytes(scorer).schema;
    if (schema.related === undefined)
      throw new ApiError(
        409,
        'no_related',
        `schema ${schema.name} of these weights says nothing of what makes items alike: it has no "related"`,
      );
    index ??= readIndex(kv);
    index.catch(() => (index = undefined));
    const known = await index;
    if (known !== undefined) return findRelated(to, known, shardOf);
    throw new ApiError(
      409,
      'no_related',
      'nothing is published yet of which items are alike: the backend does so once a catalogue is published by a schema with "related"',
    );
  };
  return {
    async find(body) {
      const { related } = (body ?? {}) as { readonly related?: unknown };
      if (related === undefined || related === null) return undefined;
      let asked: RelatedItems;
      try {
        asked = parseRelated(related);
      } catch {
        // The request is refused as a whole, in words.
        return undefined;
      }
      try {
        return await neighbours(asked);
      } catch (error) {
        if (error instanceof FormatError)
          return { refusal: { status: 502, code: 'damaged', message: error.message } };
        if (!(error instanceof ApiError)) throw error;
        const { status, code, message } = error;
        return { refusal: { status, code, message } };
      }
    },
  };
}

async function readIndex(kv: Pick<Kv, 'get'>): Promise<RelatedIndex | undefined> {
  const packed = await readPacked(kv, RELATED_KEY, 'r');
  return packed && relatedIndexFromBytes(packed.bytes);
}

async function readShard(kv: Pick<Kv, 'get'>, hash: string): Promise<RelatedShard> {
  const bytes = await kv.get('CATALOGUE', partKey('r', hash, 0));
  if (bytes === undefined || snapshotHash(bytes) !== hash) throw damaged(hash);
  return new RelatedShard(bytes, true);
}

/** What was found, for a request that asks for related items. @throws ApiError where it cannot be ranked beside them. */
export function neighboursOf(found: FoundRelated | undefined): Neighbours {
  if (found === undefined)
    throw new ApiError(409, 'no_related', 'what is published of related items is not read here');
  if ('related' in found) return found;
  const { status, code, message } = found.refusal;
  throw new ApiError(status, code, message);
}
