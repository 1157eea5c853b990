import type { EncodedRequest } from '../features/encode.ts';
import type { ItemTable } from '../features/item-table.ts';
import type { FilterSpec } from '../features/schema.ts';
import { EXCLUDED_UNITS, MAX_SCORE_UNITS, STRIDE, type AdditiveScorer } from './scorer.ts';
import { TopK, type Scored } from './top-k.ts';

/**
 * Scores every row of a table with a few table reads per row and no maths: features that read one column
 * add up to one table of units per column, filters are entries that sink a row, and small columns are
 * joined so that fewer reads remain. Integer sums make all of this exact.
 */

/** Some columns read together: `codes[row]` indexes `members`, the codes of the joined columns. */
export interface JoinedColumns {
  readonly columns: readonly number[];
  readonly codes: Uint16Array | Uint32Array;
  readonly size: number;
  /** `members[i][joined code]` = code of `columns[i]`. */
  readonly members: readonly (Uint16Array | Uint32Array)[];
}

/** Joins columns, smallest dictionary first, while the pairs that occur stay far fewer than the rows. Once per snapshot. */
export function joinColumns(table: ItemTable): JoinedColumns[] {
  const limit = Math.max(64, Math.min(16_384, table.ids.length >> 3));
  let groups = table.columns
    .map((column, index) => single(index, column.codes, column.values.length))
    .toSorted((a, b) => a.size - b.size);
  for (let i = 0; i + 1 < groups.length;) {
    const joined = join(groups[i]!, groups[i + 1]!, limit);
    if (joined === undefined) i++;
    else groups = [...groups.slice(0, i), joined, ...groups.slice(i + 2)];
  }
  return groups;
}

function single(column: number, codes: Uint16Array | Uint32Array, size: number): JoinedColumns {
  return {
    columns: [column],
    codes,
    size,
    members: [Uint32Array.from({ length: size }, (_, code) => code)],
  };
}

/** @returns undefined when more than `limit` pairs occur. */
function join(a: JoinedColumns, b: JoinedColumns, limit: number): JoinedColumns | undefined {
  const codeOf = new Map<number, number>();
  const pairs: [number, number][] = [];
  const codes = new Uint16Array(a.codes.length);
  for (let row = 0; row < codes.length; row++) {
    const [x, y] = [a.codes[row]!, b.codes[row]!];
    const key = x * b.size + y;
    let code = codeOf.get(key);
    if (code === undefined) {
      code = pairs.length;
      if (code >= limit) return undefined;
      codeOf.set(key, code);
      pairs.push([x, y]);
    }
    codes[row] = code;
  }
  const members = [
    ...a.members.map((own) => Uint32Array.from(pairs, ([x]) => own[x]!)),
    ...b.members.map((own) => Uint32Array.from(pairs, ([, y]) => own[y]!)),
  ];
  return { columns: [...a.columns, ...b.columns], codes, size: pairs.length, members };
}

interface UnitTable {
  readonly codes: Uint16Array | Uint32Array;
  /** Units by joined code. */
  readonly units: Int32Array;
  readonly low: number;
  readonly high: number;
}

/** A request and a scorer as tables: `score(row) = base + Σ units[codes[row]] + rows[row]`. */
export interface ScoreTables {
  readonly base: number;
  readonly tables: readonly UnitTable[];
  /** What only some features need: units by row. */
  readonly rows?: Int32Array;
  readonly length: number;
}

export function compileScores(
  scorer: AdditiveScorer,
  encoded: EncodedRequest,
  joined: readonly JoinedColumns[],
  nowMs: number,
): ScoreTables {
  const { table, plans } = encoded;
  const perColumn = new Map<number, Int32Array>();
  const columnUnits = (column: number) => {
    let units = perColumn.get(column);
    if (units === undefined)
      perColumn.set(column, (units = new Int32Array(table.columns[column]!.values.length)));
    return units;
  };
  let base = 0;
  let rows: Int32Array | undefined;
  plans.forEach((plan, feature) => {
    const weights = scorer.weights.subarray(feature * STRIDE, (feature + 1) * STRIDE);
    switch (plan.from) {
      case 'constant':
        base += weights[plan.bucket]!;
        break;
      case 'column': {
        const units = columnUnits(plan.column);
        for (let code = 0; code < units.length; code++)
          units[code]! += weights[plan.buckets[code]!]!;
        break;
      }
      case 'sparse': {
        base += weights[plan.bucket]!;
        if (plan.rows.size === 0) break;
        rows ??= new Int32Array(table.ids.length);
        for (const [row, bucket] of plan.rows)
          rows[row]! += weights[bucket]! - weights[plan.bucket]!;
        break;
      }
      case 'rows': {
        rows ??= new Int32Array(table.ids.length);
        for (let row = 0; row < rows.length; row++) rows[row]! += weights[plan.buckets[row]!]!;
        break;
      }
      default:
        throw plan satisfies never;
    }
  });
  for (const filter of encoded.schema.filters) sinkFiltered(filter, table, columnUnits, nowMs);
  return {
    base,
    tables: joinTables(joined, perColumn),
    length: table.ids.length,
    ...(rows && { rows }),
  };
}

