import { bytesToHex, hexToBytes } from '../hash/hex.ts';
import { sha256 } from '../hash/sha256.ts';
import { ByteReader, FormatError } from './bytes.ts';

/**
 * The frame around every binary format: magic (4 ASCII letters), format version (u16), schema hash (8 bytes, all zero
 * if there is no schema), payload, and a checksum (the first 8 bytes of the SHA-256 of everything before it).
 */
export const HEAD_BYTES = 14;
const CHECKSUM_BYTES = 8;
const NO_SCHEMA = '0000000000000000';

export function sealFrame(
  magic: string,
  format: number,
  schemaHash: string | undefined,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + payload.length + CHECKSUM_BYTES);
  for (let i = 0; i < magic.length; i++) bytes[i] = magic.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(magic.length, format, true);
  bytes.set(hexToBytes(schemaHash ?? NO_SCHEMA), magic.length + 2);
  bytes.set(payload, HEAD_BYTES);
  const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  bytes.set(sha256(body).subarray(0, CHECKSUM_BYTES), body.length);
  return bytes;
}

export interface Frame {
  readonly format: number;
  /** 16 hex digits. */
  readonly schemaHash: string;
  readonly payload: ByteReader;
}

/**
 * @throws FormatError if the bytes are not a complete, undamaged frame of this kind; the payload is not read before
 * that is clear.
 * @param isVerified they were compared with a hash of all of them, so that they are not hashed again.
 */
export function openFrame(
  magic: string,
  newestFormat: number,
  bytes: Uint8Array,
  isVerified = false,
): Frame {
  if (bytes.length < HEAD_BYTES + CHECKSUM_BYTES) {
    throw new FormatError(`${magic}: ${bytes.length} bytes are too few for an artifact`);
  }
  const head = new ByteReader(bytes.subarray(0, HEAD_BYTES));
  const found = String.fromCharCode(...head.raw(4));
  if (found !== magic)
    throw new FormatError(`expected ${magic}, but the bytes start with ${JSON.stringify(found)}`);
  const format = head.u16();
  if (format < 1 || format > newestFormat) {
    throw new FormatError(
      `${magic} format ${format} is unknown; this build reads 1 to ${newestFormat}: deploy a newer one`,
    );
  }
  const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  if (!isVerified) {
    const expected = bytesToHex(sha256(body).subarray(0, CHECKSUM_BYTES));
    const actual = bytesToHex(bytes.subarray(bytes.length - CHECKSUM_BYTES));
    if (expected !== actual)
      throw new FormatError(
        `${magic}: checksum is ${actual}, but the content has ${expected}: damaged`,
      );
  }
  return {
    format,
    schemaHash: bytesToHex(head.raw(8)),
    payload: new ByteReader(body.subarray(HEAD_BYTES)),
  };
}
