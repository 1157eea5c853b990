import { newest } from '../memory/newest.ts';
import type { EncodedRequest } from '../features/encode.ts';
import type { Codes, ItemTable } from '../features/columns/item-table.ts';
import { rowsByCode } from '../features/columns/rows-by-code.ts';
import { Kept } from '../memory/kept.ts';
import { combinePlans, pairKey } from '../features/kinds/combine-plans.ts';
import {
  bucketReader,
  keptPlan,
  type CodePart,
  type CodePlan,
  type FeaturePlan,
} from '../features/kinds/kind.ts';
import { bucketCount } from '../features/schema.ts';
import type { SomeCodes } from './filter/code-filter.ts';
import { numberOf } from './number-of.ts';
import { forEachExcluded } from './excluded-codes.ts';
import { zeroFeatures } from './zero-features.ts';
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
  /** Rows that may not be shown, each once, whatever is allowed; absent: none. */
  readonly without?: readonly number[];
}

/** What a request adds to the scores of some rows: those with some codes of a column, or a list of them. */
export interface AddedUnits {
  readonly units: number;
  readonly codes: SomeCodes | undefined;
  readonly ids?: readonly number[];
}

type Weighed = Pick<Scorer, 'crosses' | 'weights'> & {
  readonly raised?: ReadonlyMap<number, Int32Array>;
  readonly added?: readonly AddedUnits[];
};

/**
 * @param scorer may have raised weights in place of some features' own, by feature: `Int32Array(STRIDE)`. With what is added, scores must stay
 * within `MAX_SCORE_UNITS`.
 */
export function compileScores(
  scorer: Weighed,
  encoded: EncodedRequest,
  nowMs: number,
): ScoreTables {
  const { table } = encoded;
  const { weights, raised, added = [] } = scorer;
  const isZero = zeroFeatures(weights);
  const sums = new UnitSums(table, keptOf(weights, table));
  newest.sums = sums;
  forEachPlan(scorer, encoded, (plan, feature) => {
    const own = raised?.get(feature);
    if (own !== undefined) sums.add(plan, own, undefined);
    else if (isZero[feature] === 0)
      sums.add(plan, weights.subarray(feature * STRIDE, (feature + 1) * STRIDE), feature);
  });
  for (const { units, codes, ids } of added) {
    if (codes !== undefined) sums.addCodes(codes, units);
    else for (const row of ids!) sums.addRow(row, units);
  }
  forEachExcluded(encoded, nowMs, (column, from, to) => sums.exclude(column, from, to));
  return sums.finish();
}

/** Calls with the plan of each feature, and then with that of each learned cross, k as feature F + k. */
function forEachPlan(
  { crosses = [] }: Weighed,
  { schema, table, plans }: EncodedRequest,
  call: (plan: FeaturePlan, feature: number) => void,
): void {
  plans.forEach(call);
  crosses.forEach((cross, k) => {
    const [a, b] = cross;
    const size = bucketCount(schema.features[b]);
    const pair = pairKey(plans[a], plans[b]);
    const cells = keptPlan({ table }, table, cross, pair && `${pair} ${size}`, () =>
      combinePlans(plans[a], plans[b], table, (x, y) => x * size + y),
    );
    call(cells, plans.length + k);
  });
}

/** The units of columns that requests had before, by the weights; those of all columns of a table together. */
const keptUnits = new WeakMap<Int32Array, WeakMap<ItemTable, Kept<KeptUnits>>>();
const MOST_KEPT_BYTES = 1 << 22;

/** @returns undefined of tables of candidates, which serve one request. */
function keptOf(weights: Int32Array, table: ItemTable): Kept<KeptUnits> | undefined {
  if (table.ordered) return undefined;
  let byTable = keptUnits.get(weights);
  if (byTable === undefined) keptUnits.set(weights, (byTable = new WeakMap()));
  let own = byTable.get(table);
  if (own === undefined) byTable.set(table, (own = new Kept(MOST_KEPT_BYTES)));
  return own;
}

interface KeptUnits extends ColumnUnits {
  /** Whether all rows have the same. */
  readonly isOne: boolean;
}

/** What reads one column, until all of it is known. */
interface Readers {
  /** By the numbers of plans and the features whose weights they have; undefined where a plan has no number. */
  key: string | undefined;
  readonly plans: { readonly buckets: Uint8Array; readonly weights: Int32Array }[];
  readonly excluded: { readonly from: number; readonly to: number }[];
}

