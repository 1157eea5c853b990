import { hasRow } from '../filter/row-bits.ts';
import type { CompiledRules, Quota } from './compile-rules.ts';

const NONE: readonly number[] = [];

/** Quotas in the order in which they are filled: those that end first come first. */
export const inOrder = ({ quotas }: CompiledRules): readonly Quota[] =>
  quotas.toSorted((a, b) => a.end - b.end);

/**
 * The groups and quotas of a pool's rows. Groups of all caps are numbered together, as far as rows of the pool are in them, so that a draw counts
 * in lists as short as the pool. It is kept as long as the pool is, and so holds few and flat lists.
 */
export class PoolGroups {
  /** The groups of index i are those in `groups` from `starts[i]` up to, and without, `starts[i + 1]`. */
  readonly starts: readonly number[];
  readonly groups: readonly number[];
  /** By group how many of it may stand. */
  readonly most: readonly number[];
  /** By quota the indexes that it counts, best first. */
  readonly members: readonly (readonly number[])[];
  /** By index the quotas that count it: a bit for each. */
  readonly quotasOf: readonly number[];
  readonly #rules: CompiledRules;
  readonly #rows: readonly number[];
  /** By group its number among those of its cap, times the number of caps, and its cap. */
  readonly #keys: readonly number[];

  constructor(rules: CompiledRules, rows: readonly number[]) {
    const { caps } = rules;
    const numbers = new Map<number, number>();
    const most: number[] = [];
    const groups: number[] = [];
    const starts = [0];
    for (const row of rows) {
      for (let i = 0; i < caps.length; i++)
        for (const group of caps[i].groups.of(row)) {
          const key = group * caps.length + i;
          let number = numbers.get(key);
          if (number === undefined) {
            number = most.push(caps[i].most) - 1;
            numbers.set(key, number);
          }
          groups.push(number);
        }
      starts.push(groups.length);
    }
    this.starts = starts;
    this.groups = groups;
    this.most = most;
    this.#rules = rules;
    this.#rows = rows;
    this.#keys = [...numbers.keys()];
    const quotas = inOrder(rules);
    this.members = quotas.map(({ bits }) =>
      rows.flatMap((row, index) => (hasRow(bits, row) ? index : NONE)),
    );
    this.quotasOf = rows.map((row) =>
      quotas.reduce((all, { bits }, q) => (hasRow(bits, row) ? all | (1 << q) : all), 0),
    );
  }

  /** The groups of any row that rows of the pool are in. @param collapsed whether only those of caps that collapse. */
  groupsOf(row: number, collapsed: boolean): readonly number[] {
    const index = collapsed ? -1 : this.#rows.indexOf(row);
    if (index >= 0) return this.groups.slice(this.starts[index], this.starts[index + 1]);
    const { caps } = this.#rules;
    return caps.flatMap(({ groups, collapse }, i) => {
      if (collapsed && !collapse) return NONE;
      const keys = groups.of(row).map((group) => this.#keys.indexOf(group * caps.length + i));
      return keys.filter((number) => number >= 0);
    });
  }
}

/** By the rows of a pool: what is drawn from again and again is looked at once. */
const known = new WeakMap<
  readonly number[],
  { readonly rules: CompiledRules; readonly groups: PoolGroups }
>();

/** @param rows nobody may change them. */
export function poolGroups(rules: CompiledRules, rows: readonly number[]): PoolGroups {
  let own = known.get(rows);
  if (own?.rules !== rules) {
    own = { rules, groups: new PoolGroups(rules, rows) };
    known.set(rows, own);
  }
  return own.groups;
}
