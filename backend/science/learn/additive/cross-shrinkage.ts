import type { Schema } from '../../../../shared/features/schema.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';

/**
 * How many times the ridge counts on each weight, `Float64Array(features × STRIDE)`. A weight of a cross is how far a segment
 * differs from the sum of its parts' weights, which are penalised on their own: the hierarchical prior
 * `segment ~ N(parent, 1 / (crossShrinkage · l2))` (Gelman & Hill, Data Analysis Using Regression and Multilevel/Hierarchical Models,
 * 2007, ch. 12) in its non-centred form. Few data leave a segment at the weights of all; many let it go.
 * A cross of a cross is shrunk once more, towards the cross that it refines.
 * @param features with those that only training has. @returns undefined where all count once.
 */
export function crossShrinkage(
  { features: specs, training }: Schema,
  features: number,
): Float64Array | undefined {
  const { crossShrinkage: once = 1 } = training;
  if (once === 1 || !specs.some(({ kind }) => kind === 'cross')) return undefined;
  const depth = new Map<string, number>();
  const strength = new Float64Array(features * STRIDE).fill(1);
  specs.forEach((spec, feature) => {
    const own =
      spec.kind === 'cross' ? 1 + Math.max(...spec.of.map((name) => depth.get(name) ?? 0)) : 0;
    depth.set(spec.name, own);
    strength.fill(once ** own, feature * STRIDE, (feature + 1) * STRIDE);
  });
  return strength;
}
