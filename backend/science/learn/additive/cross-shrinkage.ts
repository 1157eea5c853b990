import { crossStrength } from '../../../../shared/features/cross-strength.ts';
import type { Schema } from '../../../../shared/features/schema.ts';
import type { LearnedCross } from '../../../../shared/score/learned-cross.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';

/**
 * How many times the ridge counts on each weight, `Float64Array(features × STRIDE)`: as often as `crossStrength` says of its
 * feature. Few data leave a segment at the weights of all; many let it go.
 * @param features with those that only training has. @returns undefined where all count once.
 */
export function crossShrinkage(
  schema: Schema,
  features: number,
  learned?: readonly LearnedCross[],
): Float64Array | undefined {
  const strengths = crossStrength(schema, learned);
  if (strengths.every((times) => times === 1)) return undefined;
  const strength = new Float64Array(features * STRIDE).fill(1);
  strengths.forEach((times, feature) =>
    strength.fill(times, feature * STRIDE, (feature + 1) * STRIDE),
  );
  return strength;
}
