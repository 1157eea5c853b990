import type { ExplorationSpec } from '../domain/exploration.ts';
import { crossStrength } from '../features/cross-strength.ts';
import { bucketCount, type Schema } from '../features/schema.ts';
import { STRIDE } from './stride.ts';

/**
 * How well the weights of an additive scorer are known: the posterior of each is normal, with its value as the mean, and
 * independent of the others' (Laplace's approximation with a diagonal hessian). Standard deviations in 1/256 of a point,
 * `Uint16Array(F × STRIDE)`, 0 where the schema has no bucket.
 */
export type Posterior = Uint16Array;

export const DEVIATIONS_PER_POINT = 256;
/** What a penalty `training.l2` of 1 says of weights on the learned scale. */
const USUAL_PRIOR = 20;
const MOST = 2 ** 16 - 1;

/** Standard deviation of a weight of which nothing is known, in points. */
export const priorPoints = ({ prior = USUAL_PRIOR }: ExplorationSpec): number => prior;

/** @param deviation of a bucket's weight, in points; what does not fit into 16 bits is the nearest that does. */
export function posteriorOf(
  { features }: Schema,
  deviation: (feature: number, bucket: number) => number,
): Posterior {
  const posterior = new Uint16Array(features.length * STRIDE);
  features.forEach((spec, feature) => {
    for (let bucket = 0; bucket < bucketCount(spec); bucket++)
      posterior[feature * STRIDE + bucket] = Math.min(
        MOST,
        Math.round(deviation(feature, bucket) * DEVIATIONS_PER_POINT),
      );
  });
  return posterior;
}

/** The posterior of weights that no data have told anything of: rules, and what somebody typed. */
export function unlearned(schema: Schema, exploration: ExplorationSpec): Posterior {
  const strength = crossStrength(schema);
  return posteriorOf(schema, (feature) => priorPoints(exploration) / Math.sqrt(strength[feature]));
}
