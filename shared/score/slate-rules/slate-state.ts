import { newest } from '../../memory/newest.ts';
import type { Restriction } from '../../explore/next-item.ts';
import { hasRow } from '../filter/row-bits.ts';
import type { CompiledRules } from './compile-rules.ts';
import { inOrder, poolGroups, type PoolGroups } from './pool-groups.ts';

interface Need {
  readonly bits: Uint32Array;
  readonly end: number;
  left: number;
}

/**
 * What stands on a page so far, and so what may stand in its next slot. Pinned items count from the start, as it is certain that they will
 * stand.
 */
export class SlateState {
  readonly #rules: CompiledRules;
  /** Those that end first come first. */
  readonly #needs: readonly Need[];
  readonly #pinned: ReadonlySet<number>;
  /** Rows that count in all caps: those that are pinned and those that were shown. */
  readonly #standing: number[] = [];
  readonly #restrictions: PoolRestriction[] = [];
  #slot = 0;

  /** @param pinned row by slot. */
  constructor(rules: CompiledRules, pinned: ReadonlyMap<number, number>) {
    newest.state = this;
    this.#rules = rules;
    this.#needs = inOrder(rules).map(({ bits, least, end }) => ({ bits, end, left: least }));
    this.#pinned = new Set(pinned.keys());
    for (const [slot, row] of pinned) this.#stands(slot, row);
  }

  get hasCaps(): boolean {
    return this.#rules.caps.length > 0;
  }
  get needs(): readonly Need[] {
    return this.#needs;
  }
  /** The next one, from 0. */
  get slot(): number {
    return this.#slot;
  }

  /** The next slot is filled. @param row undefined: by what is pinned there, which counts already. */
  shown(row: number | undefined): void {
    if (row !== undefined) this.#stands(this.#slot, row);
    this.#slot++;
  }

