import { levelsOf } from './context-levels.ts';
import type { Normaliser } from './learned-weights.ts';
import { normalised, normaliserOf } from './normalise.ts';
import type { Column, UnitTable } from './unit-table.ts';

/** Design matrix of the labelled units, by column: intercept and context, then metrics, then the target; normalised. */
export interface UnitDesign {
  /** The table's units that have a target and every metric, in order. */
  readonly rows: Uint32Array;
  readonly columns: readonly Float64Array[];
  /** Number of columns of intercept and context; the metrics follow. */
  readonly contextColumns: number;
  /** Which columns each column of the table's context became. */
  readonly context: readonly ContextColumns[];
  /** Metrics that are not constant, in the table's order. */
  readonly metrics: readonly string[];
  readonly normalisers: Readonly<Record<string, Normaliser>>;
  readonly target: Normaliser;
}

export interface ContextColumns {
  readonly name: string;
  /** Place of its first column in the design. */
  readonly first: number;
  readonly count: number;
}

/** More levels of a context column would cost more degrees of freedom than they explain. */
const MOST_LEVELS = 16;

/**
 * Builds the design matrix. Context enters as dummy variables of its levels, so that no linear effect is assumed; a
 * number also enters by its value, because its levels are coarse. The arm is context, see `contextOf`.
 * @param rows units with a target; default those that have every metric too. A missing metric is its mean.
 */
export function unitDesign(table: UnitTable, rows: Uint32Array = completeUnits(table)): UnitDesign {
  const byColumn = contextOf(table).map((column) => ({
    name: column.name,
    columns: dummies(column, rows),
  }));
  const context = byColumn.flatMap(({ columns }) => columns);
  const intercept = new Float64Array(rows.length).fill(1);
  const normaliserBy = new Map(
    table.metrics.map(({ name, values }) => [name, normaliserOf(values, rows)]),
  );
  const varying = table.metrics.filter(({ name }) => normaliserBy.get(name)!.deviation > 0);
  const target = normaliserOf(table.target.values, rows);
  const normalisedColumn = (values: Float64Array, by: Normaliser) =>
    Float64Array.from(rows, (row) => valueOf(values[row], by));
  let first = 1;
  return {
    rows,
    columns: [
      intercept,
      ...context,
      ...varying.map(({ name, values }) => normalisedColumn(values, normaliserBy.get(name)!)),
      normalisedColumn(table.target.values, target),
    ],
    contextColumns: 1 + context.length,
    context: byColumn.map(({ name, columns: { length: count } }) => {
      first += count;
      return { name, first: first - count, count };
    }),
    metrics: varying.map(({ name }) => name),
    normalisers: Object.fromEntries(normaliserBy),
    target,
  };
}

/**
 * The table's context and the arm: weights are learned within arms, so that they do not depend on the differences
 * between arms that they evaluate.
 */
export const contextOf = ({ context, arms }: UnitTable): readonly Column[] =>
  arms === undefined
    ? context
    : [...context, { kind: 'category', name: 'arm', values: Array.from(arms.of, String) }];

/** Units with a label and no missing metric. */
function completeUnits({ metrics, target, units }: UnitTable): Uint32Array {
  const complete: number[] = [];
  for (let unit = 0; unit < units; unit++)
    if (
      !Number.isNaN(target.values[unit]) &&
      metrics.every(({ values }) => !Number.isNaN(values[unit]))
    )
      complete.push(unit);
  return Uint32Array.from(complete);
}

/** Dummy variables of all levels but the first, and for a number also its normalised value. */
function dummies(column: Column, rows: Uint32Array): Float64Array[] {
  const { of, count } = levelsOf(column, MOST_LEVELS, rows);
  const levels = Array.from({ length: count - 1 }, (_, i) =>
    Float64Array.from(rows, (row) => (of[row] === i + 1 ? 1 : 0)),
  );
  if (column.kind === 'category') return levels;
  const { values } = column;
  const by = normaliserOf(values, rows);
  return [...levels, Float64Array.from(rows, (row) => valueOf(values[row], by))];
}

/** Normalised; the mean where missing. */
const valueOf = (value: number, by: Normaliser): number =>
  Number.isNaN(value) ? 0 : normalised(value, by);
