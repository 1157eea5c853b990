import { expect, test } from 'vitest';
import { bytesToHex } from '../../../shared/hash/hex.ts';
import { hmacSha256, transientHmac } from '../../../shared/hash/hmac.ts';
import { sipHash32, type SipKey } from '../../../shared/hash/siphash.ts';
import { sha256, sha256Hex, sha256Stream } from '../../../shared/hash/sha256.ts';
import { utf8ToBytes } from '../../../shared/hash/utf8.ts';
import { HASH_VECTORS, HMAC_CASES, hmacByDefinition } from '../../oracle/hmac.ts';
import { SIPHASH_VECTORS, sipHashByDefinition } from '../../oracle/siphash.ts';

/** What hashes promise, on whichever platform they run. */
export function hashSuite(): void {
  test('hashes are those of the standards', () => {
    for (const [text, hex] of HASH_VECTORS.sha256) {
      expect(sha256Hex(text)).toBe(hex);
      expect(bytesToHex(sha256(utf8ToBytes(text)))).toBe(hex);
    }
    for (const [key, text, hex] of HASH_VECTORS.hmac)
      expect(bytesToHex(hmacSha256(key, text))).toBe(hex);
  });

  test('keys of any length, and texts in parts, give the HMAC of the definition', () => {
    for (const [key, text] of HMAC_CASES) {
      const expected = hmacByDefinition(key, text);
      expect(bytesToHex(hmacSha256(key, text))).toBe(expected);
      expect(bytesToHex(transientHmac(key, text))).toBe(expected);
      expect(bytesToHex(hmacSha256(key, text.slice(0, 3), utf8ToBytes(text.slice(3))))).toBe(
        expected,
      );
    }
  });

  test('bytes that come in parts have the hash of the whole', () => {
    const stream = sha256Stream();
    for (const part of ['a', '', 'bc']) stream.update(utf8ToBytes(part));
    expect(stream.finish()).toBe(sha256Hex('abc'));
  });

  test('keyed tags are SipHash-2-4, of its vectors and of bytes of any length and value', () => {
    const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);
    const keyOf = (bytes: Uint8Array<ArrayBuffer>): SipKey => {
      const [k0, k1, k2, k3] = new Uint32Array(bytes.slice(0, 16).buffer);
      return { k0, k1, k2, k3 };
    };
    const key = keyOf(counting(16));
    for (const [length, first] of SIPHASH_VECTORS)
      expect(sipHash32(key, counting(length)).toString(16).padStart(8, '0')).toBe(first);
    for (let length = 0; length < 140; length++) {
      const seed = sha256(`bytes ${length}`);
      const bytes = Uint8Array.from({ length }, (_, i) => seed[i % 32] ^ (i * 37));
      const own = keyOf(sha256(`key ${length}`));
      expect(sipHash32(own, bytes)).toBe(sipHashByDefinition(own, bytes));
      // What stands behind them in their buffer counts for nothing.
      const within = Uint8Array.of(...bytes, 255, 255).subarray(0, length);
      expect(sipHash32(own, within)).toBe(sipHash32(own, bytes));
    }
  });

  test('the HMAC of a text is the same in JavaScript and by the platform, of any length', () => {
    for (let length = 0; length < 1100; length += length < 200 ? 1 : 97) {
      const text = 'abcdefg'.repeat(200).slice(0, length);
      const key = `key ${'k'.repeat(length % 90)}`;
      expect(bytesToHex(transientHmac(key, text))).toBe(bytesToHex(hmacSha256(key, text)));
    }
  });
}
