import { invalid } from '../../../shared/domain/errors.ts';

export type Better = 'higher' | 'lower';

/** Equal weights ±1/M, each signed by the metric's better direction; 0 for products of others, which have none. */
export function equalWeights(
  metrics: readonly string[],
  better: Readonly<Record<string, Better | undefined>>,
  products: ReadonlySet<string> = new Set(),
): Float64Array {
  const count = metrics.filter((metric) => !products.has(metric)).length;
  return Float64Array.from(metrics, (metric) => {
    if (products.has(metric)) return 0;
    return (better[metric] === 'lower' ? -1 : 1) / count;
  });
}

/**
 * The declared prior weights, 0 for metrics it does not name; equal weights where none are declared.
 * @throws ApiError where one is not a number or names an unknown metric.
 */
export function priorOf(
  metrics: readonly string[],
  better: Readonly<Record<string, Better | undefined>>,
  declared?: Readonly<Record<string, number>>,
  products?: ReadonlySet<string>,
): Float64Array {
  if (declared === undefined) return equalWeights(metrics, better, products);
  for (const [metric, weight] of Object.entries(declared))
    if (!metrics.includes(metric) || !Number.isFinite(weight))
      throw invalid(
        `the prior weight of ${metric} is ${weight}: give numbers for metrics among ${metrics.join(', ')}`,
      );
  return Float64Array.from(metrics, (metric) => declared[metric] ?? 0);
}
