import type { ExplorationSpec } from '../domain/exploration.ts';
import { exactExp } from './exact-exp.ts';

export type DrawSpec = Pick<ExplorationSpec, 'temperature' | 'epsilon'>;

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

/** Which items of a pool may stand in the next slot, given what stands already. */
export interface Restriction {
  /** @param left indexes of what is not shown, best first. @returns those of them that may stand next, in their order. */
  allowed(left: readonly number[]): readonly number[];
}

/**
 * The same distribution over those items left that may stand next: what may not is as if it was not there, so that the probabilities of a
 * slot add up to 1 over what it can hold.
 */
export class NextAllowed {
  readonly #left: number[];
  readonly #points: readonly number[];
  readonly #spec: DrawSpec;
  readonly #restriction: Restriction;
  /** Relative to the best of all, and of one slot where that is too far ahead. */
  readonly #odds: Float64Array;
  readonly #own: Float64Array;
  #open: readonly number[] = [];
  #now: Float64Array;
  #scale = 0;
  #floor = 0;

  /** @param points scores of the pool in points, best first. @param left indexes of what may be drawn at all, best first. */
  constructor(
    points: readonly number[],
    left: readonly number[],
    spec: DrawSpec,
    restriction: Restriction,
  ) {
    this.#left = [...left];
    this.#points = points;
    this.#spec = spec;
    this.#restriction = restriction;
    this.#odds = new Float64Array(points.length);
    this.#own = new Float64Array(points.length);
    this.#now = this.#odds;
    if (spec.temperature > 0 && left.length > 0)
      scaleOdds(this.#odds, points, left, spec.temperature);
    this.#weigh();
  }

  /** Indexes into the points that may stand next, best first; empty where none may. */
  get left(): readonly number[] {
    return this.#open;
  }

  /** @param at place in `left`. */
  probability(at: number): number {
    return Math.min(1, this.#now[this.#open[at]] * this.#scale + this.#floor);
  }

  /** As that of `NextItem`. */
  pick(number: number): number {
    return pick(this.#open, this.#now, this.#scale, this.#floor, number);
  }

  /** Something was shown. @param index of it, and less than 0 where it is not of this pool: what may stand next may differ all the same. */
  shown(index: number): void {
    const at = index < 0 ? -1 : this.#left.indexOf(index);
    if (at >= 0) this.#left.splice(at, 1);
    this.#weigh();
  }

  #weigh(): void {
    const open = (this.#open = this.#restriction.allowed(this.#left));
    if (open.length === 0) return;
    const { temperature, epsilon } = this.#spec;
    this.#now = this.#odds;
    if (temperature === 0 || !(this.#odds[open[0]] > NEGLIGIBLE)) {
      scaleOdds(this.#own, this.#points, open, temperature);
      this.#now = this.#own;
    }
    let total = 0;
    for (let i = 0; i < open.length; i++) total += this.#now[open[i]];
    this.#scale = (1 - epsilon) / total;
    this.#floor = epsilon / open.length;
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
