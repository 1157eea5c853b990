import type { SessionId } from '../../shared/domain/ids.ts';

/**
 * The EventLog shard of a session: its FNV-1a hash modulo the
 * number of shards, the same in every isolate and release.
 */
export function shardOf(sessionId: SessionId, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < sessionId.length; i++) {
    hash = Math.imul(hash ^ sessionId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** Groups entries by the shard of their session. */
export function byShard<T>(
  entries: readonly T[],
  sessionOf: (entry: T) => SessionId,
  shards: number,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const entry of entries) {
    const shard = shardOf(sessionOf(entry), shards);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [entry]);
    else group.push(entry);
  }
  return groups;
}
