import type { ExplorationSpec } from '../domain/exploration.ts';
import { newest } from '../memory/newest.ts';
import { exactExp } from './exact-exp.ts';

export type DrawSpec = Pick<ExplorationSpec, 'temperature' | 'epsilon'>;

/** Which items of a pool may stand in the next slot, given what stands already. */
export interface Restriction {
  /** @param left indexes of what is not shown, best first. @returns those of them that may stand next, in their order. */
  allowed(left: readonly number[]): readonly number[];
}

/**
 * The distribution of the next slot's item over what is left of a pool: `p(i | left)` of `drawSlate`. Under a restriction what may not stand
 * next is as if it was not there, so that the probabilities of a slot add up to 1 over what it can hold.
 */
export class NextItem {
  readonly #pool: number[];
  readonly #points: readonly number[];
  readonly #spec: DrawSpec;
  readonly #restriction: Restriction | undefined;
  readonly #odds: Float64Array;
  /** Those of one slot, where it holds nothing that is near the best of all. */
  #own: Float64Array | undefined;
  #left: readonly number[];
  #now: Float64Array;
  #scale = 0;
  #floor = 0;

  /** @param points scores of the pool in points, best first. @param restriction absent: whatever is not shown may stand next. */
  constructor(points: readonly number[], spec: DrawSpec, restriction?: Restriction) {
    newest.draw = this;
    this.#pool = points.map((_, index) => index);
    this.#left = this.#pool;
    this.#points = points;
    this.#spec = spec;
    this.#restriction = restriction;
    this.#odds = new Float64Array(points.length);
    this.#now = this.#odds;
    if (restriction !== undefined && points.length > 0)
      scaleOdds(this.#odds, points, this.#pool, spec.temperature);
    this.#weigh();
  }

  /** Indexes into the points of what may stand next, best first; empty where nothing may. */
  get left(): readonly number[] {
    return this.#left;
  }

  /** @param at place in `left`. */
  probability(at: number): number {
    // Rounding can lift the sum slightly above 1, which no log takes for a probability.
    return Math.min(1, this.#now[this.#left[at]] * this.#scale + this.#floor);
  }

  /**
   * Inverse transform sampling.
   * @param number in [0, 1); when T = ε = 0 the best item left is picked, whatever it is.
   * @returns a place in `left`.
   */
  pick(number: number): number {
    let sum = 0;
    for (let at = 0; at < this.#left.length; at++) {
      sum += this.#now[this.#left[at]] * this.#scale + this.#floor;
      if (number < sum) return at;
    }
    // Rounding can leave the sum slightly below 1; the last item that can be drawn gets the rest.
    return this.#left.findLastIndex((index) => this.#now[index] * this.#scale + this.#floor > 0);
  }

  /** Something was shown. @param index into the points; absent: it is not of this pool, but a restriction may be another by it. */
  shown(index?: number): void {
    const at = index === undefined ? -1 : this.#pool.indexOf(index);
    if (at >= 0) this.#pool.splice(at, 1);
    if (at >= 0 || this.#restriction !== undefined) this.#weigh();
  }

  #weigh(): void {
    const left = this.#restriction?.allowed(this.#pool) ?? this.#pool;
    this.#left = left;
    if (left.length === 0) return;
    const { temperature, epsilon } = this.#spec;
    this.#now = this.#odds;
    // The odds are reused from slot to slot and scaled again only when the best item's odds get too small to be exact.
    if (temperature === 0 || !(this.#odds[left[0]] > NEGLIGIBLE)) {
      // What may not stand in this slot may be the best of the next.
      if (this.#restriction !== undefined)
        this.#now = this.#own ??= new Float64Array(this.#points.length);
      scaleOdds(this.#now, this.#points, left, temperature);
    }
    let total = 0;
    for (let i = 0; i < left.length; i++) total += this.#now[left[i]];
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
