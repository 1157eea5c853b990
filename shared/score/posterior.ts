import type { ExplorationSpec } from '../domain/exploration.ts';
import { crossStrength } from '../features/cross-strength.ts';
import type { Schema } from '../features/schema.ts';
import { weightCounts, type LearnedCross } from './learned-cross.ts';
import { STRIDE } from './stride.ts';

/**
 * How well the weights of an additive scorer are known: the posterior of each is normal, with its value as the mean, and
 * independent of the others' (Laplace's approximation with a diagonal hessian). Standard deviations in 1/256 of a point,
 * `Uint16Array((F + crosses) × STRIDE)`, in the order of the weights, 0 where there is no bucket.
 */
export type Posterior = Uint16Array;

export const DEVIATIONS_PER_POINT = 256;
/** What a penalty `training.l2` of 1 says of weights on the learned scale. */
const USUAL_PRIOR = 20;
const MOST = 2 ** 16 - 1;

/** Standard deviation of a weight of which nothing is known, in points. */
export const priorPoints = ({ prior = USUAL_PRIOR }: ExplorationSpec): number => prior;

/**
 * @param deviation of a bucket's weight, in points; what does not fit into 16 bits is the nearest that does. Cross k counts as
 * feature F + k.
 */
export function posteriorOf(
  schema: Schema,
  deviation: (feature: number, bucket: number) => number,
  crosses: readonly LearnedCross[] = [],
): Posterior {
  const counts = weightCounts({ schema, crosses });
  const posterior = new Uint16Array(counts.length * STRIDE);
  counts.forEach((size, feature) => {
    for (let bucket = 0; bucket < size; bucket++)
      posterior[feature * STRIDE + bucket] = Math.min(
        MOST,
        Math.round(deviation(feature, bucket) * DEVIATIONS_PER_POINT),
      );
  });
  return posterior;
}

/** The posterior of weights that no data have told anything of: rules, and what somebody typed. */
export function unlearned(
  schema: Schema,
  exploration: ExplorationSpec,
  crosses: readonly LearnedCross[] = [],
): Posterior {
  const strength = crossStrength(schema, crosses);
  const deviation = (feature: number) => priorPoints(exploration) / Math.sqrt(strength[feature]);
  return posteriorOf(schema, deviation, crosses);
}
