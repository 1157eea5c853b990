/** Gradient and hessian sums of some rows. */
export interface Sums {
  readonly g: number;
  readonly h: number;
}

/** Rows as a tree learner sees them: `codes[feature * rows + row]`, one gradient and hessian each. */
export interface Rows {
  readonly rows: number;
  readonly features: number;
  readonly codes: Uint8Array;
  readonly g: Float64Array;
  readonly h: Float64Array;
}

export interface SplitRules {
  readonly lambda: number;
  /** Least hessian of a child, above 0. */
  readonly least: number;
  readonly low: number;
  readonly high: number;
  readonly orders: ArrayLike<number>;
  readonly allowed?: ArrayLike<number>;
}

/** Left: the buckets 1 to `last`, and the missing one if it `takesMissing`. */
export interface Cut {
  readonly feature: number;
  readonly last: number;
  readonly takesMissing: boolean;
}

export const goesLeft = (
  { feature, last, takesMissing }: Cut,
  { codes, rows }: Rows,
  row: number,
) => {
  const code = codes[feature * rows + row];
  return code === 0 ? takesMissing : code <= last;
};

export function sumOver({ g, h }: Rows, list: readonly number[]): Sums {
  const sum = { g: 0, h: 0 };
  for (const row of list) {
    sum.g += g[row];
    sum.h += h[row];
  }
  return sum;
}

type Leaf = Pick<SplitRules, 'lambda' | 'low' | 'high'>;

/** The value that is best for `G w + (H + λ) w² / 2` within the bounds. */
export const bestValue = ({ g, h }: Sums, { lambda, low, high }: Leaf): number =>
  h + lambda > 0 ? Math.min(high, Math.max(low, -g / (h + lambda))) : 0;

/**
 * Twice what the best value saves.
 * @param plain no bound can hold: the forms differ in rounding alone, which decides between equal splits.
 */
function saved(sums: Sums, rules: Leaf, plain: boolean): number {
  if (plain) return (sums.g * sums.g) / (sums.h + rules.lambda);
  const w = bestValue(sums, rules);
  return -(2 * sums.g * w + (sums.h + rules.lambda) * w * w);
}

/** What a cut saves, `undefined` where it is not allowed. @param own sums of the left rows; @param all of all. */
function gainOf(cut: Cut, own: Sums, all: Sums, rules: SplitRules): number | undefined {
  const other = { g: all.g - own.g, h: all.h - own.h };
  if (rules.allowed !== undefined && rules.allowed[cut.feature] === 0) return undefined;
  if (own.h < rules.least || other.h < rules.least) return undefined;
  const rise = bestValue(other, rules) - bestValue(own, rules);
  if (rules.orders[cut.feature] * rise < 0) return undefined;
  const isFree = rules.low === Number.NEGATIVE_INFINITY && rules.high === Number.POSITIVE_INFINITY;
  const [left, right, whole] = [own, other, all].map((sums) =>
    saved(sums, rules, isFree && rules.orders[cut.feature] === 0),
  );
  return left + right - whole;
}

/** As above, of one cut of these rows. */
export function gainOfCut(
  cut: Cut,
  data: Rows,
  list: readonly number[],
  rules: SplitRules,
): number | undefined {
  const left = list.filter((row) => goesLeft(cut, data, row));
  return gainOf(cut, sumOver(data, left), sumOver(data, list), rules);
}

/**
 * The best split of some rows by trying each (feature, last bucket on the left, side of the missing bucket), every one
 * from the sums of its own. Equal gains: the first feature, missing left first, the lowest bucket.
 */
export function bestCut(
  data: Rows,
  list: readonly number[],
  rules: SplitRules,
): (Cut & { gain: number }) | undefined {
  let best: (Cut & { gain: number }) | undefined;
  const all = sumOver(data, list);
  for (let feature = 0; feature < data.features; feature++) {
    const buckets = Array.from({ length: 256 }, () => ({ g: 0, h: 0 }));
    for (const row of list) {
      const bucket = buckets[data.codes[feature * data.rows + row]];
      bucket.g += data.g[row];
      bucket.h += data.h[row];
    }
    const isUsed = buckets.map(({ g, h }) => g !== 0 || h !== 0);
    for (const takesMissing of isUsed[0] ? [true, false] : [false])
      for (let last = takesMissing ? 0 : 1; last < 256; last++) {
        if (last > 0 && !isUsed[last]) continue;
        let own = takesMissing ? buckets[0] : { g: 0, h: 0 };
        for (let bucket = 1; bucket <= last; bucket++)
          own = { g: own.g + buckets[bucket].g, h: own.h + buckets[bucket].h };
        const cut = { feature, last, takesMissing };
        const gain = gainOf(cut, own, all, rules);
        if (gain !== undefined && gain > (best?.gain ?? 0)) best = { ...cut, gain };
      }
  }
  return best;
}
