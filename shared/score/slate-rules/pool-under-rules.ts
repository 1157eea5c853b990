import type { ClosedCodes } from '../close-codes.ts';
import { everyRow, hasRow, keepBoth, type RowBits } from '../filter/row-bits.ts';
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

/** Which rows a search is among. */
export interface Some {
  /** Absent: all that the request allows. */
  readonly mask?: RowBits;
  /** Rows that are left out. */
  readonly without?: readonly number[];
  /** What all rows have that are left out besides these. */
  readonly closed?: readonly ClosedCodes[];
}

/** The best rows. @param floor units by all that they are searched by: rows with less are not wanted, and may be left out. */
export type Search = (some: Some, k: number, floor?: number) => readonly Competitor[];

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
  /** Of some rows those that the request and the schema allow. */
  readonly score: (rows: readonly number[]) => readonly Competitor[];
  readonly rows: number;
  /** What the request allows; undefined: all rows. */
  readonly allowed: () => RowBits | undefined;
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
  { score, rows, allowed, poolSize, limit }: Wanted,
): RuledPool {
  const { caps, quotas, pins, elsewhere, above } = rules;
  const apart = [...new Set([...pins.values(), ...elsewhere])];
  /** Bits of the caller's own. */
  const mask = () => {
    const own = allowed();
    return without(own === undefined ? everyRow(rows) : own.slice(), apart);
  };
  const pinned = pins.size === 0 ? NONE : score([...new Set(pins.values())]);
  const collapsed = caps.filter(({ collapse }) => collapse);
  const all: Source = { search, some: { without: apart }, mask };
  if (collapsed.length > 0) {
    const standing = [...above, ...pinned.map(({ row }) => row)];
    const inOrder = (some: RowBits, k: number) => search({ mask: some }, k);
    all.competing = new Competing(collapsed, mask(), rows, standing, inOrder);
  }
  const first =
    all.competing === undefined ? search(all.some, poolSize) : bestCompeting(all, poolSize);
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
  for (const { bits, least, others } of quotas) {
    const known = drawn.filter(({ row }) => hasRow(bits, row));
    const own = () => {
      const members = mask();
      keepBoth(members, bits);
      return members;
    };
    const some = others === undefined ? { mask: own() } : { without: apart, closed: [others] };
    include(fill(counts(), known, least, { ...all, some, mask: own }));
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

export const totalOf = ({ units, raise, boost }: Competitor): number => units + raise + boost;
export const bestFirst = (a: Competitor, b: Competitor): number =>
  totalOf(b) - totalOf(a) || a.row - b.row;

interface Source {
  readonly search: Search;
  /** What there is to choose from. */
  readonly some: Some;
  /** The same: bits of the caller's own. */
  readonly mask: () => RowBits;
  /** Absent: all compete. */
  competing?: Competing;
}

/** By how much each search for more is larger than the one before. */
const GROWTH = 4;
const MOST_AT_ONCE = 4096;

/**
 * Up to `target` rows that fit one after the other, or as many as there are: the best of the others.
 * @param known the best rows of all that compete, in order.
 */
function fill(
  counts: CapCounts,
  known: readonly Competitor[],
  target: number,
  { search, some, mask, competing }: Source,
): Competitor[] {
  const taken: number[] = [];
  const take = (more: readonly Competitor[]) =>
    more.filter(({ row }) => {
      if (taken.length === target || !counts.fits(row)) return false;
      counts.add(row);
      taken.push(row);
      return true;
    });
  take(known);
  const added: Competitor[] = [];
  for (let size = target; taken.length < target; size = Math.min(size * GROWTH, MOST_AT_ONCE)) {
    // What was found before and not taken is of a group that holds no more, or does not compete.
    const left: Some = {
      ...some,
      without: [...(some.without ?? []), ...taken],
      closed: [...(some.closed ?? []), ...counts.closedCodes()],
    };
    let open = left;
    if (competing !== undefined || counts.hasOtherClosed) {
      const bits = mask();
      counts.removeOtherClosed(bits);
      competing?.removeLosers(bits);
      open = { ...left, mask: bits };
    }
    const more = search(open, size);
    added.push(...take(competing?.among(more) ?? more));
    if (more.length < size) break;
  }
  return added;
}

/** The best rows in order that compete, `target` of them or as many as there are. */
function bestCompeting({ search, mask, competing }: Source, target: number): readonly Competitor[] {
  const taken: Competitor[] = [];
  const bits = mask();
  for (let size = target; ; size = Math.min(size * GROWTH, MOST_AT_ONCE)) {
    competing!.removeLosers(bits);
    const more = search({ mask: bits }, size);
    for (const one of more) {
      bits[one.row >> 5] &= ~(1 << (one.row & 31));
      if (!competing!.isNext(one.row)) continue;
      taken.push(one);
      if (taken.length >= target) return taken;
    }
    if (more.length < size) return taken;
  }
}

function without(bits: RowBits, some: readonly number[]): RowBits {
  for (const row of some) bits[row >> 5] &= ~(1 << (row & 31));
  return bits;
}
