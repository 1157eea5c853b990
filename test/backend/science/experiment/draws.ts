import {
  type Difference,
  type Effect,
  effectOf,
} from '../../../../backend/science/statistics/effect.ts';
import type { Unavailable } from '../../../../backend/science/statistics/unavailable.ts';
import {
  type ProportionStatistic,
  proportionStatistic,
  type Statistic,
} from '../../../../backend/science/statistics/statistics.ts';

export const times = <Made>(n: number, make: (index: number) => Made): Made[] =>
  Array.from({ length: n }, (_, index) => make(index));

/** Standard normal (Box & Muller, 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** `n` units of which each does it with the given chance. */
export function rateOf(random: () => number, n: number, chance: number): ProportionStatistic {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Number(random() < chance);
  return proportionStatistic(sum, n);
}

/** The answer itself, where there must be one. */
export function answered<Answer extends { readonly kind: string }>(
  found: Answer | Unavailable,
): Exclude<Answer, Unavailable> {
  if (found.kind === 'no-answer') throw new Error((found as Unavailable).message);
  return found as Exclude<Answer, Unavailable>;
}

export const effectIn = (
  control: Statistic,
  treatment: Statistic,
  difference?: Difference,
): Effect => answered(effectOf(control, treatment, { difference, minimumPerArm: 2 }));

export const meanOf = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** Mean over its standard error: a bias in units of what chance would give. */
export function zOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return mean / Math.sqrt(variance / values.length);
}
