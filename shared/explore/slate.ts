import type { ExplorationSpec } from '../domain/exploration.ts';
import { exactExp } from './exact-exp.ts';

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
    // The odds are reused from slot to slot and scaled again only when the best item's odds get too small to be exact.
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

/** Sets the odds of the items left to `exp((sᵢ − s_best)/T)`: the best item has 1, so nothing can overflow. */
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

/**
 * Inverse transform sampling from the probabilities of the items left.
 * @param at a number in [0, 1).
 * @returns an index into `left`.
 */
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
  // Rounding can leave the sum slightly below 1; the last item that can be drawn gets the rest.
  return left.findLastIndex((index) => odds[index] * scale + floor > 0);
}
