import type { Schema } from './schema.ts';

/**
 * How many times stronger the prior is on each feature's weights, one number per feature. A weight of a cross is how far a segment
 * differs from the sum of its parts' weights, which have priors of their own: the hierarchical prior
 * `segment ~ N(parent, 1 / (crossShrinkage · l2))` (Gelman & Hill, Data Analysis Using Regression and Multilevel/Hierarchical Models,
 * 2007, ch. 12) in its non-centred form. A cross of a cross is shrunk once more, towards the cross that it refines.
 */
export function crossStrength({ features, training }: Schema): number[] {
  const { crossShrinkage: once = 1 } = training;
  const depth = new Map<string, number>();
  return features.map((spec) => {
    const own =
      spec.kind === 'cross' ? 1 + Math.max(...spec.of.map((name) => depth.get(name) ?? 0)) : 0;
    depth.set(spec.name, own);
    return once ** own;
  });
}
