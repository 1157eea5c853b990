import type { Effect } from './effect.ts';
import type { ArmMoments } from './statistic-kind.ts';

/**
 * Stratified effect over strata with different traffic shares (the steps of a canary): the mean of the strata's
 * effects, weighted by `h = n_c n_t / (n_c + n_t)` (Cochran, 1954; Mantel & Haenszel, 1959). These are inverse-variance
 * weights where the variance per unit is the same in all strata, and they depend on sizes only. With weights from
 * estimated variances, an arm that by chance has few conversions would weigh more, which biases the effect. Pooling the
 * arms' sums instead would compare, say, weekdays with weekends where the share changed between them (Simpson, 1951).
 * `n` is `4 Σ h`, the number of units of an equal split with the same information, so that always-valid tests keep
 * their error rate although the share changes. The units themselves are in `control.n` and `treatment.n`.
 * @throws without an effect, or where absolute and relative effects are mixed.
 */
export function combineStrata(effects: readonly Effect[]): Effect {
  if (effects.length === 0) throw new Error('no strata to combine: give at least one effect');
  const [{ difference }] = effects;
  if (effects.some((effect) => effect.difference !== difference)) {
    throw new Error('absolute and relative effects do not combine: give effects of one kind');
  }
  const sizes = effects.map(stratumWeight);
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

/** `h = n_c n_t / (n_c + n_t)`, proportional to the information of two arms of these sizes. */
export const stratumWeight = ({ control, treatment }: Effect): number =>
  (control.n * treatment.n) / (control.n + treatment.n);
