/**
 * Adjusted p-values of many tests at once, in the order given: reject where one is at or below alpha.
 */

export type Correction = 'holm' | 'benjamini-hochberg';

export const corrected = (pValues: readonly number[], correction: Correction): number[] =>
  correction === 'holm' ? holm(pValues) : benjaminiHochberg(pValues);

/** Holm (1979): keeps the chance of any false positive (family-wise error) at alpha. */
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

/** Benjamini & Hochberg (1995): keeps the share of false positives among the rejected at alpha. */
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
    throw new Error(`a p-value lies in 0..1: ${wrong} does not; leave out tests without an answer`);
  }
  return pValues.map((_, index) => index).toSorted((a, b) => pValues[a] - pValues[b]);
}
