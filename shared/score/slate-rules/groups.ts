import type { Column, ColumnValue } from '../../features/columns/item-table.ts';
import { rowsOfCode } from '../../features/columns/rows-of-code.ts';
import type { Part } from '../filter/filter-rows.ts';

/** The groups that a cap counts by: the values of a column, of a set each of its entries, of a path one of its levels or the whole. */
export class Groups {
  readonly column: Column;
  /** Undefined: the code itself is the group. */
  readonly #entriesIn: ((value: ColumnValue) => readonly string[]) | undefined;
  readonly #ids = new Map<string, number>();
  /** By code, as far as they were asked for: of a column whose values all differ these are few of many. */
  readonly #ofCode: (readonly number[] | undefined)[] = [];
  #codesOfGroup: Map<number, number[]> | undefined;

  constructor({ column, levels }: Part) {
    this.column = column;
    const { type, from = [] } = column.spec;
    if (type === 'set') this.#entriesIn = (value) => value as readonly string[];
    else if (type === 'path' && levels.length === 1 && from.length > 1)
      this.#entriesIn = (value) => [(value as readonly string[])[levels[0]]];
  }

  /** Groups of a row, as numbers from 0 up; none where its value is missing, which no cap counts. */
  of(row: number): readonly number[] {
    const code = this.column.codes[row];
    return (this.#ofCode[code] ??= this.#read(code));
  }

  /** The rows of a group, in no order. */
  each(group: number, take: (row: number) => void): void {
    for (const code of this.codesOf(group))
      for (const row of rowsOfCode(this.column, code)) take(row);
  }

  /** Takes the rows of a group out of some rows. */
  removeFrom(bits: Uint32Array, group: number): void {
    for (const code of this.codesOf(group))
      for (const row of rowsOfCode(this.column, code)) bits[row >> 5] &= ~(1 << (row & 31));
  }

  #read(code: number): readonly number[] {
    if (code === 0) return NONE;
    if (this.#entriesIn === undefined) return [code];
    return this.#entriesIn(this.column.values[code]).flatMap((entry) => {
      if (entry === '') return [];
      let id = this.#ids.get(entry);
      if (id === undefined) this.#ids.set(entry, (id = this.#ids.size));
      return id;
    });
  }

  /** The codes whose rows are in a group. */
  codesOf(group: number): readonly number[] {
    if (this.#entriesIn === undefined) return [group];
    if (this.#codesOfGroup === undefined) {
      this.#codesOfGroup = new Map();
      for (let code = 1; code < this.column.values.length; code++)
        for (const id of this.#read(code)) {
          const codes = this.#codesOfGroup.get(id);
          if (codes === undefined) this.#codesOfGroup.set(id, [code]);
          else codes.push(code);
        }
    }
    return this.#codesOfGroup.get(group) ?? NONE;
  }
}

const NONE: readonly number[] = [];

/** They go with their column, and are the same for all requests. @param part a column, or a level of a path. */
export function groupsOf(part: Part): Groups {
  let own = known.get(part.column);
  if (own === undefined) known.set(part.column, (own = new Map()));
  const key = part.levels.join();
  let groups = own.get(key);
  if (groups === undefined) own.set(key, (groups = new Groups(part)));
  return groups;
}

const known = new WeakMap<Column, Map<string, Groups>>();
