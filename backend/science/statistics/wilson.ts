const Z95 = 1.959963984540054;

export interface Proportion {
  /** Undefined where nothing was tried: no rate is not a rate of 0. */
  readonly rate?: number;
  readonly low?: number;
  readonly high?: number;
}

/**
 * 95 % score interval of a proportion (Wilson, 1927):
 * `(p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)`. Right for small n and for rates near 0 and 1.
 */
export function wilson(successes: number, tries: number): Proportion {
  if (tries === 0) return {};
  const rate = successes / tries;
  const z2n = (Z95 * Z95) / tries;
  const centre = (rate + z2n / 2) / (1 + z2n);
  const half = (Z95 * Math.sqrt((rate * (1 - rate)) / tries + z2n / (4 * tries))) / (1 + z2n);
  return { rate, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
