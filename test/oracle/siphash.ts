import type { SipKey } from '../../shared/hash/siphash.ts';

/**
 * Of the paper (appendix A) and of its authors' reference implementation: key and input count from 0; input length → the low 32
 * bits of the hash, as 8 hex digits.
 */
export const SIPHASH_VECTORS: readonly (readonly [length: number, hex: string])[] = [
  [0, 'dd0e0e31'],
  [1, '93dc67fd'],
  [2, 'd9a94f5a'],
  [3, 'd7fb7e2d'],
  [8, '9a932462'],
  [9, '0ba9e4b0'],
  [15, '49be45e5'],
];

const MASK = (1n << 64n) - 1n;
const turned = (word: bigint, bits: bigint) => ((word << bits) | (word >> (64n - bits))) & MASK;

/** The low 32 bits of SipHash-2-4 with words of 64 bits, as the paper writes it. */
export function sipHashByDefinition(key: SipKey, bytes: Uint8Array): number {
  const wordOf = (low: number, high: number) => BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n);
  const k = [wordOf(key.k0, key.k1), wordOf(key.k2, key.k3)];
  const v = [
    0x736f6d6570736575n ^ k[0],
    0x646f72616e646f6dn ^ k[1],
    0x6c7967656e657261n ^ k[0],
    0x7465646279746573n ^ k[1],
  ];
  const round = () => {
    const step = (a: number, b: number, bits: bigint) => {
      v[a] = (v[a] + v[b]) & MASK;
      v[b] = turned(v[b], bits) ^ v[a];
    };
    step(0, 1, 13n);
    v[0] = turned(v[0], 32n);
    step(2, 3, 16n);
    step(0, 3, 21n);
    step(2, 1, 17n);
    v[2] = turned(v[2], 32n);
  };
  const padded = new Uint8Array((bytes.length & ~7) + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  for (let at = 0; at < padded.length; at += 8) {
    const word = new DataView(padded.buffer).getBigUint64(at, true);
    v[3] ^= word;
    for (let i = 0; i < 2; i++) round();
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return Number((v[0] ^ v[1] ^ v[2] ^ v[3]) & 0xffff_ffffn);
}
