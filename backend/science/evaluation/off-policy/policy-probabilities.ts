import type { Decision } from '../../../../shared/domain/decision.ts';
import type { ExplorationSpec } from '../../../../shared/domain/exploration.ts';
import { toPoints } from '../../../../shared/score/scorer.ts';

/**
 * The probabilities of another policy for a slate that was drawn by `shared/explore/slate.ts` (Plackett–Luce with a
 * temperature and a uniform floor).
 *
 * A decision logs only the items shown. So the other scorer's scores of the rest of the pool are unknown, and with them
 * the probability that it would have drawn this slate from the whole catalogue. Two probabilities can be computed
 * exactly:
 * - `poolProbabilities`, where all competing items and their scores are known (the slate shows the whole pool, or the
 *   decision is replayed on its snapshot);
 * - `reorderProbabilities`, where the evaluated policy reorders the set of items that the logging policy drew for the
 *   first `depth` slots. The set is part of the context, and both policies' probabilities are those of the order given
 *   the set. This does not include the reward of items that the evaluated policy would add to the set.
 *
 * Where scores were raised for being little known (`shared/score/raise.ts`), both are given the raises that the logged seed gave:
 * these are drawn independently of what visitors do, and so are part of the context. The evaluated policy raises nothing.
 * Items outside of a ranking's pool have a probability of 0 in it, and no estimate from that ranking says anything of them.
 */

export type Exploration = Pick<ExplorationSpec, 'temperature' | 'epsilon'>;

/**
 * The most slots to reorder: they have 2¹² subsets, more would be slow, and weights of longer orders are too large to
 * use.
 */
export const MAX_DEPTH = 12;

/**
 * The probability of each slot's item given the slots above, for a draw from a known pool.
 * @param points scores of all competing items, in any order: the best `poolSize` by this scorer.
 * @param shown index into `points` of each slot's item; −1 for an item that is not in this scorer's pool.
 * @returns one probability per slot; 0 from the first item that could not have been drawn.
 */