  /** What may stand next of a pool. @param rows of the pool, best first; nobody may change them. */
  restrictionOf(rows: readonly number[]): Restriction {
    const restriction = new PoolRestriction(this, poolGroups(this.#rules, rows));
    for (const row of this.#rules.above) restriction.counts(row, true);
    for (const row of this.#standing) restriction.counts(row, false);
    this.#restrictions.push(restriction);
    return restriction;
  }

  /** Slots from the next one on that are drawn. */
  freeUpTo(end: number): number {
    let free = 0;
    for (let slot = this.#slot; slot < end; slot++) if (!this.#pinned.has(slot)) free++;
    return free;
  }

  #stands(slot: number, row: number): void {
    this.#standing.push(row);
    for (const need of this.#needs) if (slot < need.end && hasRow(need.bits, row)) need.left--;
    for (const restriction of this.#restrictions) restriction.counts(row, false);
  }
}

/** What may stand next of a pool, given the state of the page. It is asked for each slot, and so makes as few objects as it can. */
class PoolRestriction implements Restriction {
  readonly #state: SlateState;
  readonly #pool: PoolGroups;
  /** By group how many of it stand. */
  readonly #counts: number[];
  /** By index whether one of its groups holds no more. */
  readonly #isClosed: boolean[];
  #hasClosed = false;
  /** By group how many of it the quotas are planned to take. */
  readonly #planned: number[];
  /** Marks by index and by group: they hold where they are equal to `#mark`. */
  readonly #isLeft: number[];
  readonly #isShared: number[];
  #mark = 0;
  /** What `#plan` found: indexes that quotas take, by quota how many it misses, and whether some take all slots that there are. */
  readonly #taken: number[] = [];
  readonly #missing: number[];
  #isNarrow = false;

  constructor(state: SlateState, pool: PoolGroups) {
    newest.restriction = this;
    const { most, quotasOf, members } = pool;
    this.#state = state;
    this.#pool = pool;
    this.#counts = most.map(() => 0);
    this.#planned = most.map(() => 0);
    this.#isShared = most.map(() => 0);
    this.#isClosed = quotasOf.map(() => false);
    this.#isLeft = quotasOf.map(() => 0);
    this.#missing = members.map(() => 0);
  }

  /** A row stands. @param collapsed whether it counts only in caps that collapse, as it is of a page above. */
  counts(row: number, collapsed: boolean): void {
    for (const group of this.#pool.groupsOf(row, collapsed))
      if (++this.#counts[group] === this.#pool.most[group]) this.#close(group);
  }

  #close(closed: number): void {
    const { groups, starts } = this.#pool;
    this.#hasClosed = true;
    for (let index = 0, at = 0; at < groups.length; at++) {
      while (starts[index + 1] <= at) index++;
      if (groups[at] === closed) this.#isClosed[index] = true;
    }
  }

  allowed(left: readonly number[]): readonly number[] {
    const open = this.#hasClosed ? left.filter((index) => !this.#isClosed[index]) : left;
    const { needs, slot } = this.#state;
    for (let q = 0; q < needs.length; q++)
      if (needs[q].left > 0 && needs[q].end > slot) return this.#keepingQuotas(open, left);
    return open;
  }

  /**
   * The items with which the quotas can still be fulfilled as far as they can be now: all of them where there is room, and where it gets
   * narrow only those that a quota counts.
   */
  #keepingQuotas(open: readonly number[], left: readonly number[]): readonly number[] {
    const { hasCaps, needs } = this.#state;
    const { quotasOf } = this.#pool;
    this.#mark++;
    for (let i = 0; i < left.length; i++) this.#isLeft[left[i]] = this.#mark;
    const missing = this.#plan(-1);
    const isNarrow = this.#isNarrow;
    // Without caps no item stands in the way of another, so that a place for each is all that is needed.
    if (!hasCaps && !isNarrow) return open;
    const keeps = (index: number) => this.#plan(index) <= missing;
    // Of one quota that takes all slots an item that it does not count takes one away.
    if (isNarrow && needs.length === 1)
      return open.filter((index) => quotasOf[index] !== 0 && keeps(index));
    if (!hasCaps) {
      const known = new Map<number, boolean>();
      return open.filter((index) => {
        const counted = quotasOf[index];
        if (!known.has(counted)) known.set(counted, keeps(index));
        return known.get(counted)!;
      });
    }
    if (isNarrow) return open.filter(keeps);
    this.#planned.fill(0);
    for (const at of this.#taken) this.#change(this.#planned, at, 1);
    // What no quota counts and leaves room for all that is planned changes no plan.
    const doubtful = open.filter((index) => quotasOf[index] !== 0 || !this.#hasRoomBeside(index));
    if (doubtful.length === 0) return open;
    const out = new Set(this.#inTheWay(doubtful, keeps));
    return out.size === 0 ? open : open.filter((index) => !out.has(index));
  }

  /** Those of some items that quotas could not be fulfilled with, where there is room. */
  #inTheWay(some: readonly number[], keeps: (index: number) => boolean): readonly number[] {
    const { needs, slot } = this.#state;
    const { quotasOf } = this.#pool;
    let [unfilled, planned, wanted] = [0, 0, 0];
    for (let q = 0; q < needs.length; q++) {
      if (needs[q].left <= 0 || needs[q].end <= slot) continue;
      unfilled++;
      planned |= 1 << q;
      wanted += needs[q].left;
    }
    // What one of several quotas counts takes the place of another item, which then closes no group to the other quotas.
    const isPlanned = (index: number) => unfilled > 1 && (quotasOf[index] & planned) !== 0;
    const closesNone = (index: number) => this.#hasRoom(index, 1 + wanted) && !isPlanned(index);
    let isMarked = false;
    const sharesGroup = (index: number) => {
      if (!isMarked) this.#markShared();
      isMarked = true;
      const { starts, groups } = this.#pool;
      for (let at = starts[index]; at < starts[index + 1]; at++)
        if (this.#isShared[groups[at]] === this.#mark) return true;
      return false;
    };
    // What closes no group to an item that a quota may need stands in the way of none.
    return some.filter((index) => !closesNone(index) && sharesGroup(index) && !keeps(index));
  }

  /** Marks the groups of all that is left of what quotas count. */
  #markShared(): void {
    const { starts, groups, members } = this.#pool;
    for (const own of members)
      for (const index of own)
        if (this.#isLeft[index] === this.#mark)
          for (let at = starts[index]; at < starts[index + 1]; at++)
            this.#isShared[groups[at]] = this.#mark;
  }

  #change(counts: number[], index: number, by: number): void {
    const { starts, groups } = this.#pool;
    for (let at = starts[index]; at < starts[index + 1]; at++) counts[groups[at]] += by;
  }

  /** Whether each group of an item holds so many more. */
  #hasRoom(index: number, more: number): boolean {
    const { starts, groups, most } = this.#pool;
    for (let at = starts[index]; at < starts[index + 1]; at++)
      if (this.#counts[groups[at]] + more > most[groups[at]]) return false;
    return true;
  }

  /** Whether they hold it and all that is planned. */
  #hasRoomBeside(index: number): boolean {
    const { starts, groups, most } = this.#pool;
    for (let at = starts[index]; at < starts[index + 1]; at++) {
      const group = groups[at];
      if (this.#counts[group] + this.#planned[group] >= most[group]) return false;
    }
    return true;
  }

  /**
   * Plans that from now on each slot takes the best item that a quota counts, those first that end first. Where none stays missing the first of
   * these items can be shown next without that any will be, so that such an item is always left.
   * @param index what is shown next; −1: nothing yet. @returns how many items of quotas stay missing.
   */
  #plan(index: number): number {
    const { needs } = this.#state;
    const { members } = this.#pool;
    for (let q = 0; q < needs.length; q++) this.#missing[q] = needs[q].left;
    this.#taken.length = 0;
    this.#isNarrow = false;
    if (index >= 0) this.#take(index);
    let missing = 0;
    for (let q = 0; q < needs.length; q++) {
      const slots = this.#state.freeUpTo(needs[q].end);
      if (slots === 0) continue;
      const own = members[q];
      for (let i = 0; i < own.length; i++) {
        if (this.#missing[q] <= 0 || this.#taken.length >= slots) break;
        if (this.#isLeft[own[i]] !== this.#mark || this.#taken.includes(own[i])) continue;
        if (this.#hasRoom(own[i], 1)) this.#take(own[i]);
      }
      missing += Math.max(0, this.#missing[q]);
      if (this.#taken.length >= slots) this.#isNarrow = true;
    }
    for (const at of this.#taken) this.#change(this.#counts, at, -1);
    return missing;
  }

  #take(index: number): void {
    const counted = this.#pool.quotasOf[index];
    this.#change(this.#counts, index, 1);
    this.#taken.push(index);
    for (let q = 0; q < this.#missing.length; q++)
      if ((counted & (1 << q)) !== 0) this.#missing[q]--;
  }
}
