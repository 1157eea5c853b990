import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';

/** @returns the bytes of a part, counted from 0; null where there is none. */
export type ReadPart = (part: number) => Promise<ArrayBuffer | Uint8Array | null>;

/**
 * Puts the bytes of a snapshot, or of learned columns, together from their parts, and checks that together they have the hash
 * that names them.
 * @param allocate makes the bytes that they are put into, all 0.
 * @throws Error when a part is absent or the hash does not match.
 */
export async function readParts(
  { hash, parts, sizeBytes }: SnapshotPointer,
  readPart: ReadPart,
  allocate: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = allocate(sizeBytes);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const stored = await readPart(part);
    if (stored === null) throw new Error(`part ${part} of ${hash} is absent`);
    if (at + stored.byteLength > sizeBytes) throw new Error(`${hash} has too many bytes`);
    bytes.set(new Uint8Array(stored), at);
    at += stored.byteLength;
  }
  const whole = bytes.subarray(0, at);
  const found = snapshotHash(whole);
  if (found !== hash) throw new Error(`${hash} is damaged: its bytes hash to ${found}`);
  return whole;
}
