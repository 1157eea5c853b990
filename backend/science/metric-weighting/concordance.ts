/** Concordance with its influence function, from which intervals and paired differences follow. */
export interface Concordance {
  readonly value: number;
  /** By how much each unit moves the value, to first order; adds up to 0. */
  readonly influence: Float64Array;
}

export interface ConcordanceOptions {
  /** The stratum of each unit: only units of one stratum are compared, as scores learned apart have no common scale. */
  readonly stratum?: ArrayLike<number>;
  /**
   * Two units that are equal here are not compared. Where `values` are residuals, these are what they are residuals of:
   * of two people who bought nothing none was the better one, whatever was expected of them.
   */
  readonly outcomes?: ArrayLike<number>;
}

/**
 * Harrell's C (1982): of all pairs of units with different values, the share in which the unit with the higher value
 * has the higher score; equal scores count half. For values of 0 and 1 it is the AUC. The influence is that of a ratio
 * of U-statistics (Hoeffding, 1948), `2 (concordantᵢ − C · pairsᵢ) / Σ pairs`. O(n log n).
 * @param scores n scores. @param values the n values that they should rank.
 * @returns undefined where there is no pair to compare.
 */
export function concordance(
  scores: ArrayLike<number>,
  values: ArrayLike<number>,
  { stratum, outcomes }: ConcordanceOptions = {},
): Concordance | undefined {
  const n = scores.length;
  const [concordant, pairs] = [new Float64Array(n), new Float64Array(n)];
  for (const units of groupsBy(
    Uint32Array.from({ length: n }, (_, i) => i),
    stratum,
  )) {
    countPairs(scores, values, units, concordant, pairs, 1);
    if (outcomes === undefined) continue;
    for (const equal of groupsBy(units, outcomes))
      countPairs(scores, values, equal, concordant, pairs, -1);
  }
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

function groupsBy(units: Uint32Array, of: ArrayLike<number> | undefined): Uint32Array[] {
  if (of === undefined) return [units];
  return [...Map.groupBy(units, (unit) => of[unit]).values()].map((own) => Uint32Array.from(own));
}

/** Adds to each unit, `times` over, in how many pairs it is with another of `units` and how many of these are concordant. */
function countPairs(
  scores: ArrayLike<number>,
  values: ArrayLike<number>,
  units: Uint32Array,
  concordant: Float64Array,
  pairs: Float64Array,
  times: 1 | -1,
): void {
  if (units.length === 1) return;
  const n = units.length;
  const { ranks, count } = ranked(Float64Array.from(units, (unit) => scores[unit]));
  const valueOf = (place: number) => values[units[place]];
  const order = Uint32Array.from({ length: n }, (_, place) => place).toSorted(
    (a, b) => valueOf(a) - valueOf(b),
  );
  /** One pass through the units, by ascending or descending value: compares each with the units passed before it. */
  const pass = (placeAt: (step: number) => number, scoresRise: boolean) => {
    const tree = new Float64Array(count + 1);
    for (let from = 0, to = 0; from < n; from = to) {
      while (to < n && valueOf(placeAt(to)) === valueOf(placeAt(from))) to++;
      for (let step = from; step < to; step++) {
        const place = placeAt(step);
        const [below, upTo] = [prefix(tree, ranks[place]), prefix(tree, ranks[place] + 1)];
        const half = (upTo - below) / 2;
        concordant[units[place]] += times * ((scoresRise ? below : from - upTo) + half);
        pairs[units[place]] += times * from;
      }
      for (let step = from; step < to; step++) add(tree, ranks[placeAt(step)]);
    }
  };
  pass((step) => order[step], true);
  pass((step) => order[n - 1 - step], false);
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
