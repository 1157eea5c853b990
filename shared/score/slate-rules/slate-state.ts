import type { Restriction } from '../../explore/next-item.ts';
import { hasRow } from '../filter/row-bits.ts';
import { CapCounts } from './cap-counts.ts';
import type { CompiledRules } from './compile-rules.ts';

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
  readonly #counts: CapCounts;
  /** Those that end first come first. */
  readonly #needs: readonly Need[];
  readonly #pinned: ReadonlySet<number>;
  readonly #hasCaps: boolean;
  #slot = 0;

  /** @param pinned row by slot. */
  constructor(rules: CompiledRules, pinned: ReadonlyMap<number, number>) {
    const { caps, quotas, above } = rules;
    this.#hasCaps = caps.length > 0;
    this.#counts = new CapCounts(caps);
    this.#needs = quotas
      .map(({ bits, least, end }) => ({ bits, end, left: least }))
      .toSorted((a, b) => a.end - b.end);
    this.#pinned = new Set(pinned.keys());
    for (const row of above) this.#counts.addCollapsed(row);
    for (const [slot, row] of pinned) {
      this.#counts.add(row);
      for (const need of this.#needs) if (slot < need.end && hasRow(need.bits, row)) need.left--;
    }
  }

  /** The next slot is filled. @param row undefined: by what is pinned there, which counts already. */
  shown(row: number | undefined): void {
    if (row !== undefined) {
      this.#counts.add(row);
      for (const need of this.#needs)
        if (this.#slot < need.end && hasRow(need.bits, row)) need.left--;
    }
    this.#slot++;
  }

  /** What may stand next of a pool. @param rows of the pool, best first. */
  restrictionOf(rows: readonly number[]): Restriction {
    return {
      allowed: (left) => {
        const open = this.#counts.hasFull
          ? left.filter((index) => this.#counts.fits(rows[index]))
          : left;
        const isNeeded = this.#needs.some(
          ({ left: missing, end }) => missing > 0 && end > this.#slot,
        );
        return isNeeded ? this.#keepingQuotas(open, left, rows) : open;
      },
    };
  }

  /**
   * The items with which the quotas can still be fulfilled as far as they can be now: all of them where there is room, and where it gets
   * narrow only those that a quota counts.
   */
  #keepingQuotas(
    open: readonly number[],
    left: readonly number[],
    rows: readonly number[],
  ): readonly number[] {
    const members = this.#needs.map(({ bits }) =>
      left.filter((index) => hasRow(bits, rows[index])),
    );
    const { missing, isNarrow } = this.#plan(members, rows, -1);
    // Without caps no item stands in the way of another, so that a place for each is all that is needed.
    if (!this.#hasCaps && !isNarrow) return open;
    const keeps = (index: number) => this.#plan(members, rows, index).missing <= missing;
    if (!this.#hasCaps) {
      const known = new Map<number, boolean>();
      return open.filter((index) => {
        const counted = this.#needs.reduce(
          (mask, { bits }, q) => (hasRow(bits, rows[index]) ? mask | (1 << q) : mask),
          0,
        );
        if (!known.has(counted)) known.set(counted, keeps(index));
        return known.get(counted)!;
      });
    }
    if (isNarrow) return open.filter(keeps);
    const unfilled = this.#needs.filter(({ left: wanted, end }) => wanted > 0 && end > this.#slot);
    const wanted = unfilled.reduce((sum, need) => sum + need.left, 0);
    // What one of several quotas counts takes the place of another item, which then closes no group to the other quotas.
    const isPlanned = (row: number) =>
      unfilled.length > 1 && unfilled.some(({ bits }) => hasRow(bits, row));
    const closesNone = (row: number) => this.#counts.hasRoom(row, 1 + wanted) && !isPlanned(row);
    let groups: ReadonlySet<number> | undefined;
    const sharesGroup = (row: number) => {
      groups ??= new Set(members.flatMap((own) => own.flatMap((at) => this.#counts.of(rows[at]))));
      return this.#counts.of(row).some((group) => groups!.has(group));
    };
    // What closes no group to an item that a quota may need stands in the way of none.
    return open.filter(
      (index) => closesNone(rows[index]) || !sharesGroup(rows[index]) || keeps(index),
    );
  }

  /**
   * How many items of quotas stay missing if from now on each slot takes the best item that a quota counts, those first that end first. Where
   * none stays missing the first of these items can be shown next without that any will be, so that such an item is always left.
   * @param index what is shown next; −1: nothing yet.
   */
  #plan(
    members: readonly (readonly number[])[],
    rows: readonly number[],
    index: number,
  ): { readonly missing: number; readonly isNarrow: boolean } {
    const needs = this.#needs;
    const left = needs.map((need) => need.left);
    const added: number[] = [];
    const taken = new Set<number>();
    const place = (at: number) => {
      const row = rows[at];
      this.#counts.add(row);
      added.push(row);
      taken.add(at);
      for (let q = 0; q < needs.length; q++) if (hasRow(needs[q].bits, row)) left[q]--;
    };
    let used = 0;
    if (index >= 0) {
      place(index);
      used = 1;
    }
    let [missing, isNarrow] = [0, false];
    for (let q = 0; q < needs.length; q++) {
      const slots = this.#freeUpTo(needs[q].end);
      if (slots === 0) continue;
      for (const member of members[q]) {
        if (left[q] <= 0 || used >= slots) break;
        if (taken.has(member) || !this.#counts.fits(rows[member])) continue;
        place(member);
        used++;
      }
      missing += Math.max(0, left[q]);
      if (used >= slots) isNarrow = true;
    }
    for (const row of added) this.#counts.remove(row);
    return { missing, isNarrow };
  }

  /** Slots from the next one on that are drawn. */
  #freeUpTo(end: number): number {
    let free = 0;
    for (let slot = this.#slot; slot < end; slot++) if (!this.#pinned.has(slot)) free++;
    return free;
  }
}
