import type { EncodedRequest } from '../features/encode.ts';
import { codesWith } from '../features/columns/codes-with-entry.ts';
import type { Codes, Column, ItemTable } from '../features/columns/item-table.ts';
import { rowsByCode } from '../features/columns/rows-by-code.ts';
import { combinePlans } from '../features/kinds/combine-plans.ts';
import {
  bucketReader,
  type CodePart,
  type CodePlan,
  type FeaturePlan,
} from '../features/kinds/kind.ts';
import { bucketCount, type FilterSpec } from '../features/schema.ts';
import { firstIndex } from '../features/columns/binary-search.ts';
import { EXCLUDED_UNITS, MAX_SCORE_UNITS, STRIDE, type Scorer } from './scorer.ts';

/**
 * Compiles a request and a scorer into lookup tables, so that scoring a row takes a few table reads and additions.
 * All features that read the same column are added up into one table of units for the column, and a filter is an entry
 * low enough to exclude a row. Sums of integers make all of this exact.
 */

/** What one column adds to a row's score: `units[codes[row]]`. */
export interface ColumnUnits {
  /** Index in the item table. */
  readonly column: number;
  readonly codes: Codes;
  readonly units: Int32Array;
  /** The highest entry that some row has. */
  readonly high: number;
  /** By how much rows are below it on average. */
  readonly below: number;
}

/** What several columns add together: `units[Σ stride · digits[codes[row]]]`. */
export interface CrossUnits {
  readonly parts: readonly (CodePart & { readonly codes: Codes })[];
  readonly units: Int32Array;
  readonly high: number;
}

/** A request and a scorer as tables: a row's score is `base` and the sum of what all of them add. */
export interface ScoreTables {
  readonly base: number;
  /** Those that tell rows apart, first those by which most is lost: the sooner a row is known to lose, the fewer reads it needs. */
  readonly columns: readonly ColumnUnits[];
  readonly crosses: readonly CrossUnits[];
  /** Units by row, of lists of candidates. */
  readonly rows: Int32Array | undefined;
  /** What a few rows have beyond the rest: row → units. */
  readonly apart: ReadonlyMap<number, number>;
  /** Rows that may be shown: bit `row & 31` of word `row >> 5`, bits beyond the last row 0. Absent: all of them. */
  readonly allowed?: Uint32Array;
}

/** @param scorer may have raised weights in place of some features' own, by feature: `Int32Array(STRIDE)`. */
export function compileScores(
  scorer: Pick<Scorer, 'crosses' | 'weights'> & {
    readonly raised?: ReadonlyMap<number, Int32Array>;
  },
  encoded: EncodedRequest,
  nowMs: number,
): ScoreTables {
  const { schema, table, plans } = encoded;
  const { crosses = [], weights, raised } = scorer;
  const sums = new UnitSums(table);
  const weightsOf = (feature: number) =>
    raised?.get(feature) ?? weights.subarray(feature * STRIDE, (feature + 1) * STRIDE);
  plans.forEach((plan, feature) => sums.add(plan, weightsOf(feature)));
  crosses.forEach(([a, b], k) => {
    const size = bucketCount(schema.features[b]);
    const cells = combinePlans(plans[a], plans[b], table, (x, y) => x * size + y);
    sums.add(cells, weightsOf(plans.length + k));
  });
  for (const filter of schema.filters) {
    const index = table.columns.findIndex(({ spec }) => spec.name === filter.column);
    excludeFiltered(filter, table.columns[index], sums.ofColumn(index), nowMs);
  }
  return sums.finish();
}

/** The sums of all features' units: a constant part, parts by the codes of columns, and parts by row. */
class UnitSums {
  #base = 0;
  /** Per column its units by code; undefined until a feature or filter reads the column. */
  readonly #columns: (Int32Array | undefined)[];
  readonly #crosses: CrossUnits[] = [];
  /** Units by row; undefined until a feature needs them. */
  #rows: Int32Array | undefined;
  readonly #apart = new Map<number, number>();
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
    this.#columns = table.columns.map(() => undefined);
  }

  add(plan: FeaturePlan, weights: Int32Array): void {
    switch (plan.from) {
      case 'constant':
        this.#base += weights[plan.bucket];
        break;
      case 'column':
        addByBucket(this.ofColumn(plan.column), plan.buckets, weights);
        break;
      case 'columns':
        this.#addCross(plan, weights);
        break;
      case 'sparse': {
        this.add(plan.others, weights);
        const othersAt = bucketReader(plan.others, this.#table);
        for (const [row, bucket] of plan.rows) {
          const units = weights[bucket] - weights[othersAt(row)];
          this.#apart.set(row, (this.#apart.get(row) ?? 0) + units);
        }
        break;
      }
      case 'rows':
        addByBucket((this.#rows ??= new Int32Array(plan.buckets.length)), plan.buckets, weights);
        break;
      default:
        throw plan satisfies never;
    }
  }

  ofColumn(column: number): Int32Array {
    return (this.#columns[column] ??= new Int32Array(this.#table.columns[column].values.length));
  }

  finish(): ScoreTables {
    const columns: ColumnUnits[] = [];
    this.#columns.forEach((units, column) => {
      if (units === undefined) return;
      const { codes } = this.#table.columns[column];
      const { high, below, isOne } = spreadOf(units, rowsByCode(this.#table.columns[column]));
      if (!isOne) columns.push({ column, codes, units, high, below });
      else if (codes.length > 0) this.#base += high;
    });
    columns.sort((a, b) => b.below - a.below);
    return {
      base: this.#base,
      columns,
      crosses: this.#crosses,
      rows: this.#rows,
      apart: this.#apart,
    };
  }

  #addCross({ parts, buckets }: Extract<CodePlan, { from: 'columns' }>, weights: Int32Array): void {
    const units = Int32Array.from(buckets, (bucket) => weights[bucket]);
    const high = units.reduce((most, own) => Math.max(most, own), -Infinity);
    // Most cells of a cross weigh nothing before it is learned.
    if (units.every((own) => own === high)) {
      this.#base += high;
      return;
    }
    this.#crosses.push({
      parts: parts.map((part) => ({ ...part, codes: this.#table.columns[part.column].codes })),
      units,
      high,
    });
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

/** What entries that exclude a row count for where columns are compared: they are few, and others say more of what a row scores. */
const EXCLUDES = -MAX_SCORE_UNITS;

/** The highest entry that some row has, by how much rows are below it on average, and whether all have the same. */
function spreadOf(
  units: Int32Array,
  rows: Uint32Array,
): { readonly high: number; readonly below: number; readonly isOne: boolean } {
  let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
  for (let code = 0; code < units.length; code++) {
    const have = rows[code];
    if (have === 0) continue;
    const own = units[code];
    if (own < low) low = own;
    if (own > high) high = own;
    if (own <= EXCLUDES) continue;
    sum += own * have;
    count += have;
  }
  return { high, below: count === 0 ? 0 : high - sum / count, isOne: low >= high };
}
