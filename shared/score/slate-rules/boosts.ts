import { countRows, everyRow, hasRow, keepBoth, type RowBits } from '../filter/row-bits.ts';
import type { FeatureRaise } from '../raise.ts';
import { MAX_SCORE_UNITS, rangeOf, type AdditiveScorer } from '../scorer.ts';
import type { Boost } from './compile-rules.ts';
import { bestFirst, totalOf, type Competitor, type Search } from './pool-under-rules.ts';

/** By weights the least and most that a row can score. */
const ranges = new WeakMap<Int32Array, { readonly low: number; readonly high: number }>();

/**
 * Whether boosts can be added to the scores of all rows before the best are searched: each is of one column's codes or of a few rows, and with
 * all of them, and what was raised, scores stay within their limits.
 */
export function canAdd(
  boosts: readonly Boost[],
  scorer: AdditiveScorer,
  raises: readonly FeatureRaise[] = [],
): boolean {
  if (boosts.length === 0) return true;
  if (boosts.some(({ codes, ids }) => codes === undefined && ids === undefined)) return false;
  let range = ranges.get(scorer.weights);
  if (range === undefined) ranges.set(scorer.weights, (range = rangeOf(scorer)));
  let { low, high } = range;
  for (const { units } of boosts)
    if (units > 0) high += units;
    else low += units;
  for (const { units } of raises) {
    low += units.reduce((least, own) => Math.min(least, own), 0);
    high += units.reduce((most, own) => Math.max(most, own), 0);
  }
  return low > -MAX_SCORE_UNITS && high < MAX_SCORE_UNITS;
}

/** By how many units boosts move a row. */
export const boostReader =
  (boosts: readonly Boost[]) =>
  (row: number): number => {
    let sum = 0;
    for (let i = 0; i < boosts.length; i++) if (hasRow(boosts[i].bits, row)) sum += boosts[i].units;
    return sum;
  };

/**
 * The best rows with boosts, by searches without. Boosts move rows past others, but not within those that have the same boosts. So the best of all
 * are among the best of each such part. The part that boosts raise least is no search of its own: what is good enough of it is among the best
 * without boosts.
 * @param allowed what the request allows; undefined: all rows.
 */
export function boostedSearch(
  boosts: readonly Boost[],
  search: Search,
  rows: number,
  allowed: RowBits | undefined,
): Search {
  if (boosts.length === 0) return search;
  const parts = partsOf(boosts, allowed ?? everyRow(rows));
  const least = parts.reduce((min, { units }) => Math.min(min, units), Infinity);
  const boostOf = boostReader(boosts);
  const withBoost = (some: readonly Competitor[]): Competitor[] =>
    some.map((one) => ({ ...one, boost: boostOf(one.row) }));
  return ({ mask, ...others }, k) => {
    let best = withBoost(search({ ...(mask && { mask }), ...others }, k)).toSorted(bestFirst);
    for (const { bits, units } of parts) {
      if (units <= least) continue;
      // What does not reach the last of the best so far is not wanted; of equals the earlier row is.
      const floor = best.length < k ? undefined : totalOf(best[k - 1]) - units;
      const known = new Set(best.map(({ row }) => row));
      const part = mask === undefined ? bits : both(bits, mask);
      const more = search({ mask: part, ...others }, k, floor).filter(({ row }) => !known.has(row));
      if (more.length > 0) best = [...best, ...withBoost(more)].toSorted(bestFirst).slice(0, k);
    }
    return best;
  };
}

/** Rows that have the same boosts, in parts that are not empty. */
function partsOf(boosts: readonly Boost[], all: RowBits): { bits: RowBits; units: number }[] {
  let parts = [{ bits: all, units: 0 }];
  for (const boost of boosts)
    parts = parts
      .flatMap(({ bits, units }) => {
        const inside = both(bits, boost.bits);
        const outside = bits.slice();
        for (let i = 0; i < outside.length; i++) outside[i] &= ~inside[i];
        return [
          { bits: outside, units },
          { bits: inside, units: units + boost.units },
        ];
      })
      .filter(({ bits }) => countRows(bits) > 0);
  return parts;
}

function both(one: RowBits, other: RowBits): RowBits {
  const bits = one.slice();
  keepBoth(bits, other);
  return bits;
}
