import type { EncodedRequest } from '../../../shared/features/encode.ts';
import { codesWith } from '../../../shared/features/columns/codes-with-entry.ts';
import type { Column, ItemTable } from '../../../shared/features/columns/item-table.ts';
import { bucketReader, type FeaturePlan } from '../../../shared/features/kinds/kind.ts';
import { bucketCount, type FilterSpec } from '../../../shared/features/schema.ts';
import { firstIndex } from '../../../shared/features/columns/binary-search.ts';
import type { JoinedColumns } from './joined-columns.ts';
import {
  EXCLUDED_UNITS,
  MAX_SCORE_UNITS,
  STRIDE,
  type Scorer,
} from '../../../shared/score/scorer.ts';

/**
 * Compiles a request and a scorer into lookup tables, so that scoring a row takes a few table reads and additions.
 * All features that read the same column are added up into one table of units for the column, a filter is an entry
 * low enough to exclude a row, and the tables of joined columns are merged into one. Sums of integers make all of
 * this exact.
 */

/** Units by the codes of one group of joined columns. */
export interface UnitTable {
  readonly group: JoinedColumns;
  /** `Int32Array(group.size)`. */
  readonly units: Int32Array;
  /** Lowest and highest entry that some row has; entries that exclude a row do not count for `low`. */
  readonly low: number;
  readonly high: number;
  /** The second-highest entry that some row has. */
  readonly next: number;
  /** Number of rows whose entry is `high`. */
  readonly rowsAtHigh: number;
  /** Whether some row is excluded here. */
  readonly excludes: boolean;
}

/** A request and a scorer as tables: `score(row) = base + Σ units[codes[row]]`, summed over the tables. */
export interface ScoreTables {
  readonly base: number;
  /** At least one. Widest range first, because the sooner a row is known to lose, the fewer reads it needs. */
  readonly tables: readonly UnitTable[];
}

/**
 * @param scorer may have raised weights in place of some features' own, by feature: `Int32Array(STRIDE)`.
 * @param perRow the group in which each row has its own code, for units that no column determines.
 */
export function compileScores(
  scorer: Pick<Scorer, 'crosses' | 'weights'> & {
    readonly raised?: ReadonlyMap<number, Int32Array>;
  },
  encoded: EncodedRequest,
  joined: readonly JoinedColumns[],
  perRow: JoinedColumns,
  nowMs: number,
): ScoreTables {
  const { schema, table, plans } = encoded;
  const { crosses = [], weights, raised } = scorer;
  const sums = new UnitSums(table, joined);
  const weightsOf = (feature: number) =>
    raised?.get(feature) ?? weights.subarray(feature * STRIDE, (feature + 1) * STRIDE);
  plans.forEach((plan, feature) => sums.add(plan, weightsOf(feature)));
  crosses.forEach(([a, b], k) => {
    const size = bucketCount(schema.features[b]);
    sums.addCross(plans[a], plans[b], size, weightsOf(plans.length + k));
  });
  for (const filter of schema.filters) {
    const index = table.columns.findIndex(({ spec }) => spec.name === filter.column);
    excludeFiltered(filter, table.columns[index], sums.ofColumn(index), nowMs);
  }
  const tables = joined.flatMap((group, g) => {
    const units = joinUnits(group, sums.columns, sums.groups[g]);
    return units === undefined ? [] : withRange(group, units);
  });
  if (sums.rows !== undefined || tables.length === 0) tables.push(withRange(perRow, sums.ofRows()));
  // A table whose entries are all 0 need not be read; one table
  // is kept all the same, as the search needs at least one.
  const useful = tables.filter(({ low, high, excludes }) => low !== 0 || high !== 0 || excludes);
  const used = useful.length === 0 ? tables.slice(0, 1) : useful;
  return { base: sums.base, tables: used.toSorted((a, b) => b.high - b.low - (a.high - a.low)) };
}

