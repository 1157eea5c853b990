import { expect, test } from 'vitest';
import { bytesToHex } from '../../../shared/hash/hex.ts';
import { hmacSha256, sha256, sha256Hex, sha256Stream } from '../../../shared/hash/sha256.ts';
import { utf8ToBytes } from '../../../shared/hash/utf8.ts';
import { HASH_VECTORS, HMAC_CASES, hmacByDefinition } from '../../oracle/hmac.ts';

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
