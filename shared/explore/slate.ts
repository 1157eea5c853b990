import type { ExplorationSpec } from '../features/schema.ts';

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
  const slate: Draw[] = [];
  while (slate.length < slots) {
    const probability = slotProbabilities(points, left, temperature, epsilon);
    const at = pick(probability, random());
    slate.push({ index: left[at]!, propensity: probability[at]! });
    left.splice(at, 1);
  }
  return slate;
}

/** `p(i | left)` for each i left, in the order of `left` (best first). */
export function slotProbabilities(
  points: readonly number[],
  left: readonly number[],
  temperature: number,
  epsilon: number,
): number[] {
  const floor = epsilon / left.length;
  if (temperature === 0) return left.map((_, at) => (at === 0 ? 1 - epsilon : 0) + floor);
  // Shifted by the best, so that exp cannot overflow and the best is always 1.
  const best = points[left[0]!]!;
  const odds = left.map((index) => Math.exp((points[index]! - best) / temperature));
  const total = odds.reduce((sum, value) => sum + value, 0);
  return odds.map((value) => (1 - epsilon) * (value / total) + floor);
}

function pick(probability: readonly number[], at: number): number {
  let sum = 0;
  for (let i = 0; i < probability.length; i++) {
    sum += probability[i]!;
    if (at < sum) return i;
  }
  // Rounding may leave the sum a hair under 1: the last that can be drawn takes the rest.
  return probability.findLastIndex((p) => p > 0);
}
