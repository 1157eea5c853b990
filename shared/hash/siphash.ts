/** 128 bits as four words of 32 bits, the lowest first. */
export interface SipKey {
  readonly k0: number;
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
}

/**
 * The low 32 bits of SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed hash of short inputs: who does not know the key cannot
 * tell its values from random ones, however many they have seen. A native HMAC of so few bytes takes ten times as long, as
 * each call into the platform does. Words of 64 bits are in two variables, the low half (`l`) and the high half (`h`).
 */
export function sipHash32({ k0, k1, k2, k3 }: SipKey, bytes: Uint8Array): number {
  // "somepseudorandomlygeneratedbytes", combined with the key.
  let v0l = 0x70736575 ^ k0;
  let v0h = 0x736f6d65 ^ k1;
  let v1l = 0x6e646f6d ^ k2;
  let v1h = 0x646f7261 ^ k3;
  let v2l = 0x6e657261 ^ k0;
  let v2h = 0x6c796765 ^ k1;
  let v3l = 0x79746573 ^ k2;
  let v3h = 0x74656462 ^ k3;
  const { length } = bytes;
  const whole = length & ~7;
  // Two rounds for each block of 8 bytes, of which the last has the length in its highest byte, and four at the end.
  for (let at = 0; at <= whole + 8; at += 8) {
    const isEnd = at > whole;
    const low = isEnd ? 0 : word(bytes, at, length);
    const high = isEnd ? 0 : word(bytes, at + 4, length) | (at === whole ? length << 24 : 0);
    if (isEnd) v2l ^= 0xff;
    v3l ^= low;
    v3h ^= high;
    for (let left = isEnd ? 4 : 2; left > 0; left--) {
      let carry = +((v0l >>> 0) + (v1l >>> 0) > 0xffff_ffff);
      v0l = (v0l + v1l) | 0;
      v0h = (v0h + v1h + carry) | 0;
      let was = v1l;
      v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
      v1h = ((v1h << 13) | (was >>> 19)) ^ v0h;
      was = v0l;
      v0l = v0h;
      v0h = was;
      carry = +((v2l >>> 0) + (v3l >>> 0) > 0xffff_ffff);
      v2l = (v2l + v3l) | 0;
      v2h = (v2h + v3h + carry) | 0;
      was = v3l;
      v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
      v3h = ((v3h << 16) | (was >>> 16)) ^ v2h;
      carry = +((v0l >>> 0) + (v3l >>> 0) > 0xffff_ffff);
      v0l = (v0l + v3l) | 0;
      v0h = (v0h + v3h + carry) | 0;
      was = v3l;
      v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
      v3h = ((v3h << 21) | (was >>> 11)) ^ v0h;
      carry = +((v2l >>> 0) + (v1l >>> 0) > 0xffff_ffff);
      v2l = (v2l + v1l) | 0;
      v2h = (v2h + v1h + carry) | 0;
      was = v1l;
      v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
      v1h = ((v1h << 17) | (was >>> 15)) ^ v2h;
      was = v2l;
      v2l = v2h;
      v2h = was;
    }
    v0l ^= low;
    v0h ^= high;
  }
  return (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
}

/** Four bytes, of which those from `end` on are 0. */
function word(bytes: Uint8Array, at: number, end: number): number {
  if (at + 3 < end)
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  let out = 0;
  for (let i = at; i < end; i++) out |= bytes[i] << (8 * (i - at));
  return out;
}
