import type { Schema } from './schema.ts';

/**
 * How many times stronger the prior is on each feature's weights, one number per feature, then one per learned cross. A weight of a cross is how far a segment
 * differs from the sum of its parts' weights, which have priors of their own: the hierarchical prior
 * `segment ~ N(parent, 1 / (crossShrinkage · l2))` (Gelman & Hill, Data Analysis Using Regression and Multilevel/Hierarchical Models,
 * 2007, ch. 12) in its non-centred form. A cross of a cross is shrunk once more, towards the cross that it refines.
 */
export function crossStrength(
  { features, training }: Schema,
  learned: readonly (readonly [number, number])[] = [],
): number[] {
  const { crossShrinkage: once = 1 } = training;
  const depth = new Map<string, number>();
  for (const spec of features) {
    const parts = spec.kind === 'cross' ? spec.of.map((name) => depth.get(name) ?? 0) : [-1];
    depth.set(spec.name, 1 + Math.max(...parts));
  }
  const own = features.map(({ name }) => depth.get(name)!);
  return [...own, ...learned.map(([a, b]) => 1 + Math.max(own[a], own[b]))].map(
    (crossed) => once ** crossed,
  );
}
