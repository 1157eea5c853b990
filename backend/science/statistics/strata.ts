import type { ArmMoments, Effect } from './effect.ts';

/**
 * One effect from those of several strata with different traffic shares (the steps of a canary): the mean of the
 * effects, each weighed by `h = n_c n_t / (n_c + n_t)` (Cochran, 1954; Mantel & Haenszel, 1959). That is inverse variance
 * where a unit varies alike in all of them, and the weights depend on the sizes alone: with weights from estimated
 * variances, a small arm that happens to have few conversions would count for more, and the effect would be biased.
 * Adding up the arms' sums instead compares weekdays with weekends when the share changed between them (Simpson, 1951).
 * `n` counts what was learned, `4 Σ h`, the units of an equal split that tell as much: the clock on which an always-valid
 * reading keeps its rate though the share changes. The units themselves are in `control.n` and `treatment.n`.
 * @throws where there is none, or they are not differences of one kind.
 */
export function combineStrata(effects: readonly Effect[]): Effect {
  if (effects.length === 0) throw new Error('no strata to combine: give at least one effect');
  const [{ difference }] = effects;
  if (effects.some((effect) => effect.difference !== difference)) {
    throw new Error('absolute and relative effects do not combine: give effects of one kind');
  }
  const sizes = effects.map(({ control, treatment }) => harmonic(control.n, treatment.n));
  const total = sizes.reduce((a, b) => a + b, 0);
  const shares = sizes.map((size) => size / total);
  const sum = (of: (effect: Effect) => number, power = 1) =>
    effects.reduce((all, effect, i) => all + shares[i] ** power * of(effect), 0);
  const arm = (name: 'control' | 'treatment'): ArmMoments => ({
    n: effects.reduce((all, effect) => all + effect[name].n, 0),
    mean: sum((effect) => effect[name].mean),
    variance: sum((effect) => effect[name].variance),
  });
  const variance = sum(({ standardError }) => standardError ** 2, 2);
  return {
    kind: 'effect',
    difference,
    estimate: sum(({ estimate }) => estimate),
    standardError: Math.sqrt(variance),
    df: variance ** 2 / sum(({ standardError, df }) => standardError ** 4 / df, 4),
    n: 4 * total,
    base: sum(({ base }) => base),
    control: arm('control'),
    treatment: arm('treatment'),
  };
}

const harmonic = (a: number, b: number): number => (a * b) / (a + b);
