import { invalid } from '../../../shared/domain/errors.ts';
import type { MetricWeight } from './learned-weights.ts';
import { normalised, normaliserOf } from './normalise.ts';
import type { NumberColumn, UnitTable } from './unit-table.ts';

/** Two metrics of which the product is a metric too, such as time spent and scroll depth. */
export type Product = readonly [string, string];

/** Time spent and scroll depth: a long visit means more where the page was read to its end. */
export const DEFAULT_PRODUCTS: readonly Product[] = [['dwell_seconds', 'scroll_share']];

export const productName = ([one, other]: Product): string => `${one} × ${other}`;

/**
 * The table with the product of each pair as one more metric: both normalised, then multiplied, so that it is above 0 where
 * both are above their means or both below, and the weights of the two alone stay those of a unit with an average other.
 * It has no better direction, so that its prior weight is 0.
 * @throws ApiError where a pair names a metric that there is not.
 */
export function withProducts(table: UnitTable, products: readonly Product[]): UnitTable {
  const named = (name: string): NumberColumn => {
    const found = table.metrics.find((metric) => metric.name === name);
    if (found !== undefined) return found;
    throw invalid(
      `there is no metric ${name} to multiply: take two of ${table.metrics.map((metric) => metric.name).join(', ')}`,
    );
  };
  const columns = products.map((product): NumberColumn => {
    const [one, other] = product.map((name) => {
      const { values } = named(name);
      const by = normaliserOf(values);
      return values.map((value) => (Number.isNaN(value) ? value : normalised(value, by)));
    });
    return {
      kind: 'number',
      name: productName(product),
      values: one.map((value, unit) => value * other[unit]),
      productOf: product,
    };
  });
  return { ...table, metrics: [...table.metrics, ...columns] };
}

/** What the weight of a product says, in words. */
export function productSentence(
  { metric, weight, low, high }: MetricWeight,
  [one, other]: Product,
): string {
  if (low <= 0 && high >= 0)
    return `${metric}: where ${one} and ${other} go together, units are worth what the weights of the two alone say`;
  return `${metric}: units with both ${one} and ${other} above their means, or both below, are worth ${weight > 0 ? 'more' : 'less'} than the weights of the two alone say`;
}
