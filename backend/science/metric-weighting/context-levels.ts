import { quantileEdges } from '../../../shared/features/quantile-edges.ts';
import { firstIndex } from '../../../shared/features/columns/binary-search.ts';
import type { Column } from './unit-table.ts';

/** A column discretised into at most 256 levels. */
export interface Levels {
  /** The level of each unit. */
  readonly of: Uint8Array;
  readonly count: number;
}

/**
 * Discretises a column. For numbers, level 0 is missing and the others are quantile bins. For categories, the most
 * frequent ones have a level each, from 0, and all others share the last one.
 * @param most the largest number of levels, 3 to 256.
 * @param rows the training rows, from which bin edges and frequencies are computed, so that held-out rows cannot leak.
 */
export function levelsOf(column: Column, most: number, rows: ArrayLike<number>): Levels {
  return column.kind === 'number'
    ? numberLevels(column.values, most, rows)
    : categoryLevels(column.values, most, rows);
}

function numberLevels(values: Float64Array, most: number, rows: ArrayLike<number>): Levels {
  const own = Array.from({ length: rows.length }, (_, i) => values[rows[i]]);
  const edges = quantileEdges(own, most - 1);
  const of = Uint8Array.from(values, (value) =>
    Number.isNaN(value) ? 0 : 1 + firstIndex(0, edges.length, (at) => value <= edges[at]),
  );
  return { of, count: edges.length + 2 };
}

function categoryLevels(values: readonly string[], most: number, rows: ArrayLike<number>): Levels {
  const counts = new Map<string, number>();
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const frequent = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const levelOf = new Map(frequent.slice(0, most - 1).map(([value], i) => [value, i]));
  const other = levelOf.size;
  return {
    of: Uint8Array.from(values, (value) => levelOf.get(value) ?? other),
    count: other + 1,
  };
}
