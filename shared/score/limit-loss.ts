import { RAISE_STEP } from './raise.ts';
import type { Scored } from './top-k.ts';

/** What a slate is drawn from. */
export interface Raised {
  /** Units are the scores by the weights; in the order of their raised scores. */
  readonly best: readonly Scored[];
  /** By how many units each of them was raised. */
  readonly raises: readonly number[];
}

interface Limit {
  readonly slots: number;
  /** So many slots from the top are not drawn, but hold the best by the weights. */
  readonly alone: number;
  /** Of a raised ranking, in units per slot; infinite: no limit. */
  readonly maxLoss: number;
  /** Whether items are left that are not in the pool. */
  readonly isCut: boolean;
}

const SHARES = [1, 1 / 2, 1 / 4, 1 / 8, 0];

/**
 * Makes a ranking's raises smaller, all by the same factor, until the slate of the highest raised scores is worth at most
 * `maxLoss` per slot less than the best slate by the weights. What the weights say is the expectation given all that was
 * learned, so this is the expected loss of exploring by raises; temperature and ε come on top.
 *
 * The best slate may hold items that raises kept out of the pool. As no score is lowered, each of those has at most the
 * least raised score of the pool, and counts as if it had that.
 * @returns undefined where the pool has to be cut again without raises, in two cases: even its best items by the weights may lose
 * more than `maxLoss`, or some slots are not drawn and it need not hold the best items of all for them. To cut it again with
 * smaller raises taught little (docs/adr/0026-exploring-what-is-not-known.md).
 */
export function limitLoss(pool: Raised, limit: Limit): Raised | undefined {
  const { best } = pool;
  const { alone, maxLoss, isCut } = limit;
  const slots = Math.min(limit.slots, best.length);
  if (best.length === 0 || (maxLoss === Infinity && alone === 0)) return pool;
  const last = best.length - 1;
  const outside = isCut ? best[last].units + pool.raises[last] : Number.NEGATIVE_INFINITY;
  // The best slate's raised scores sum to no more than the chosen one's, so that it loses no more than its own raises.
  if (alone === 0 && sum(pool.raises, slots) <= maxLoss * slots) return pool;
  const ideal = best.map(({ units }) => Math.max(units, outside)).toSorted((a, b) => b - a);
  if (alone > 0 && best.filter(({ units }) => units > outside).length < alone) return undefined;
  const most = sum(ideal, slots) - maxLoss * slots;
  for (const share of SHARES) {
    const raised = share === 1 ? pool : scaled(pool, share);
    const worth = slateOrder(raised, alone).map((index) => raised.best[index].units);
    if (sum(worth, slots) >= most) return raised;
  }
  return undefined;
}

/** Indexes of a pool: first the best by the weights, then the others by their raised scores. */
export function slateOrder({ best }: Pick<Raised, 'best'>, alone: number): number[] {
  const order = [...best.keys()];
  if (alone === 0) return order;
  const first = order
    .toSorted((a, b) => best[b].units - best[a].units || best[a].row - best[b].row)
    .slice(0, alone);
  return [...first, ...order.filter((index) => !first.includes(index))];
}

function scaled({ best, raises }: Raised, share: number): Raised {
  const smaller = raises.map((units) => RAISE_STEP * Math.round((share * units) / RAISE_STEP));
  const order = [...best.keys()].toSorted(
    (a, b) => best[b].units + smaller[b] - best[a].units - smaller[a] || best[a].row - best[b].row,
  );
  return { best: order.map((i) => best[i]), raises: order.map((i) => smaller[i]) };
}

function sum(values: readonly number[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += values[i];
  return total;
}
