import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import type { CrossProducts } from './experiment-statistics.ts';

/** The columns that a metric takes: of a ratio its numerator and denominator, else one. */
export const columnsOf = ({ name, kind }: Pick<MetricDefinition, 'name' | 'kind'>): string[] =>
  kind === 'ratio' ? [`${name}/numerator`, `${name}/denominator`] : [name];

/**
 * @param units one row per unit, a value per column; capped as in the statistics where a metric is winsorised.
 * @throws where a row has another number of values, or one that is not finite.
 */
export function crossProducts(
  columns: readonly string[],
  units: Iterable<ArrayLike<number>>,
): CrossProducts {
  const width = columns.length;
  const [sums, products] = [new Float64Array(width), new Float64Array(width * width)];
  let n = 0;
  for (const unit of units) {
    if (unit.length !== width) {
      throw new Error(`a unit has ${unit.length} values for ${width} columns: give one each`);
    }
    n++;
    for (let i = 0; i < width; i++) {
      if (!Number.isFinite(unit[i])) {
        throw new Error(`a metric's values must be finite, not ${unit[i]} (${columns[i]})`);
      }
      sums[i] += unit[i];
      for (let j = 0; j < width; j++) products[i * width + j] += unit[i] * unit[j];
    }
  }
  return frozen(n, columns, [...sums], [...products]);
}

/** @throws where their columns differ. */
export function addCrossProducts(a: CrossProducts, b: CrossProducts): CrossProducts {
  if (a.columns.join(' ') !== b.columns.join(' ')) {
    throw new Error(
      `cross products of [${a.columns.join(', ')}] and [${b.columns.join(', ')}] do not add up: count the same metrics in all parts`,
    );
  }
  const plus = (one: readonly number[], other: readonly number[]) =>
    one.map((value, i) => value + other[i]);
  return frozen(a.n + b.n, a.columns, plus(a.sums, b.sums), plus(a.products, b.products));
}

const frozen = (
  n: number,
  columns: readonly string[],
  sums: number[],
  products: number[],
): CrossProducts =>
  Object.freeze({
    n,
    columns: Object.freeze([...columns]),
    sums: Object.freeze(sums),
    products: Object.freeze(products),
  });

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
