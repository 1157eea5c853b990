import { levelsOf } from './context-levels.ts';
import type { Normaliser } from './learned-weights.ts';
import { normalised, normaliserOf } from './normalise.ts';
import type { Column, UnitTable } from './unit-table.ts';

/** Labelled units as columns of a regression: intercept and context, then metrics, then the target, normalised. */
export interface UnitDesign {
  /** Units of the table, in its order: those with a target and with every metric. */
  readonly rows: Uint32Array;
  readonly columns: readonly Float64Array[];
  /** Intercept and context; the metrics follow them. */
  readonly contextColumns: number;
  /** Metrics with spread, in the table's order. */
  readonly metrics: readonly string[];
  readonly normalisers: Readonly<Record<string, Normaliser>>;
  readonly target: Normaliser;
}

/** More levels of a context would cost more than they explain. */
const MOST_LEVELS = 16;

/**
 * Context is taken into account by levels, so that no straight line is assumed, and a number also by its value, as its
 * levels are coarse. The arm is context, see `contextOf`.
 */
export function unitDesign(table: UnitTable): UnitDesign {
  const rows = completeUnits(table);
  const context = contextOf(table).flatMap((column) => dummies(column, rows));
  const intercept = new Float64Array(rows.length).fill(1);
  const normaliserBy = new Map(
    table.metrics.map(({ name, values }) => [name, normaliserOf(values, rows)]),
  );
  const varying = table.metrics.filter(({ name }) => normaliserBy.get(name)!.deviation > 0);
  const target = normaliserOf(table.target.values, rows);
  const taken = (values: Float64Array, by: Normaliser) =>
    Float64Array.from(rows, (row) => normalised(values[row], by));
  return {
    rows,
    columns: [
      intercept,
      ...context,
      ...varying.map(({ name, values }) => taken(values, normaliserBy.get(name)!)),
      taken(table.target.values, target),
    ],
    contextColumns: 1 + context.length,
    metrics: varying.map(({ name }) => name),
    normalisers: Object.fromEntries(normaliserBy),
    target,
  };
}

/** The arm is context: weights are learned within arms, and do not lean on the very differences that they are to judge. */
export const contextOf = ({ context, arms }: UnitTable): readonly Column[] =>
  arms === undefined
    ? context
    : [...context, { kind: 'category', name: 'arm', values: Array.from(arms.of, String) }];

/** Units whose horizon is over and of which every metric is known. */
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

/** One column per level but the first, and a number's own value. */
function dummies(column: Column, rows: Uint32Array): Float64Array[] {
  const { of, count } = levelsOf(column, MOST_LEVELS, rows);
  const levels = Array.from({ length: count - 1 }, (_, i) =>
    Float64Array.from(rows, (row) => (of[row] === i + 1 ? 1 : 0)),
  );
  if (column.kind === 'category') return levels;
  const { values } = column;
  const by = normaliserOf(values, rows);
  const value = (row: number) => (Number.isNaN(values[row]) ? 0 : normalised(values[row], by));
  return [...levels, Float64Array.from(rows, value)];
}
