import { newest } from '../../memory/newest.ts';
import { FEW_CODES, type ClosedCodes } from '../close-codes.ts';
import type { Cap } from './compile-rules.ts';

/** How many items of each group stand already, by cap. */
export class CapCounts {
  readonly #caps: readonly Cap[];
  readonly #counts: readonly Map<number, number>[];
  /** How many groups hold no more: while there are none, every row fits. */
  #full = 0;

  constructor(caps: readonly Cap[]) {
    newest.counts = this;
    this.#caps = caps;
    this.#counts = caps.map(() => new Map<number, number>());
  }

  fits(row: number): boolean {
    if (this.#full === 0) return true;
    for (let i = 0; i < this.#caps.length; i++) {
      const { groups, most } = this.#caps[i];
      const counts = this.#counts[i];
      for (const group of groups.of(row)) if ((counts.get(group) ?? 0) >= most) return false;
    }
    return true;
  }

  add(row: number): void {
    this.#caps.forEach((cap, i) => this.#add(i, cap, row));
  }

  /** Of a page above: only caps that collapse count over all pages. */
  addCollapsed(row: number): void {
    this.#caps.forEach((cap, i) => {
      if (cap.collapse) this.#add(i, cap, row);
    });
  }

  /** Codes of the groups that hold no more, of the columns that have few of them. */
  closedCodes(): ClosedCodes[] {
    return this.#caps.flatMap(({ groups, most }, i) => {
      const { column } = groups;
      if (column.values.length > FEW_CODES) return [];
      const codes: number[] = [];
      for (const [group, count] of this.#counts[i])
        if (count >= most) codes.push(...groups.codesOf(group));
      return codes.length === 0 ? [] : { column, codes };
    });
  }

  /** Whether a group holds no more of a column that has many codes. */
  get hasOtherClosed(): boolean {
    return this.#caps.some(
      ({ groups, most }, i) =>
        groups.column.values.length > FEW_CODES &&
        this.#counts[i].values().some((count) => count >= most),
    );
  }

  /** Takes the rows of these out. */
  removeOtherClosed(bits: Uint32Array): void {
    this.#caps.forEach(({ groups, most }, i) => {
      if (groups.column.values.length <= FEW_CODES) return;
      for (const [group, count] of this.#counts[i])
        if (count >= most) groups.removeFrom(bits, group);
    });
  }

  #add(i: number, { groups, most }: Cap, row: number): void {
    const counts = this.#counts[i];
    for (const group of groups.of(row)) {
      const count = (counts.get(group) ?? 0) + 1;
      counts.set(group, count);
      if (count === most) this.#full++;
    }
  }
}