export function poolProbabilities(
  points: readonly number[],
  shown: readonly number[],
  { temperature, epsilon }: Exploration,
): Float64Array {
  const left = new Set(points.keys());
  const slots = new Float64Array(shown.length);
  for (const [slot, index] of shown.entries()) {
    if (!left.has(index)) break;
    const best = [...left].reduce((max, i) => Math.max(max, points[i]), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (const i of left) total += odds(points[i], best, temperature);
    const soft = odds(points[index], best, temperature) / total;
    slots[slot] = (1 - epsilon) * soft + epsilon / left.size;
    if (slots[slot] === 0) break;
    left.delete(index);
  }
  return slots;
}

/**
 * The probability of each item of a known pool at its first slot, in one pass: `poolProbabilities` of `[i]` for all i.
 * @param points scores of all competing items, in any order. @returns one per item, which add up to 1.
 */
export function firstSlotProbabilities(
  points: readonly number[],
  { temperature, epsilon }: Exploration,
): Float64Array {
  const best = points.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const own = Float64Array.from(points, (value) => odds(value, best, temperature));
  const total = own.reduce((sum, value) => sum + value, 0);
  return own.map((value) => (1 - epsilon) * (value / total) + epsilon / points.length);
}

/**
 * `exp((s − best)/T)`; at T = 0 it is 1 for the best items only, which share the probability where their scores are
 * equal.
 */
const odds = (points: number, best: number, temperature: number): number =>
  temperature > 0 ? Math.exp((points - best) / temperature) : points === best ? 1 : 0;

/** The logged draw of a slate; arrays have one entry per slot. */
export interface LoggedDraw {
  /** What the slots were drawn by: scores with their raises. */
  readonly points: readonly number[];
  readonly propensities: readonly number[];
  readonly exploration: Exploration;
  /**
   * Number of competing items, `min(max(poolSize, limit), items that may be shown)`. Needed where the floor is above 0
   * and the slate does not show them all.
   */
  readonly competing?: number;
}

/**
 * The draw that a decision logged.
 * @param items number of candidates sent, or the size of the catalogue. Without it, at least `poolSize` items are
 * assumed; if that is wrong, the logged propensities contradict it and the draw is refused.
 */
export function loggedDraw(
  decision: Pick<Decision, 'units' | 'raises' | 'propensities' | 'exploration' | 'limit'>,
  items = Number.POSITIVE_INFINITY,
): LoggedDraw {
  const { units, raises, propensities, exploration, limit } = decision;
  // A slate that is shorter than its limit shows all items that there were.
  const most = propensities.length < limit ? propensities.length : items;
  const competing = Math.min(Math.max(exploration.poolSize, limit), most);
  const points = units.map((own, slot) => toPoints(own + (raises?.[slot] ?? 0)));
  return { points, propensities, exploration, competing };
}

export type Reordering =
  | {
      readonly kind: 'known';
      /** Per slot: the logging policy's probability of this item, given the set and the slots above. */
      readonly pscore: Float64Array;
      /** Per slot: the evaluated policy's probability. */
      readonly evaluation: Float64Array;
      /**
       * The evaluated policy's probabilities of all remaining items of the set, slot by slot: m + (m − 1) + … + 1
       * values.
       */
      readonly choices: Float64Array;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): Reordering => ({ kind: 'refused', reason });

/**
 * Probabilities of both policies for the order of the first `depth` items of a logged slate, given the set of these
 * items.
 *
 * With Z the sum of the pool's odds, the logged propensity `p = (1 − ε) e^{s/T} / Z + ε / |left|` can be solved for Z,
 * and thus for the odds of all items that were not shown. Let `g(A)` be the probability that the slots below are filled
 * with exactly the rest of the set when the items A stand above. By dynamic programming over subsets,
 * `g(A) = Σ_{i ∉ A} p(i | A) g(A ∪ i)` and `π_b(i | A, set) = p(i | A) g(A ∪ i) / g(A)`.
 * @param points the evaluated scorer's scores of the logged items, slot by slot.
 * @param exploration of the evaluated policy.
 */
export function reorderProbabilities(
  logged: LoggedDraw,
  depth: number,
  points: readonly number[],
  exploration: Exploration,
): Reordering {
  const size = Math.min(depth, logged.propensities.length);
  if (size > MAX_DEPTH)
    return refused(`${size} slots to reorder, at most ${MAX_DEPTH} are possible`);
  const bad = logged.propensities.slice(0, size).find((p) => !(p > 0 && p <= 1 + 1e-9));
  if (bad !== undefined) return refused(`a logged propensity is ${bad}, not in (0, 1]`);
  const draw = drawOf(logged, size);
  if (typeof draw === 'string') return refused(draw);
  const given = givenSet(draw, size);
  const pscore = new Float64Array(size);
  for (let slot = 0, above = 0; slot < size; slot++) {
    pscore[slot] = given(above, slot);
    above |= 1 << slot;
  }
  const set = Array.from({ length: size }, (_, slot) => slot);
  const evaluation = poolProbabilities(points.slice(0, size), set, exploration);
  const choices: number[] = [];
  for (let slot = 0; slot < size; slot++) {
    choices.push(...firstSlotProbabilities(points.slice(slot, size), exploration));
  }
  return { kind: 'known', pscore, evaluation, choices: Float64Array.from(choices) };
}

/** `p(i | A)` of the logging policy over the whole pool; A is a bit set of slots. */
type DrawFrom = (above: number, item: number) => number;

/**
 * The logging policy's draw, with the odds of items not shown solved from the propensities; or why that is impossible.
 */
function drawOf(
  { points, propensities, exploration, competing }: LoggedDraw,
  size: number,
): DrawFrom | string {
  const { temperature, epsilon } = exploration;
  const pool = competing ?? Number.NaN;
  if (epsilon > 0 && !(pool >= propensities.length))
    return `${competing ?? 'an unknown number of'} items competed for ${propensities.length} slots: with a floor of ${epsilon} the number is needed`;
  if (temperature === 0 && epsilon < 1 && competing !== propensities.length)
    return 'drawn at temperature 0: the best of the items not shown is unknown';
  const best = Math.max(...points.slice(0, size));
  const floor = (taken: number) => (epsilon > 0 ? epsilon / (pool - taken) : 0);
  const own = points.slice(0, size).map((value) => odds(value, best, temperature));
  const unseen =
    temperature === 0 || epsilon === 1 ? 0 : unseenOdds(propensities, own, epsilon, floor);
  const draw: DrawFrom = (above, item) => {
    let [total, taken, greatest] = [unseen, 0, 0];
    for (let other = 0; other < size; other++) {
      if ((above >> other) & 1) taken++;
      else total += own[other];
    }
    if (temperature === 0) {
      // The whole pool is shown, so the best remaining item is among the items shown. The odds are relative to the best
      // of all items and cannot identify it past slot 1.
      let top = Number.NEGATIVE_INFINITY;
      for (let other = 0; other < points.length; other++)
        if (other >= size || !((above >> other) & 1)) top = Math.max(top, points[other]);
      greatest = points[item] === top ? 1 : 0;
    }
    const soft = temperature === 0 ? greatest : total > 0 ? own[item] / total : 0;
    return (epsilon === 1 ? 0 : (1 - epsilon) * soft) + floor(taken);
  };
  for (let slot = 0; slot < size; slot++) {
    const p = draw((1 << slot) - 1, slot);
    if (!(Math.abs(p - propensities[slot]) <= 1e-6 * propensities[slot]))
      return `slot ${slot + 1} was logged with probability ${propensities[slot]}, its score and the pool of ${competing ?? 'unknown size'} give ${p}: the log contradicts itself`;
  }
  return draw;
}

/** Summed odds of all items below the reordered slots or not shown, solved at the slot where rounding matters least. */
function unseenOdds(
  propensities: readonly number[],
  own: readonly number[],
  epsilon: number,
  floor: (taken: number) => number,
): number {
  let tells = { soft: 0, unseen: Number.NaN };
  for (let slot = 0; slot < own.length; slot++) {
    const soft = (propensities[slot] - floor(slot)) / (1 - epsilon);
    if (!(soft > tells.soft) || own[slot] === 0) continue;
    let shownLeft = 0;
    for (let other = slot; other < own.length; other++) shownLeft += own[other];
    tells = { soft, unseen: Math.max(0, own[slot] / soft - shownLeft) };
  }
  return tells.unseen;
}

/** `π_b(item | A, set)`: the logging policy's probability given the set of items that fill the slots. */
function givenSet(draw: DrawFrom, size: number): DrawFrom {
  const full = (1 << size) - 1;
  const fills = new Float64Array(full + 1);
  fills[full] = 1;
  for (let above = full - 1; above >= 0; above--) {
    for (let item = 0; item < size; item++) {
      if (!((above >> item) & 1)) fills[above] += draw(above, item) * fills[above | (1 << item)];
    }
  }
  return (above, item) => (draw(above, item) * fills[above | (1 << item)]) / fills[above];
}
