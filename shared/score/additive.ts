import type { EncodedRequest } from '../features/encode.ts';
import { codesWith } from '../features/entries.ts';
import type { Column, ItemTable } from '../features/item-table.ts';
import type { FeaturePlan } from '../features/kinds/kind.ts';
import type { FilterSpec } from '../features/schema.ts';
import { firstIndex } from '../features/sorted.ts';
import type { JoinedColumns } from './joined-columns.ts';
import { EXCLUDED_UNITS, MAX_SCORE_UNITS, STRIDE, type Scorer } from './scorer.ts';

/**
 * Scores every row of a table with a few table reads per row and no maths: features that read one column
 * add up to one table of units per column, filters are entries that sink a row, and the tables of joined
 * columns add up to one. Integer sums make all of this exact.
 */

/** Units by joined code. */
export interface UnitTable {
  readonly group: JoinedColumns;
  readonly units: Int32Array;
  /** The least and the most that a row may get here; rows that are excluded get far less. */
  readonly low: number;
  readonly high: number;
  /** The most of the rows that get less than `high`. */
  readonly next: number;
  readonly rowsAtHigh: number;
  readonly excludes: boolean;
}

/** A request and a scorer as tables: `score(row) = base + Σ units[codes[row]]`. */
export interface ScoreTables {
  readonly base: number;
  /** At least one; widest range first: the earlier a row is known to lose, the fewer its reads. */
  readonly tables: readonly UnitTable[];
}

/** @param perRow the group in which each row has a code of its own. */
export function compileScores(
  scorer: Pick<Scorer, 'weights'>,
  encoded: EncodedRequest,
  joined: readonly JoinedColumns[],
  perRow: JoinedColumns,
  nowMs: number,
): ScoreTables {
  const { schema, table, plans } = encoded;
  const sums = new UnitSums(table);
  plans.forEach((plan, feature) => {
    sums.add(plan, scorer.weights.subarray(feature * STRIDE, (feature + 1) * STRIDE));
  });
  for (const filter of schema.filters) {
    const index = table.columns.findIndex(({ spec }) => spec.name === filter.column);
    sinkFiltered(filter, table.columns[index], sums.ofColumn(index), nowMs);
  }
  const tables = joined.flatMap((group) => {
    const units = joinUnits(group, sums.columns);
    return units === undefined ? [] : withRange(group, units);
  });
  if (sums.rows !== undefined || tables.length === 0) tables.push(withRange(perRow, sums.ofRows()));
  // A table that says nothing need not be read, unless it is the only one.
  const telling = tables.filter(({ low, high, excludes }) => low !== 0 || high !== 0 || excludes);
  const used = telling.length === 0 ? tables.slice(0, 1) : telling;
  return { base: sums.base, tables: used.toSorted((a, b) => b.high - b.low - (a.high - a.low)) };
}

/** What the features add up to: the same for every row, by the codes of a column, and by row. */
class UnitSums {
  base = 0;
  readonly columns: (Int32Array | undefined)[];
  rows: Int32Array | undefined;
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
    this.columns = table.columns.map(() => undefined);
  }

  add(plan: FeaturePlan, weights: Int32Array): void {
    switch (plan.from) {
      case 'constant':
        this.base += weights[plan.bucket];
        break;
      case 'column':
        addByBucket(this.ofColumn(plan.column), plan.buckets, weights);
        break;
      case 'sparse': {
        const rows = this.ofRows();
        this.base += weights[plan.bucket];
        for (const [row, bucket] of plan.rows) rows[row] += weights[bucket] - weights[plan.bucket];
        break;
      }
      case 'rows':
        addByBucket(this.ofRows(), plan.buckets, weights);
        break;
      default:
        throw plan satisfies never;
    }
  }

  ofColumn(column: number): Int32Array {
    return (this.columns[column] ??= new Int32Array(this.#table.columns[column].values.length));
  }

  ofRows(): Int32Array {
    return (this.rows ??= new Int32Array(this.#table.ids.length));
  }
}

function addByBucket(units: Int32Array, buckets: Uint8Array, weights: Int32Array): void {
  for (let i = 0; i < units.length; i++) units[i] += weights[buckets[i]];
}

function sinkFiltered(filter: FilterSpec, column: Column, units: Int32Array, nowMs: number): void {
  if ('before' in filter) {
    const { values } = column;
    const first = firstIndex(1, values.length, (code) => (values[code] as number) >= nowMs);
    for (let code = 1; code < first; code++) units[code] += EXCLUDED_UNITS;
  } else {
    for (const value of new Set(filter.exclude))
      for (const code of codesWith(column, value)) units[code] += EXCLUDED_UNITS;
  }
}

/** @returns undefined when no feature reads any of the group's columns. */
function joinUnits(
  { columns, members, size }: JoinedColumns,
  perColumn: readonly (Int32Array | undefined)[],
): Int32Array | undefined {
  // One column's codes are the group's own.
  if (columns.length === 1) return perColumn[columns[0]];
  let units: Int32Array | undefined;
  columns.forEach((column, i) => {
    const own = perColumn[column];
    if (own === undefined) return;
    units ??= new Int32Array(size);
    const member = members[i];
    for (let code = 0; code < size; code++) units[code] += own[member[code]];
  });
  return units;
}

/** Looks only at codes that some row has. */
function withRange(group: JoinedColumns, units: Int32Array): UnitTable {
  const { starts } = group;
  let low = MAX_SCORE_UNITS;
  let high = -MAX_SCORE_UNITS;
  let next = high;
  let rowsAtHigh = 0;
  let excludes = false;
  let start = 0;
  for (let code = 0; code < units.length; code++) {
    const value = units[code];
    const end = starts[code + 1];
    const rows = end - start;
    start = end;
    if (rows === 0) continue;
    if (value > high) {
      next = high;
      high = value;
      rowsAtHigh = rows;
    } else if (value === high) rowsAtHigh += rows;
    else if (value > next) next = value;
    if (value <= -MAX_SCORE_UNITS) excludes = true;
    else if (value < low) low = value;
  }
  return { group, units, low, high, next, rowsAtHigh, excludes };
}
