import type { Item } from '../../../shared/domain/item.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import {
  relatedIndexToBytes,
  relatedShardToBytes,
  shardBits,
  shardOfItem,
  type RelatedEntry,
} from '../../../shared/format/related-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import type { NamedBytes } from '../../models/publisher.ts';
import { neighboursOf } from './neighbours.ts';

/** Which items are alike, as it is published. */
export interface BuiltRelated {
  readonly items: number;
  readonly index: NamedBytes;
  /** In the order of the index; equal ones are there as often. */
  readonly shards: readonly NamedBytes[];
}

/** How alike a neighbour is, and the end of its line. */
const BYTES_BESIDE_ID = 2;

/** @param given in any order. @throws ApiError 400 where an attribute does not fit its column. */
export function buildRelated(
  { columns, related }: Pick<Schema, 'columns' | 'related'>,
  given: readonly Item[],
): BuiltRelated {
  const items = given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found = related && neighboursOf(items, columns, related);
  const sizes = items.map(({ id }) => Buffer.byteLength(id) + BYTES_BESIDE_ID);
  const bits = shardBits(items.length, found?.rows.reduce((sum, row) => sum + sizes[row], 0) ?? 0);
  const entries = Array.from({ length: 2 ** bits }, (): RelatedEntry[] => []);
  if (found !== undefined) {
    const { from, rows, percent } = found;
    items.forEach(({ id }, row) => {
      const neighbours = Array.from({ length: from[row + 1] - from[row] }, (_, i) => ({
        id: items[rows[from[row] + i]].id,
        percent: percent[from[row] + i],
      }));
      entries[shardOfItem(id, bits)].push({ id, neighbours });
    });
  }
  const shards = entries.map((own) => named(relatedShardToBytes(own)));
  const index = { items: items.length, bits, shards: shards.map(({ hash }) => hash) };
  return { items: items.length, index: named(relatedIndexToBytes(index)), shards };
}

const named = (bytes: Uint8Array<ArrayBuffer>): NamedBytes => ({
  hash: snapshotHash(bytes),
  bytes,
});
