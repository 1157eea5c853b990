import { expect, it } from 'vitest';
import { murmur3 } from '../../../shared/explore/murmur3.ts';

it.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['aa', 0x9747b28c, 0x5d211726],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['abc', 0, 0xb3dd93fa],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
])('hashes %j with seed %i to the published value', (text, seed, hash) => {
  expect(murmur3(text, seed)).toBe(hash);
});

it('moves about half of the bits when one bit of the text moves', () => {
  const moved = new Uint32Array(32);
  for (let i = 0; i < 4000; i++) {
    // Even and odd code points beside each other differ in their last bit alone.
    const [even, odd] = [0x4e00 + 2 * i, 0x4e00 + 2 * i + 1].map((c) => String.fromCharCode(c));
    const difference = murmur3(`user-${even}-1`) ^ murmur3(`user-${odd}-1`);
    for (let bit = 0; bit < 32; bit++) moved[bit] += (difference >>> bit) & 1;
  }
  // 4,000 fair coins per bit: 2,000 ± 5 standard deviations of 31.6.
  for (const times of moved) expect(Math.abs(times - 2000)).toBeLessThan(158);
});

it('takes half of a surrogate pair for U+FFFD', () => {
  expect(murmur3('a\ud83e')).toBe(murmur3('a\ufffd'));
});
