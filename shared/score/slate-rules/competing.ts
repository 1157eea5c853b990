import { countRows, hasRow, noRows, type RowBits } from '../filter/row-bits.ts';
import type { Cap } from './compile-rules.ts';

/** All rows of some, best first. */
type InOrder = (some: RowBits, count: number) => readonly { readonly row: number }[];

/**
 * Which rows compete under caps that collapse: down from the best of all, those that find an open place in each of their groups. A row that does
 * not compete is as if it was not there, whatever other caps and quotas let through.
 */
export class Competing {
  readonly #caps: readonly Cap[];
  readonly #base: RowBits;
  readonly #inOrder: InOrder;
  readonly #counts: readonly Map<number, number>[];
  /** Groups of which every row is decided, by cap. */
  readonly #decided: readonly Set<number>[];
  readonly #in: RowBits;
  readonly #out: RowBits;

  /** @param base what may be shown. @param standing rows that hold a place already, whatever they are. */
  constructor(
    caps: readonly Cap[],
    base: RowBits,
    rows: number,
    standing: readonly number[],
    inOrder: InOrder,
  ) {
    this.#caps = caps;
    this.#base = base;
    this.#inOrder = inOrder;
    this.#counts = caps.map(() => new Map<number, number>());
    this.#decided = caps.map(() => new Set<number>());
    this.#in = noRows(rows);
    this.#out = noRows(rows);
    for (const row of standing) this.#count(row);
  }

  /** Takes those out that are known not to compete. */
  removeLosers(bits: RowBits): void {
    for (let i = 0; i < bits.length; i++) bits[i] &= ~this.#out[i];
  }

  /** @param row one before which all that are better were decided. */
  isNext(row: number): boolean {
    if (this.#isOpen(row)) {
      this.#in[row >> 5] |= 1 << (row & 31);
      this.#count(row);
    }
    return hasRow(this.#in, row);
  }

  /**
   * @param rows any, whatever else is better. They are decided together with all rows that share a group with them, or with those, as nothing else
   * bears on them.
   */
  among<T extends { readonly row: number }>(rows: readonly T[]): T[] {
    const some = noRows(this.#in.length * 32);
    const waiting: number[] = [];
    const wait = (row: number) => {
      if (!this.#isOpen(row) || hasRow(some, row) || !hasRow(this.#base, row)) return;
      some[row >> 5] |= 1 << (row & 31);
      waiting.push(row);
    };
    for (const { row } of rows) wait(row);
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop())
      for (const [i, { groups }] of this.#caps.entries())
        for (const group of groups.of(row)) {
          if (this.#decided[i].has(group)) continue;
          this.#decided[i].add(group);
          groups.each(group, wait);
        }
    const count = countRows(some);
    if (count > 0) for (const { row } of this.#inOrder(some, count)) this.isNext(row);
    return rows.filter(({ row }) => hasRow(this.#in, row));
  }

  #isOpen(row: number): boolean {
    return !hasRow(this.#in, row) && !hasRow(this.#out, row);
  }

  #count(row: number): void {
    for (const [i, { groups, most }] of this.#caps.entries())
      for (const group of groups.of(row)) {
        const count = (this.#counts[i].get(group) ?? 0) + 1;
        this.#counts[i].set(group, count);
        if (count === most) groups.each(group, (other) => this.#lose(other));
      }
  }

  #lose(row: number): void {
    if (!hasRow(this.#in, row)) this.#out[row >> 5] |= 1 << (row & 31);
  }
}