function sinkFiltered(
  filter: FilterSpec,
  table: ItemTable,
  columnUnits: (column: number) => Int32Array,
  nowMs: number,
): void {
  const column = table.columns.findIndex(({ spec }) => spec.name === filter.column);
  const { values } = table.columns[column]!;
  const units = columnUnits(column);
  for (let code = 1; code < values.length; code++) {
    const sunk =
      'before' in filter
        ? (values[code] as number) < nowMs
        : filter.exclude.includes(values[code] as string);
    if (sunk) units[code]! += EXCLUDED_UNITS;
  }
}

/** One table per group of joined columns, widest range first: the earlier a row is known to lose, the fewer its reads. */
function joinTables(
  joined: readonly JoinedColumns[],
  perColumn: ReadonlyMap<number, Int32Array>,
): UnitTable[] {
  const tables: UnitTable[] = [];
  for (const group of joined) {
    const parts = group.columns.flatMap((column, i) => {
      const units = perColumn.get(column);
      return units === undefined ? [] : [{ units, member: group.members[i]! }];
    });
    if (parts.length === 0) continue;
    const units = new Int32Array(group.size);
    for (const { units: own, member } of parts) {
      for (let code = 0; code < units.length; code++) units[code]! += own[member[code]!]!;
    }
    let [low, high] = [0, 0];
    for (const value of units) {
      if (value < low && value > -MAX_SCORE_UNITS) low = value;
      if (value > high) high = value;
    }
    tables.push({ codes: group.codes, units, low, high });
  }
  return tables.toSorted((a, b) => b.high - b.low - (a.high - a.low));
}

/**
 * The k best rows, exact; ties go to the earlier row; excluded rows never appear.
 * After all but the last table a row is dropped when even the last table's best entry could not lift it
 * over the k-th best so far (an upper bound: dropping on an estimate of the minimum would lose winners).
 */
export function topRows({ base, tables, rows, length }: ScoreTables, k: number): Scored[] {
  const top = new TopK(k);
  if (tables.length === 0) {
    for (let row = 0; row < length; row++)
      top.offer(row, base + (rows === undefined ? 0 : rows[row]!));
    return top.sorted();
  }
  // Up to three tables are read in the last, pruned pass; a wider schema folds the rest into one number per row.
  const folded =
    tables.length > 3 || rows !== undefined ? fold(tables.slice(3), rows, length) : undefined;
  const nothing: UnitTable = {
    codes: new Uint16Array(length),
    units: new Int32Array(1),
    low: 0,
    high: 0,
  };
  const [first, second, third] = [tables[0]!, tables[1] ?? nothing, tables[2] ?? nothing];
  const [codes1, codes2, codes3] = [first.codes, second.codes, third.codes];
  const [units1, units2, units3] = [first.units, second.units, third.units];
  const reach = third.high;
  let threshold = top.threshold;
  for (let row = 0; row < length; row++) {
    let units = base + units1[codes1[row]!]! + units2[codes2[row]!]!;
    if (folded !== undefined) units += folded[row]!;
    if (units + reach <= threshold) continue;
    units += units3[codes3[row]!]!;
    if (units <= threshold) continue;
    top.offer(row, units);
    threshold = top.threshold;
  }
  return top.sorted();
}

function fold(
  tables: readonly UnitTable[],
  rows: Int32Array | undefined,
  length: number,
): Int32Array {
  const sums = rows === undefined ? new Int32Array(length) : rows.slice();
  for (const { codes, units } of tables) {
    for (let row = 0; row < length; row++) sums[row]! += units[codes[row]!]!;
  }
  return sums;
}
