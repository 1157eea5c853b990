import type { CrossProducts } from './experiment-statistics.ts';

/** Sums of both groups of units together. @throws where the columns differ. */
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

/** Joint mean and covariance of one arm's metrics; each metric is a mean or a ratio of means. */
export interface JointMoments {
  readonly n: number;
  readonly means: readonly number[];
  /** Covariance per unit, metrics × metrics, row-major; divided by n it is the covariance of the means. */
  readonly covariance: readonly number[];
}

/**
 * Joint moments of several metrics by the delta method, `G Λ Gᵀ`: Λ is the sample covariance of the columns, G the
 * gradient of each metric with respect to the columns' means (Deng, Knoblich & Lu, 2018).
 * @returns or the name of the first metric that has no column or whose denominator sums to 0.
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
    const [column, numerator, denominator] = [
      metric,
      `${metric}/numerator`,
      `${metric}/denominator`,
    ].map(at);
    if (column !== -1) {
      means.push(sums[column] / n);
      slopes.push([{ column, slope: 1 }]);
    } else if (numerator !== -1 && denominator !== -1 && sums[denominator] !== 0) {
      const ratio = sums[numerator] / sums[denominator];
      means.push(ratio);
      const slope = n / sums[denominator];
      slopes.push([
        { column: numerator, slope },
        { column: denominator, slope: -ratio * slope },
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
