import { countRows, everyRow, hasRow, keepBoth, noRows, type RowBits } from '../filter/row-bits.ts';
import type { CompiledRules } from './compile-rules.ts';
import { CapCounts } from './cap-counts.ts';
import { Competing } from './competing.ts';

/** A row as it competes. */
export interface Competitor {
  readonly row: number;
  /** By the weights. */
  readonly units: number;
  /** What was added for being little known. */
  readonly raise: number;
  /** What boosts add. */
  readonly boost: number;
}

/**
 * The best rows by weights and raises. @param mask absent: all that the request allows. @param floor units with what was raised: rows with less
 * are not wanted, and may be left out.
 */
export type Search = (
  mask: RowBits | undefined,
  k: number,
  floor?: number,
) => readonly Omit<Competitor, 'boost'>[];

/** What a slate under rules is drawn from. */
export interface RuledPool {
  /** Best first, and behind them the pinned ones. */
  readonly all: readonly Competitor[];
  /** How many of them are drawn. */
  readonly drawable: number;
  /** Index into `all` by slot. */
  readonly pinned: ReadonlyMap<number, number>;
}

interface Wanted {
  readonly rows: number;
  /** What the request allows; undefined: all rows. */
  readonly allowed: RowBits | undefined;
  readonly poolSize: number;
  readonly limit: number;
}

/**
 * The pool that a slate under rules is drawn from. Without caps and quotas it is the best `poolSize` rows by weights, raises and boosts. With
 * caps it also holds, exactly, the best `limit` rows that one page can hold under them: where all of the best are of one group, others of the
 * catalogue are searched for without that group, until there are enough. Of a column that is collapsed it holds the best of each group only. For each
 * quota it also holds the best rows that can fill it.
 */
export function poolUnderRules(
  rules: CompiledRules,
  search: Search,
  { rows, allowed, poolSize, limit }: Wanted,
): RuledPool {
  const { caps, quotas, pins, elsewhere, above } = rules;
  const boosted = boostedSearch(rules, search, rows, allowed);
  const pinnedRows = new Set(pins.values());
  const isPinned = pinnedRows.size + elsewhere.length > 0;
  const base = !isPinned ? allowed : without(allowed, rows, [...pinnedRows, ...elsewhere]);
  const pinned =
    pinnedRows.size === 0 ? NONE : search(only(allowed, rows, pinnedRows), pinnedRows.size);
  const collapsed = caps.filter(({ collapse }) => collapse);
  const all: Source = { search: boosted, base, rows };
  if (collapsed.length > 0) {
    const standing = [...above, ...pinned.map(({ row }) => row)];
    all.competing = new Competing(collapsed, base ?? everyRow(rows), rows, standing, boosted);
  }
  const first =
    all.competing === undefined ? boosted(base, poolSize) : bestCompeting(all, poolSize);
  let drawn = first;
  const include = (more: readonly Competitor[]) => {
    if (more.length > 0) drawn = [...drawn, ...more].toSorted(bestFirst);
  };
  const counts = () => {
    const own = new CapCounts(caps);
    for (const row of above) own.addCollapsed(row);
    for (const { row } of pinned) own.add(row);
    return own;
  };
  if (caps.length > 0 && first.length >= poolSize) include(fill(counts(), first, limit, all));
  for (const { bits, least } of quotas) {
    const known = drawn.filter(({ row }) => hasRow(bits, row));
    const mask = base === undefined ? bits.slice() : both(base, bits);
    include(fill(counts(), known, least, { ...all, base: mask }));
  }
  const at = new Map<number, number>();
  const order = [...drawn];
  for (const [slot, row] of pins) {
    const own = pinned.find((one) => one.row === row);
    if (own === undefined) continue;
    at.set(slot, order.length);
    order.push({ ...own, boost: 0 });
  }
  return { all: order, drawable: drawn.length, pinned: at };
}

const NONE: readonly Competitor[] = [];

const totalOf = ({ units, raise, boost }: Competitor): number => units + raise + boost;
const bestFirst = (a: Competitor, b: Competitor): number =>
  totalOf(b) - totalOf(a) || a.row - b.row;

type BoostedSearch = (mask: RowBits | undefined, k: number) => readonly Competitor[];

interface Source {
  readonly search: BoostedSearch;
  readonly base: RowBits | undefined;
  readonly rows: number;
  /** Absent: all compete. */
  competing?: Competing;
}

