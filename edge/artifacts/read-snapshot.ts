import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  type Snapshot,
} from '../../shared/format/snapshot-bytes.ts';

/** One day: the parts stored under a hash never change. */
const PART_CACHE_TTL_S = 86_400;

/**
 * Reads a snapshot's parts, the CATALOGUE keys `s/<hash>/0`, `s/<hash>/1`, …, and checks that together they have the
 * hash that names them.
 * @throws Error when a part is absent or the hash does not match; FormatError when the bytes are not a snapshot.
 */
export async function readSnapshot(
  catalogue: KVNamespace,
  { hash, parts, sizeBytes }: SnapshotPointer,
): Promise<Snapshot> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const key = `s/${hash}/${part}`;
    const stored = await catalogue.get(key, { type: 'arrayBuffer', cacheTtl: PART_CACHE_TTL_S });
    if (stored === null) throw new Error(`snapshot part ${key} is absent`);
    if (at + stored.byteLength > sizeBytes) throw new Error(`snapshot ${hash} has too many bytes`);
    bytes.set(new Uint8Array(stored), at);
    at += stored.byteLength;
  }
  const found = snapshotHash(bytes.subarray(0, at));
  if (found !== hash) throw new Error(`snapshot ${hash} is damaged: its bytes hash to ${found}`);
  return snapshotFromBytes(bytes);
}
