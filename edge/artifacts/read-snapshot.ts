import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  type Snapshot,
} from '../../shared/format/snapshot-bytes.ts';

/** @returns the bytes of a part, counted from 0; null where there is none. */
export type ReadPart = (part: number) => Promise<ArrayBuffer | Uint8Array | null>;

/**
 * Puts a snapshot together from its parts, and checks that together they have the hash that names them.
 * @throws Error when a part is absent or the hash does not match; FormatError when the bytes are not a snapshot.
 */
export async function readSnapshot(
  { hash, parts, sizeBytes }: SnapshotPointer,
  readPart: ReadPart,
): Promise<Snapshot> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const stored = await readPart(part);
    if (stored === null) throw new Error(`snapshot part s/${hash}/${part} is absent`);
    if (at + stored.byteLength > sizeBytes) throw new Error(`snapshot ${hash} has too many bytes`);
    bytes.set(new Uint8Array(stored), at);
    at += stored.byteLength;
  }
  const found = snapshotHash(bytes.subarray(0, at));
  if (found !== hash) throw new Error(`snapshot ${hash} is damaged: its bytes hash to ${found}`);
  return snapshotFromBytes(bytes);
}
