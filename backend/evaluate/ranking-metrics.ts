/**
 * Measures of one ranked list. `gains[i]` is what the item at slot i + 1 earned (0 = nothing), best slot first.
 */

/** 1 / slot of the first item that earned anything; 0 if none did. */
export function reciprocalRank(gains: readonly number[]): number {
  const slot = gains.findIndex((gain) => gain > 0);
  return slot < 0 ? 0 : 1 / (slot + 1);
}

/** 1 if any of the first k items earned something. */
export const hitAt = (gains: readonly number[], k: number): number =>
  gains.slice(0, k).some((gain) => gain > 0) ? 1 : 0;

/** `DCG@k / ideal DCG@k` with linear gains, `DCG = Σ gainᵢ / log₂(i + 1)` (Järvelin & Kekäläinen, 2002); 0 if nothing was earned. */
export function ndcgAt(gains: readonly number[], k: number): number {
  const ideal = discounted(
    gains.toSorted((a, b) => b - a),
    k,
  );
  return ideal === 0 ? 0 : discounted(gains, k) / ideal;
}

const discounted = (gains: readonly number[], k: number): number =>
  gains.slice(0, k).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
