import type { ScoreTables, UnitTable } from './additive.ts';
import type { Codes } from '../../../shared/features/columns/item-table.ts';
import { TopK, type Scored } from '../../../shared/score/top-k.ts';

/** The rows at a table's highest entry are scored first if they are at most one in this many. */
const MIN_ROWS_PER_HIGH = 16;

/**
 * The exact k best rows. Ties go to the earlier row; excluded rows never appear. Upper bounds make it possible to
 * skip most rows without losing a winner (MaxScore: H. Turtle and J. Flood, "Query Evaluation: Strategies and
 * Optimizations", 1995):
 * - If few rows have a table's highest entry (say the preferred country), they are scored first, found by their code.
 *   For the other rows that table then adds at most its second-highest entry.
 * - The other rows are visited by their code in the first table. A row is dropped as soon as the most that the
 *   remaining tables can add would not lift it to the k-th best score so far.
 */
export function topRows({ base, tables }: ScoreTables, k: number): Scored[] {
  const search = new Search(tables, k);
  const rows = tables[0].group.rows.length;
  for (let i = tables.length - 1; i > 0; i--) {
    if (tables[i].rowsAtHigh * MIN_ROWS_PER_HIGH <= rows) search.scoreRowsAtHigh(i, base);
  }
  search.scoreOtherRows(base);
  return search.top.sorted();
}

class Search {
  readonly top: TopK;
  readonly #tables: readonly UnitTable[];
  readonly #units: readonly Int32Array[];
  readonly #codes: readonly Codes[];
  /** The most that each table can add to a row that is not scored yet. */
  readonly #caps: number[];
  #least: number;

  constructor(tables: readonly UnitTable[], k: number) {
    this.top = new TopK(k);
    this.#tables = tables;
    this.#units = tables.map(({ units }) => units);
    this.#codes = tables.map(({ group }) => group.codes);
    this.#caps = tables.map(({ high }) => high);
    this.#least = this.top.leastUnits;
  }

  scoreRowsAtHigh(table: number, base: number): void {
    const { units, high, next, group } = this.#tables[table];
    const reach = this.#reachAfter(-1);
    for (let code = 0; code < units.length; code++) {
      if (units[code] !== high) continue;
      const end = group.starts[code + 1];
      for (let at = group.starts[code]; at < end; at++) this.#score(group.rows[at], base, 0, reach);
    }
    this.#caps[table] = next;
  }

  scoreOtherRows(base: number): void {
    const { units, group } = this.#tables[0];
    const { rows, starts } = group;
    const reach = this.#reachAfter(0);
    for (let code = 0; code < units.length; code++) {
      const sum = base + units[code];
      if (sum + reach < this.#least) continue;
      const end = starts[code + 1];
      for (let at = starts[code]; at < end; at++) this.#score(rows[at], sum, 1, reach);
    }
  }

  #reachAfter(table: number): number {
    let reach = 0;
    for (let i = table + 1; i < this.#caps.length; i++) reach += this.#caps[i];
    return reach;
  }

  /**
   * @param sumBefore sum of the tables before `from`.
   * @param reachFrom the most that table `from` and those after it can add.
   */
  #score(row: number, sumBefore: number, from: number, reachFrom: number): void {
    let sum = sumBefore;
    let reach = reachFrom;
    for (let i = from; i < this.#units.length; i++) {
      const units = this.#units[i][this.#codes[i][row]];
      const cap = this.#caps[i];
      sum += units;
      reach -= cap;
      if (units > cap || sum + reach < this.#least) return;
    }
    this.top.offer(row, sum);
    this.#least = this.top.leastUnits;
  }
}