/** The sums of all features' units: a constant part, parts by the codes of each column and each group, and a part by row. */
class UnitSums {
  base = 0;
  /** Per column its units by code; undefined until a feature or filter reads the column. */
  readonly columns: (Int32Array | undefined)[];
  /** Per group of joined columns what learned crosses of two of its columns add; undefined where none is. */
  readonly groups: (Int32Array | undefined)[];
  /** Units by row; undefined until a feature needs them. */
  rows: Int32Array | undefined;
  readonly #table: ItemTable;
  readonly #joined: readonly JoinedColumns[];

  constructor(table: ItemTable, joined: readonly JoinedColumns[]) {
    this.#table = table;
    this.#joined = joined;
    this.columns = table.columns.map(() => undefined);
    this.groups = joined.map(() => undefined);
  }

  add(plan: FeaturePlan, weights: Int32Array): void {
    switch (plan.from) {
      case 'constant':
        this.base += weights[plan.bucket];
        break;
      case 'column':
        addByBucket(this.ofColumn(plan.column), plan.buckets, weights);
        break;
      case 'columns':
      case 'sparse':
        this.#addEach(bucketReader(plan, this.#table), weights);
        break;
      case 'rows':
        addByBucket(this.ofRows(), plan.buckets, weights);
        break;
      default:
        throw plan satisfies never;
    }
  }

  /**
   * Adds the units of a learned cross. Where what one of the features reads is the same for all items, such as a wish, it is one
   * more table by the other's column. Two columns that are joined are read through their joined code; others row by row.
   * @param size buckets of the second feature. @param weights by cell.
   */
  addCross(a: FeaturePlan, b: FeaturePlan, size: number, weights: Int32Array): void {
    if (a.from === 'column' && b.from === 'column' && a.column !== b.column) {
      const both = [a.column, b.column];
      const g = this.#joined.findIndex(({ columns }) => both.every((own) => columns.includes(own)));
      if (g >= 0) {
        const group = this.#joined[g];
        const [ofA, ofB] = both.map((own) => group.members[group.columns.indexOf(own)]);
        const units = (this.groups[g] ??= new Int32Array(group.size));
        for (let code = 0; code < units.length; code++)
          units[code] += weights[a.buckets[ofA[code]] * size + b.buckets[ofB[code]]];
        return;
      }
    }
    const [atA, atB] = [bucketReader(a, this.#table), bucketReader(b, this.#table)];
    this.#addEach((row) => atA(row) * size + atB(row), weights);
  }

  #addEach(bucketAt: (row: number) => number, weights: Int32Array): void {
    const rows = this.ofRows();
    for (let row = 0; row < rows.length; row++) rows[row] += weights[bucketAt(row)];
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

function excludeFiltered(
  filter: FilterSpec,
  column: Column,
  units: Int32Array,
  nowMs: number,
): void {
  if ('before' in filter) {
    const { values } = column;
    const first = firstIndex(1, values.length, (code) => (values[code] as number) >= nowMs);
    for (let code = 1; code < first; code++) units[code] += EXCLUDED_UNITS;
  } else {
    for (const value of new Set(filter.exclude))
      for (const code of codesWith(column, value)) units[code] += EXCLUDED_UNITS;
  }
}

/** @param crossed is added to. @returns undefined when no feature reads any of the group's columns. */
function joinUnits(
  { columns, members, size }: JoinedColumns,
  perColumn: readonly (Int32Array | undefined)[],
  crossed: Int32Array | undefined,
): Int32Array | undefined {
  // The codes of a group of one column are those of the column.
  if (columns.length === 1) return perColumn[columns[0]];
  let units = crossed;
  columns.forEach((column, i) => {
    const own = perColumn[column];
    if (own === undefined) return;
    units ??= new Int32Array(size);
    const member = members[i];
    for (let code = 0; code < size; code++) units[code] += own[member[code]];
  });
  return units;
}

/** Adds the range of the entries; codes that no row has do not count. */
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
