/**
 * MurmurHash3_x86_32 (A. Appleby, SMHasher, 2011) of a text's UTF-8 bytes: a hash in which every input bit affects
 * every output bit. It uses only 32-bit integer operations, so it is the same on every engine. A lone surrogate is
 * hashed as U+FFFD.
 * @param seed only the low 32 bits are used.
 * @returns a whole number from 0 to 2³² − 1.
 */
export function murmur3(text: string, seed = 0): number {
  const bytes = encoder.encode(text);
  const whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < whole; i += 4) {
    const block = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    hash = (Math.imul(rotated(hash ^ mixed(block), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i];
  return avalanche(hash ^ mixed(tail) ^ bytes.length);
}

const encoder = new TextEncoder();

const rotated = (x: number, by: number) => (x << by) | (x >>> (32 - by));

const mixed = (block: number) => Math.imul(rotated(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);

function avalanche(x: number): number {
  const half = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  const most = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (most ^ (most >>> 16)) >>> 0;
}
