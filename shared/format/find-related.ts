import type { ItemId } from '../domain/ids.ts';
import { relatedTo, type RelatedItems, type RelatedReport } from '../domain/related.ts';
import { shardOfItem, type RelatedIndex, type RelatedShard } from './related-bytes.ts';

/** Neighbours that were found, and why there are none of some. */
export interface Neighbours {
  readonly related: RelatedItems;
  /** In words; absent where neighbours of all items are known. */
  readonly problem?: string;
}

/**
 * What is published as like some items. Each shard that has one of them is read once.
 * @throws what `shardOf` does.
 */
export async function findRelated(
  to: readonly ItemId[],
  { bits, shards }: Pick<RelatedIndex, 'bits' | 'shards'>,
  shardOf: (hash: string) => Promise<RelatedShard>,
): Promise<Neighbours> {
  const hashes = to.map((id) => shards[shardOfItem(id, bits)]);
  const read = new Map<string, RelatedShard>();
  await Promise.all([...new Set(hashes)].map(async (hash) => read.set(hash, await shardOf(hash))));
  const found = to.map((id, i) => read.get(hashes[i])!.neighbours(id));
  const missing = to.filter((_, i) => found[i] === undefined);
  return {
    related: relatedTo(to, found),
    ...(missing.length > 0 && { problem: `nothing is known of ${missing.join(', ')}` }),
  };
}

/** What an answer says of them. */
export const relatedReport = ({ related: { to, items }, problem }: Neighbours): RelatedReport => ({
  to,
  neighbours: items?.length ?? 0,
  ...(problem !== undefined && { problem }),
});
