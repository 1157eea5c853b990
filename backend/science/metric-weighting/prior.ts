import { invalid } from '../../../shared/domain/errors.ts';

export type Better = 'higher' | 'lower';

/** Equal weights ±1/M, each signed by the metric's better direction. */
export const equalWeights = (
  metrics: readonly string[],
  better: Readonly<Record<string, Better | undefined>>,
): Float64Array =>
  Float64Array.from(metrics, (metric) => (better[metric] === 'lower' ? -1 : 1) / metrics.length);

/**
 * The declared prior weights, 0 for metrics it does not name; equal weights where none are declared.
 * @throws ApiError where one is not a number or names an unknown metric.
 */
export function priorOf(
  metrics: readonly string[],
  better: Readonly<Record<string, Better | undefined>>,
  declared?: Readonly<Record<string, number>>,
): Float64Array {
  if (declared === undefined) return equalWeights(metrics, better);
  for (const [metric, weight] of Object.entries(declared))
    if (!metrics.includes(metric) || !Number.isFinite(weight))
      throw invalid(
        `the prior weight of ${metric} is ${weight}: give numbers for metrics among ${metrics.join(', ')}`,
      );
  return Float64Array.from(metrics, (metric) => declared[metric] ?? 0);
}
