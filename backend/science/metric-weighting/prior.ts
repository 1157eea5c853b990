import { invalid } from '../../../shared/domain/errors.ts';

export type Better = 'higher' | 'lower';

/** Each metric counts as much as the other, in the direction that is thought to be good: ±1/M. */
export const equalWeights = (
  metrics: readonly string[],
  better: Readonly<Record<string, Better | undefined>>,
): Float64Array =>
  Float64Array.from(metrics, (metric) => (better[metric] === 'lower' ? -1 : 1) / metrics.length);

/** @throws ApiError where the declared prior names no or other metrics. */
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
