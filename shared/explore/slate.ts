import { drawsByChance, type ExplorationSpec } from '../domain/exploration.ts';
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
    slate.push({ index: next.left[at], propensity: next.probability(at) });
    next.remove(at);
  }
  return slate;
}

type DrawSpec = Pick<ExplorationSpec, 'temperature' | 'epsilon'>;

/** The distribution of the next slot's item over what is left of a pool: `p(i | left)` of `drawSlate`. */
export class NextItem {
  readonly #left: number[];
  readonly #points: readonly number[];
  readonly #spec: DrawSpec;
  readonly #odds: Float64Array;
  #scale = 0;
  #floor = 0;

  /** @param points scores of the pool in points, best first. */
  constructor(points: readonly number[], spec: DrawSpec) {
    this.#left = points.map((_, index) => index);
    this.#points = points;
    this.#spec = spec;
    this.#odds = new Float64Array(points.length);
    this.#weigh();
  }

  /** Indexes into the points, best first. */
  get left(): readonly number[] {
    return this.#left;
  }

  /** @param at place in `left`. */
  probability(at: number): number {
    // Rounding can lift the sum slightly above 1, which no log takes for a probability.
    return Math.min(1, this.#odds[this.#left[at]] * this.#scale + this.#floor);
  }

  /**
   * Inverse transform sampling.
   * @param number in [0, 1); when T = ε = 0 the best item left is picked, whatever it is.
   * @returns a place in `left`.
   */
  pick(number: number): number {
    return pick(this.#left, this.#odds, this.#scale, this.#floor, number);
  }

  /** Shown: it is not left. @param at place in `left`. */
  remove(at: number): void {
    this.#left.splice(at, 1);
    if (this.#left.length > 0) this.#weigh();
  }

  #weigh(): void {
    const [left, odds] = [this.#left, this.#odds];
    const { temperature, epsilon } = this.#spec;
    // The odds are reused from slot to slot and scaled again only when the best item's odds get too small to be exact.
    if (temperature === 0 || !(odds[left[0]] > NEGLIGIBLE))
      scaleOdds(odds, this.#points, left, temperature);
    let total = 0;
    for (let i = 0; i < left.length; i++) total += odds[left[i]];
    this.#scale = (1 - epsilon) / total;
    this.#floor = epsilon / left.length;
  }
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
  for (let at = 0; at < left.length; at++) {
    const index = left[at];
    if (temperature > 0) odds[index] = exactExp((points[index] - best) / temperature);
    else odds[index] = at === 0 ? 1 : 0;
  }
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