/** More are searched for at once each time, as most of them may be of one group again. */
const GROWTH = 2;
const MOST_AT_ONCE = 2048;

/**
 * What has to be added to some rows so that caps let in `target` of them one after the other, or as many as there are: the best of the others.
 * @param known the best rows of all that compete, in order.
 */
function fill(
  counts: CapCounts,
  known: readonly Competitor[],
  target: number,
  { search, base, rows, competing }: Source,
): Competitor[] {
  let missing = target;
  const take = (some: readonly Competitor[]) =>
    some.filter(({ row }) => {
      if (missing === 0 || !counts.fits(row)) return false;
      counts.add(row);
      missing--;
      return true;
    });
  take(known);
  const added: Competitor[] = [];
  if (missing === 0) return added;
  const mask = without(
    base,
    rows,
    known.map(({ row }) => row),
  );
  for (const more of searches(search, mask, target, () => {
    counts.removeClosed(mask);
    competing?.removeLosers(mask);
  })) {
    added.push(...take(competing?.among(more) ?? more));
    if (missing === 0) break;
  }
  return added;
}

/** The best rows in order that compete, `target` of them or as many as there are. */
function bestCompeting({ search, base, rows, competing }: Source, target: number): Competitor[] {
  const taken: Competitor[] = [];
  const mask = without(base, rows, []);
  for (const more of searches(search, mask, target, () => competing!.removeLosers(mask)))
    for (const one of more) {
      if (!competing!.isNext(one.row)) continue;
      taken.push(one);
      if (taken.length >= target) return taken;
    }
  return taken;
}

/** Some of the best rows after the other until there are no more. @param narrow takes rows out of the mask before each search. */
function* searches(
  search: BoostedSearch,
  mask: RowBits,
  target: number,
  narrow: () => void,
): Generator<readonly Competitor[]> {
  for (let size = target; ; size = Math.min(size * GROWTH, MOST_AT_ONCE)) {
    narrow();
    const more = search(mask, size);
    yield more;
    if (more.length < size) return;
    for (const { row } of more) mask[row >> 5] &= ~(1 << (row & 31));
  }
}

/**
 * Boosts move rows past others, but not within those that have the same boosts. So the best of all are among the best of each such part. The
 * part that boosts raise least is no search of its own: what is good enough of it is among the best without boosts.
 */
function boostedSearch(
  { boosts }: CompiledRules,
  search: Search,
  rows: number,
  allowed: RowBits | undefined,
): BoostedSearch {
  if (boosts.length === 0) return (mask, k) => search(mask, k).map((one) => ({ ...one, boost: 0 }));
  const parts = partsOf(boosts, allowed ?? everyRow(rows));
  const least = parts.reduce((min, { units }) => Math.min(min, units), Infinity);
  const boostOf = (row: number) =>
    boosts.reduce((sum, { bits, units }) => (hasRow(bits, row) ? sum + units : sum), 0);
  const withBoost = (some: ReturnType<Search>): Competitor[] =>
    some.map((one) => ({ ...one, boost: boostOf(one.row) }));
  return (mask, k) => {
    let best = withBoost(search(mask, k)).toSorted(bestFirst);
    for (const { bits, units } of parts) {
      if (units <= least) continue;
      // What does not reach the last of the best so far is not wanted; of equals the earlier row is.
      const floor = best.length < k ? undefined : totalOf(best[k - 1]) - units;
      const known = new Set(best.map(({ row }) => row));
      const more = search(mask === undefined ? bits : both(bits, mask), k, floor).filter(
        ({ row }) => !known.has(row),
      );
      if (more.length > 0) best = [...best, ...withBoost(more)].toSorted(bestFirst).slice(0, k);
    }
    return best;
  };
}

/** Rows that have the same boosts, in parts that are not empty. */
function partsOf(
  boosts: CompiledRules['boosts'],
  all: RowBits,
): { bits: RowBits; units: number }[] {
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

function without(allowed: RowBits | undefined, rows: number, some: readonly number[]): RowBits {
  const bits = allowed === undefined ? everyRow(rows) : allowed.slice();
  for (const row of some) bits[row >> 5] &= ~(1 << (row & 31));
  return bits;
}

function only(allowed: RowBits | undefined, rows: number, some: ReadonlySet<number>): RowBits {
  const bits = noRows(rows);
  for (const row of some)
    if (allowed === undefined || hasRow(allowed, row)) bits[row >> 5] |= 1 << (row & 31);
  return bits;
}
