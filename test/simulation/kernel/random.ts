/** Everything that a simulated world draws comes from one of these, so that its seed says all of it. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** 32 bits. */
  bits(): number;
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Exponentially distributed: the time until the next of things that happen independently. */
  exponential(mean: number): number;
}

/** The generator sfc32 (PractRand), seeded by splitmix32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const mixed = () => {
    state = (state + 0x9e37_79b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0_aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a_2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, counter] = [mixed(), mixed(), mixed(), 1];
  const bits = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  const next = () => bits() / 0x1_0000_0000;
  return {
    next,
    bits,
    below: (count) => Math.floor(next() * count),
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)],
    exponential: (mean) => -mean * Math.log(1 - next()),
  };
}
