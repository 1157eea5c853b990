import { bytesToHex } from '../../shared/hash/hex.ts';
import { sha256 } from '../../shared/hash/sha256.ts';
import { utf8ToBytes } from '../../shared/hash/utf8.ts';

const BLOCK_BYTES = 64;

/** HMAC-SHA-256 as RFC 2104 defines it, 64 hex digits. */
export function hmacByDefinition(key: string, text: string): string {
  const given = utf8ToBytes(key);
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(given.length > BLOCK_BYTES ? sha256(given) : given);
  const hashed = (pad: number, bytes: Uint8Array) =>
    sha256(Uint8Array.from([...block.map((byte) => byte ^ pad), ...bytes]));
  return bytesToHex(hashed(0x5c, hashed(0x36, utf8ToBytes(text))));
}

/** FIPS 180-4, and RFC 4231, case 2. */
export const HASH_VECTORS = {
  sha256: [
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ],
  hmac: [
    [
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
  ],
} as const;

/** Of a key shorter than a block, of one that fills it, and of a longer one. */
export const HMAC_CASES = [
  ['key', 'a text'],
  ['k'.repeat(BLOCK_BYTES), 'a text, größer'],
  ['schlüssel '.repeat(12), 'a'.repeat(1000)],
] as const;
