/**
 * P-values adjusted for multiple testing, in the order given: a hypothesis is rejected where its adjusted p-value is at
 * or below alpha.
 */

export type Correction = 'holm' | 'benjamini-hochberg';

/** @throws where a p-value is not in 0..1. */
export const adjustPValues = (pValues: readonly number[], correction: Correction): number[] =>
  correction === 'holm' ? holm(pValues) : benjaminiHochberg(pValues);

/** Holm (1979): controls the family-wise error rate, the probability of any false positive. */
export function holm(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = Array.from({ length: pValues.length }, () => 1);
  let highest = 0;
  for (const [rank, index] of order.entries()) {
    highest = Math.max(highest, (order.length - rank) * pValues[index]);
    adjusted[index] = Math.min(1, highest);
  }
  return adjusted;
}

/**
 * Benjamini & Hochberg (1995): controls the false discovery rate, the expected share of false positives among the
 * rejected.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = Array.from({ length: pValues.length }, () => 1);
  let lowest = 1;
  for (let rank = order.length; rank > 0; rank--) {
    const index = order[rank - 1];
    lowest = Math.min(lowest, (order.length / rank) * pValues[index]);
    adjusted[index] = lowest;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) {
    throw new Error(`a p-value must be in 0..1, not ${wrong}: leave out tests without a result`);
  }
  return pValues.map((_, index) => index).toSorted((a, b) => pValues[a] - pValues[b]);
}
