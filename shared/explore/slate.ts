import type { ExplorationSpec } from '../features/schema.ts';
import { exactExp } from './exact-exp.ts';

export interface Draw {
  /** Index into the pool. */
  readonly index: number;
  /** Probability of this item at this slot, given the slots above: exact. */
  readonly propensity: number;
}

/**
 * Draws a slate without replacement, slot by slot (Plackett–Luce: R. L. Plackett, "The Analysis of
 * Permutations", 1975), with a uniform floor:
 * `p(i | left) = (1 − ε) · exp(sᵢ/T) / Σⱼ exp(sⱼ/T) + ε / |left|`; T = 0 puts the first factor on the best left.
 * @param points the pool's scores, best first.
 * @param random numbers in [0, 1); one is used per slot, none when the draw is deterministic.
 */
export function drawSlate(
  points: readonly number[],
  size: number,
  { temperature, epsilon }: Pick<ExplorationSpec, 'temperature' | 'epsilon'>,
  random: () => number,
): Draw[] {
  const slots = Math.min(size, points.length);
  if (temperature === 0 && epsilon === 0) {
    return Array.from({ length: slots }, (_, index) => ({ index, propensity: 1 }));
  }
  const left = points.map((_, index) => index);
  const odds = new Float64Array(points.length);
  const slate: Draw[] = [];
  while (slate.length < slots) {
    // Odds keep their scale from slot to slot until the best one left would be lost in rounding.
    if (temperature === 0 || !(odds[left[0]] > NEGLIGIBLE))
      scaleOdds(odds, points, left, temperature);
    const total = left.reduce((sum, index) => sum + odds[index], 0);
    const [scale, floor] = [(1 - epsilon) / total, epsilon / left.length];
    const at = pick(left, odds, scale, floor, random());
    slate.push({ index: left[at], propensity: odds[left[at]] * scale + floor });
    left.splice(at, 1);
  }
  return slate;
}

const NEGLIGIBLE = 1e-100;

/** `exp(sᵢ/T)` of all that is left, over that of the best left: that one is 1, and exp cannot overflow. */
function scaleOdds(
  odds: Float64Array,
  points: readonly number[],
  left: readonly number[],
  temperature: number,
): void {
  const best = points[left[0]];
  left.forEach((index, at) => {
    if (temperature > 0) odds[index] = exactExp((points[index] - best) / temperature);
    else odds[index] = at === 0 ? 1 : 0;
  });
}

/** The place in `left` that a number in [0, 1) falls on when all probabilities are laid end to end. */
function pick(
  left: readonly number[],
  odds: Float64Array,
  scale: number,
  floor: number,
  at: number,
): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    sum += odds[left[i]] * scale + floor;
    if (at < sum) return i;
  }
  // Rounding may leave the sum a hair under 1: the last that can be drawn takes the rest.
  return left.findLastIndex((index) => odds[index] * scale + floor > 0);
}
