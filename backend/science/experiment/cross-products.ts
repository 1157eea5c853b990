import type { CrossProducts } from './experiment-statistics.ts';

/** @throws where their columns differ. */
export function addCrossProducts(a: CrossProducts, b: CrossProducts): CrossProducts {
  if (a.columns.join(' ') !== b.columns.join(' ')) {
    throw new Error(
      `cross products of [${a.columns.join(', ')}] and [${b.columns.join(', ')}] do not add up: count the same metrics in all parts`,
    );
  }
  const plus = (one: readonly number[], other: readonly number[]) =>
    one.map((value, i) => value + other[i]);
  return Object.freeze({
    n: a.n + b.n,
    columns: a.columns,
    sums: Object.freeze(plus(a.sums, b.sums)),
    products: Object.freeze(plus(a.products, b.products)),
  });
}

/** One arm's metrics, each a mean or a ratio of means, and how they vary together. */
export interface JointMoments {
  readonly n: number;
  readonly means: readonly number[];
  /** Of one unit's contribution to the means, metrics × metrics, row-major (÷ n: of the means). */
  readonly covariance: readonly number[];
}

/**
 * Joint moments of several metrics: `G Λ Gᵀ`, Λ the sample covariance of the columns, G the slopes of each metric by
 * the columns' means; a ratio is linearised (Deng, Knoblich & Lu, 2018).
 * @returns the name of the first metric that has no column or a denominator of 0 where there is one.
 */
export function jointMoments(
  { n, columns, sums, products }: CrossProducts,
  metrics: readonly string[],
): JointMoments | { readonly missing: string } {
  const width = columns.length;
  const means: number[] = [];
  const slopes: { column: number; slope: number }[][] = [];
  for (const metric of metrics) {
    const at = (name: string) => columns.indexOf(name);
    const [plain, above, below] = [metric, `${metric}/numerator`, `${metric}/denominator`].map(at);
    if (plain !== -1) {
      means.push(sums[plain] / n);
      slopes.push([{ column: plain, slope: 1 }]);
    } else if (above !== -1 && below !== -1 && sums[below] !== 0) {
      const ratio = sums[above] / sums[below];
      means.push(ratio);
      const slope = n / sums[below];
      slopes.push([
        { column: above, slope },
        { column: below, slope: -ratio * slope },
      ]);
    } else {
      return { missing: metric };
    }
  }
  const columnCovariance = (i: number, j: number) =>
    (products[i * width + j] - (sums[i] * sums[j]) / n) / (n - 1);
  const covariance = slopes.flatMap((one) =>
    slopes.map((other) => {
      let sum = 0;
      for (const a of one)
        for (const b of other) sum += a.slope * b.slope * columnCovariance(a.column, b.column);
      return sum;
    }),
  );
  return { n, means, covariance };
}
