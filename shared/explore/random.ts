/**
 * The pseudorandom number generator sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state; passes PractRand up to 32
 * TiB. Tests pin its outputs.
 * @param seed any whole number; only its low 32 bits are used.
 * @returns a function that gives the next number in [0, 1), a multiple of 2⁻³².
 */
export function seededRandom(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9 | 0, seed | 0, seed ^ 0xdeadbeef, 1];
  const next = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 0x1_0000_0000;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