/** The sums of all features' units: a constant part, parts by the codes of columns, and parts by row. */
class UnitSums {
  #base = 0;
  /** Per column what reads it; undefined until a feature or filter does. */
  readonly #columns: (Readers | undefined)[];
  readonly #crosses: CrossUnits[] = [];
  /** Units by row; undefined until a feature needs them. */
  #rows: Int32Array | undefined;
  readonly #apart = new Map<number, number>();
  readonly #table: ItemTable;
  readonly #kept: Kept<KeptUnits> | undefined;

  constructor(table: ItemTable, kept: Kept<KeptUnits> | undefined) {
    this.#table = table;
    this.#kept = kept;
    this.#columns = Array.from<undefined>({ length: table.columns.length });
  }

  /** @param feature undefined: the weights are of this request alone. */
  add(plan: FeaturePlan, weights: Int32Array, feature: number | undefined): void {
    switch (plan.from) {
      case 'constant':
        this.#base += weights[plan.bucket];
        break;
      case 'column': {
        const readers = this.#ofColumn(plan.column);
        const { buckets, id } = plan;
        readers.plans.push({ buckets, weights });
        readers.key =
          id === undefined || feature === undefined || readers.key === undefined
            ? undefined
            : `${readers.key}${feature}:${id} `;
        break;
      }
      case 'columns':
        this.#addCross(plan, weights);
        break;
      case 'sparse': {
        this.add(plan.others, weights, feature);
        const othersAt = bucketReader(plan.others, this.#table);
        for (const [row, bucket] of plan.rows) {
          this.addRow(row, weights[bucket] - weights[othersAt(row)]);
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

  addRow(row: number, units: number): void {
    this.#apart.set(row, (this.#apart.get(row) ?? 0) + units);
  }

  addCodes(codes: SomeCodes, units: number): void {
    const readers = this.#ofColumn(codes.column);
    readers.plans.push({ buckets: codes.isOne, weights: Int32Array.of(0, units) });
    if (readers.key !== undefined) readers.key += `+${numberOf(codes)}:${units} `;
  }

  /** Rows whose code of a column is at least `from` and below `to` are excluded. */
  exclude(column: number, from: number, to: number): void {
    if (from >= to) return;
    const readers = this.#ofColumn(column);
    readers.excluded.push({ from, to });
    if (readers.key !== undefined) readers.key += `-${from}-${to} `;
  }

  finish(): ScoreTables {
    const columns: ColumnUnits[] = [];
    for (let column = 0; column < this.#columns.length; column++) {
      const readers = this.#columns[column];
      if (readers === undefined) continue;
      const own = this.#unitsOf(column, readers);
      if (!own.isOne) columns.push(own);
      else if (own.codes.length > 0) this.#base += own.high;
    }
    columns.sort((a, b) => b.below - a.below);
    return {
      base: this.#base,
      columns,
      crosses: this.#crosses,
      rows: this.#rows,
      apart: this.#apart,
    };
  }

  #ofColumn(column: number): Readers {
    return (this.#columns[column] ??= {
      key: this.#kept && `${column} `,
      plans: [],
      excluded: [],
    });
  }

  #unitsOf(column: number, { key, plans, excluded }: Readers): KeptUnits {
    const before = key === undefined ? undefined : this.#kept!.get(key);
    if (before !== undefined) return before;
    const { codes, values } = this.#table.columns[column];
    const units = new Int32Array(values.length);
    for (const { buckets, weights } of plans) addByBucket(units, buckets, weights);
    for (const { from, to } of excluded)
      for (let code = from; code < to; code++) units[code] += EXCLUDED_UNITS;
    const spread = spreadOf(units, rowsByCode(this.#table.columns[column]));
    const own = { column, codes, units, ...spread };
    if (key !== undefined) this.#kept!.set(key, own, units.byteLength);
    return own;
  }

  #addCross({ parts, buckets }: Extract<CodePlan, { from: 'columns' }>, weights: Int32Array): void {
    const units = new Int32Array(buckets.length);
    let [low, high] = [Infinity, -Infinity];
    for (let at = 0; at < units.length; at++) {
      const own = weights[buckets[at]];
      units[at] = own;
      if (own < low) low = own;
      if (own > high) high = own;
    }
    // Most cells of a cross weigh nothing before it is learned.
    if (low === high) {
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

/** What entries that exclude a row count for where columns are compared: they are few, and others say more of what a row scores. */
const EXCLUDES = -MAX_SCORE_UNITS;

/** The highest entry that some row has, by how much rows are below it on average, and whether all have the same. */
export function spreadOf(
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
