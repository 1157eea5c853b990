import { inArray } from 'drizzle-orm';
import { nfc } from '../../../shared/domain/nfc.ts';
import { own } from '../../../shared/domain/own.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { parseStoredItem, type Item } from '../../../shared/domain/item.ts';
import { readEmbedding } from '../../../shared/features/columns/embedding.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { RelatedShard, shardOfItem } from '../../../shared/format/related-bytes.ts';
import type { Kv } from '../../models/edge-kv.ts';
import { partKey } from '../../models/kv-keys.ts';
import type { Store } from '../../store/open.ts';
import { items } from '../../store/tables.ts';
import { cosineOf } from './alike.ts';
import { bucketsIn, type NamedBucket } from './buckets.ts';
import { comparedBy } from './neighbours.ts';
import { readLiveRelated } from './related-parts.ts';
import { quantise } from './vectors.ts';

/** An item that is like another one, and why. */
export interface ExplainedNeighbour {
  readonly id: string;
  readonly percent: number;
  /** The buckets that both are in, as the catalogue is now. */
  readonly common: readonly NamedBucket[];
  /** Of their embeddings, 0..1; null where they are not compared, or one of them has none. */
  readonly cosine: number | null;
}

/**
 * What is published as like an item, the most alike first.
 * @returns undefined where nothing is published; no neighbours where nothing is known of the item.
 * @throws ApiError where KV cannot be reached; FormatError where what it has is damaged.
 */
export async function readRelatedItem(
  store: Pick<Store, 'db'>,
  kv: Pick<Kv, 'get'>,
  schema: Schema,
  id: ItemId,
): Promise<
  | {
      readonly hash: string;
      readonly at: number;
      readonly isKnown: boolean;
      readonly neighbours: readonly ExplainedNeighbour[];
    }
  | undefined
> {
  const live = await readLiveRelated(store);
  if (live === undefined || schema.related === undefined) return undefined;
  const { bits, shards } = live.index;
  const bytes = await kv.get('CATALOGUE', partKey('r', shards[shardOfItem(id, bits)], 0));
  const found = bytes && new RelatedShard(bytes).neighbours(id);
  const known = await storedOf(store, [id, ...(found ?? []).map((one) => one.id)]);
  const explain = explainer(schema, known.get(id));
  return {
    hash: live.pointer.hash,
    at: live.pointer.at,
    isKnown: found !== undefined,
    neighbours: (found ?? []).map((one) => ({ ...one, ...explain(known.get(one.id)) })),
  };
}

async function storedOf({ db }: Pick<Store, 'db'>, ids: ItemId[]): Promise<Map<string, Item>> {
  const rows = await db.select().from(items).where(inArray(items.id, ids));
  return new Map(rows.map(({ id, attributes }) => [id, parseStoredItem(id, { ...attributes })]));
}

function explainer({ columns, related }: Schema, item: Item | undefined) {
  const { buckets, embedding } = comparedBy(related!.by, columns);
  const vectorOf = (one: Item) => {
    if (embedding === undefined) return undefined;
    const values = readEmbedding(own(one.attributes, nfc(embedding.name)), embedding.dimensions!);
    if (!values) return undefined;
    const whole = new Int8Array(values.length);
    return { whole, square: quantise(values, whole) };
  };
  const mine = item && bucketsIn(item, buckets, columns);
  const vector = item && vectorOf(item);
  return (other: Item | undefined): Pick<ExplainedNeighbour, 'common' | 'cosine'> => {
    if (other === undefined || mine === undefined) return { common: [], cosine: null };
    const theirs = bucketsIn(other, buckets, columns);
    const isCommon = ({ column, value }: NamedBucket) =>
      theirs.some((one) => one.column === column && one.value === value);
    const their = vectorOf(other);
    const dot =
      their && vector && their.whole.reduce((sum, value, i) => sum + value * vector.whole[i], 0);
    return {
      common: mine.filter(isCommon),
      cosine: dot === undefined ? null : cosineOf(dot, vector!.square, their!.square),
    };
  };
}
