import type { Effect } from './effect.ts';

/** Independent strata's effects, weighed by their precision. */
export function combineStrata(effects: readonly Effect[]): Effect {
  const weights = effects.map(({ standardError }) => 1 / standardError ** 2);
  const total = weights.reduce((a, b) => a + b, 0);
  const sum = (of: (effect: Effect) => number) => effects.reduce((a, e) => a + of(e), 0);
  return {
    ...effects[0],
    estimate: effects.reduce((a, e, i) => a + e.estimate * weights[i], 0) / total,
    standardError: Math.sqrt(1 / total),
    df: sum(({ df }) => df),
    n: sum(({ n }) => n),
  };
}
