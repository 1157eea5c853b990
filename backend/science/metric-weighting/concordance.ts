/** Concordance with its influence function, from which intervals and paired differences follow. */
export interface Concordance {
  readonly value: number;
  /** By how much each unit moves the value, to first order; adds up to 0. */
  readonly influence: Float64Array;
}

/**
 * Harrell's C (1982): of all pairs of units with different values, the share in which the unit with the higher value
 * has the higher score; equal scores count half. For values of 0 and 1 it is the AUC. The influence is that of a ratio
 * of U-statistics (Hoeffding, 1948), `2 (concordantᵢ − C · pairsᵢ) / Σ pairs`. O(n log n).
 * @param scores n scores. @param values the n values that they should rank.
 * @returns undefined where all values are equal.
 */
export function concordance(
  scores: ArrayLike<number>,
  values: ArrayLike<number>,
): Concordance | undefined {
  const n = scores.length;
  const { ranks, count } = ranked(scores);
  const order = Uint32Array.from({ length: n }, (_, i) => i).toSorted(
    (a, b) => values[a] - values[b],
  );
  const [concordant, pairs] = [new Float64Array(n), new Float64Array(n)];
  /** One pass through the units, by ascending or descending value: compares each with the units passed before it. */
  const pass = (unitAt: (step: number) => number, scoresRise: boolean) => {
    const tree = new Float64Array(count + 1);
    for (let from = 0, to = 0; from < n; from = to) {
      while (to < n && values[unitAt(to)] === values[unitAt(from)]) to++;
      for (let step = from; step < to; step++) {
        const unit = unitAt(step);
        const [below, upTo] = [prefix(tree, ranks[unit]), prefix(tree, ranks[unit] + 1)];
        const half = (upTo - below) / 2;
        concordant[unit] += (scoresRise ? below : from - upTo) + half;
        pairs[unit] += from;
      }
      for (let step = from; step < to; step++) add(tree, ranks[unitAt(step)]);
    }
  };
  pass((step) => order[step], true);
  pass((step) => order[n - 1 - step], false);
  let [agree, all] = [0, 0];
  for (let i = 0; i < n; i++) {
    agree += concordant[i];
    all += pairs[i];
  }
  if (all === 0) return undefined;
  const value = agree / all;
  return {
    value,
    influence: concordant.map((own, i) => (2 * (own - value * pairs[i])) / all),
  };
}

/** Dense ranks from 0. */
function ranked(scores: ArrayLike<number>): { ranks: Uint32Array; count: number } {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).toSorted(
    (a, b) => scores[a] - scores[b],
  );
  const ranks = new Uint32Array(scores.length);
  let count = 0;
  order.forEach((unit, step) => {
    if (step > 0 && scores[unit] !== scores[order[step - 1]]) count++;
    ranks[unit] = count;
  });
  return { ranks, count: count + 1 };
}

/** Fenwick tree: how many ranks below `rank` were added. */
function prefix(tree: Float64Array, rank: number): number {
  let sum = 0;
  for (let at = rank; at > 0; at -= at & -at) sum += tree[at];
  return sum;
}

function add(tree: Float64Array, rank: number): void {
  for (let at = rank + 1; at < tree.length; at += at & -at) tree[at]++;
}
