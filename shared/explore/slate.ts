import { drawsByChance } from '../domain/exploration.ts';
import { NextItem, type DrawSpec } from './next-item.ts';

/** One slot of a slate. */
export interface Draw {
  /** Index into the scores. */
  readonly index: number;
  /** Probability of this item at this slot, given the slots above: exact. */
  readonly propensity: number;
}

/**
 * Draws a slate slot by slot without replacement (Plackett–Luce model: R. L. Plackett, "The Analysis of
 * Permutations", 1975), mixed with a uniform draw: `p(i | left) = (1 − ε) · exp(sᵢ/T) / Σⱼ exp(sⱼ/T) + ε / |left|`,
 * where `left` are the items that are not drawn yet, T the temperature and ε epsilon. At T = 0 the softmax puts
 * everything on the best item left.
 * @param points scores of the pool in points, best first.
 * @param random gives numbers in [0, 1); one is used per slot, none when T = ε = 0.
 */
export function drawSlate(
  points: readonly number[],
  size: number,
  exploration: DrawSpec,
  random: () => number,
): Draw[] {
  const slots = Math.min(size, points.length);
  if (!drawsByChance(exploration)) {
    return Array.from({ length: slots }, (_, index) => ({ index, propensity: 1 }));
  }
  const next = new NextItem(points, exploration);
  const slate: Draw[] = [];
  while (slate.length < slots) {
    const at = next.pick(random());
    const index = next.left[at];
    slate.push({ index, propensity: next.probability(at) });
    next.shown(index);
  }
  return slate;
}
