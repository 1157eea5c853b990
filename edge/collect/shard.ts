import type { RankingId, SessionId } from '../../shared/domain/ids.ts';

interface Logged {
  readonly sessionId: SessionId;
  readonly rankingId: RankingId;
}

/**
 * What decides where an event is stored: all of a session goes to one shard. Session ids are keyed, so nobody can choose ids
 * that all fall on one shard. What has no session goes by its ranking, whose id is random.
 */
export const shardKeyOf = ({ sessionId, rankingId }: Logged): string => sessionId || rankingId;

/** The EventLog shard of a key: its FNV-1a hash modulo the number of shards, the same in every isolate and release. */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** Groups entries by shard. */
export function byShard<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
  shards: number,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const entry of entries) {
    const shard = shardOf(keyOf(entry), shards);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [entry]);
    else group.push(entry);
  }
  return groups;
}
