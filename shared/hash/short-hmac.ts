import { BLOCK_BYTES, compressBlock, SHA256_START } from './sha256-block.ts';
import { sha256 } from './sha256.ts';
import { utf8ToBytes } from './utf8.ts';

/** State of SHA-256 behind the key's inner and outer block. */
interface ShortKey {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

const DIGEST_BYTES = 32;
/** A length of 64 bits and a 1 end what is hashed. */
const END_BYTES = 9;
const MOST_CHARACTERS = 1024;
const padded = new Uint8Array(MOST_CHARACTERS + END_BYTES + BLOCK_BYTES);
const block = new Uint8Array(BLOCK_BYTES);
const state = new Int32Array(8);
const digest = new Uint8Array(DIGEST_BYTES);

/**
 * HMAC-SHA-256 of a short text of ASCII in JavaScript. A call into the platform, with the objects that it makes, takes longer than
 * hashing a few blocks here.
 * @returns 32 bytes that the next call overwrites; undefined where the text is long, or not ASCII.
 */
export function shortHmac(key: string, text: string): Uint8Array<ArrayBuffer> | undefined {
  const { length } = text;
  if (length > MOST_CHARACTERS) return undefined;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    padded[i] = code;
  }
  const { inner, outer } = preparedOf(key);
  const end = Math.ceil((length + END_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  finish(padded, length, end);
  state.set(inner);
  for (let at = 0; at < end; at += BLOCK_BYTES) compressBlock(state, padded, at);
  write(state, block);
  finish(block, DIGEST_BYTES, BLOCK_BYTES);
  state.set(outer);
  compressBlock(state, block, 0);
  write(state, digest);
  return digest;
}

/** Ends what follows a block of the key: a 1, zeros, and the length in bits (FIPS 180-4, 5.1.1). */
function finish(bytes: Uint8Array, length: number, end: number): void {
  bytes[length] = 0x80;
  bytes.fill(0, length + 1, end);
  const bits = (BLOCK_BYTES + length) * 8;
  bytes[end - 2] = bits >>> 8;
  bytes[end - 1] = bits;
}

function write(words: Int32Array, bytes: Uint8Array): void {
  for (let i = 0; i < DIGEST_BYTES; i++) bytes[i] = words[i >> 2] >>> (24 - 8 * (i & 3));
}

const prepared = new Map<string, ShortKey>();

/** A process has one secret, or a few during a rotation, so each key is prepared once. */
function preparedOf(key: string): ShortKey {
  let own = prepared.get(key);
  if (own === undefined) prepared.set(key, (own = prepare(key)));
  return own;
}

function prepare(key: string): ShortKey {
  const given = utf8ToBytes(key);
  const bytes = new Uint8Array(BLOCK_BYTES);
  bytes.set(given.length > BLOCK_BYTES ? sha256(given) : given);
  const stateOf = (pad: number) => {
    const after = SHA256_START.slice();
    compressBlock(
      after,
      bytes.map((byte) => byte ^ pad),
      0,
    );
    return after;
  };
  return { inner: stateOf(0x36), outer: stateOf(0x5c) };
}
