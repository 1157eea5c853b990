import { ApiError } from '../domain/errors.ts';
import { MAX_NEIGHBOURS } from '../domain/related.ts';
import { shown } from '../domain/shown.ts';
import type { ColumnSpec } from './columns/column-spec.ts';
import { needsRising } from './kinds/check.ts';
import { needsLevel } from './kinds/past.ts';

/** What makes two items alike, and how many neighbours each item has. It is no part of the schema's hash: codes mean the same without it. */
export interface NeighbourSpec {
  /** At most 16 columns, each once. */
  readonly by: readonly NeighbourColumn[];
  /** The most that an item has, 1 to 200; default 64. */
  readonly neighbours?: number;
}

/** A column that items may have in common. */
export interface NeighbourColumn {
  /** A category, set, path, number or embedding. */
  readonly column: string;
  /** How much it counts beside the others, above 0 and at most 10; default 1. */
  readonly weight?: number;
  /** Of a path: the level that is compared, counted from the root; absent: each level counts. */
  readonly level?: number;
  /** Of a number: two of them are alike between the same two edges. */
  readonly levelEdges?: readonly number[];
}

export const DEFAULT_NEIGHBOURS = 64;
const MAX_BY = 16;
const MAX_WEIGHT = 10;

const bad = (message: string) => new ApiError(400, 'invalid_schema', `schema: related${message}`);

/** @throws ApiError 400 `invalid_schema` naming the entry and what is expected. */
export function checkNeighbours(value: unknown, columns: readonly ColumnSpec[]): NeighbourSpec {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(` must be {by: [{column}, …]}, but was ${shown(value)}`);
  const { by, neighbours } = value as Partial<NeighbourSpec>;
  if (!Array.isArray(by) || by.length === 0 || by.length > MAX_BY)
    throw bad(`.by must list 1 to ${MAX_BY} columns, but was ${shown(by)}`);
  const seen = new Set<string>();
  (by as readonly unknown[]).forEach((one, i) => {
    if (typeof one !== 'object' || one === null)
      throw bad(`.by[${i}] must be {column}, but was ${shown(one)}`);
    const problem = problemOf(one as NeighbourColumn, columns);
    if (problem !== undefined) throw bad(`.by[${i}]: ${problem}`);
    const { column } = one as NeighbourColumn;
    if (seen.has(column)) throw bad(`.by has column "${column}" twice`);
    seen.add(column);
  });
  const embeddings = (by as readonly NeighbourColumn[]).filter(({ column: name }) =>
    columns.some((column) => column.name === name && column.type === 'embedding'),
  );
  if (embeddings.length > 1)
    throw bad(
      `.by may have one embedding, but has ${embeddings.map(({ column }) => column).join(' and ')}`,
    );
  if (neighbours !== undefined && !(isWhole(neighbours) && neighbours <= MAX_NEIGHBOURS))
    throw bad(
      `.neighbours must be a whole number from 1 to ${MAX_NEIGHBOURS}, but was ${shown(neighbours)}`,
    );
  return value as NeighbourSpec;
}

const isWhole = (value: number) => Number.isInteger(value) && value >= 1;

function problemOf(
  { column: name, weight = 1, level, levelEdges }: NeighbourColumn,
  columns: readonly ColumnSpec[],
): string | undefined {
  const column = columns.find((one) => one.name === name);
  if (column === undefined) return `there is no column ${shown(name)}`;
  if (column.type === 'date') return `column "${name}" is a date, and dates are not compared`;
  if (!(Number.isFinite(weight) && weight > 0 && weight <= MAX_WEIGHT))
    return `weight must be above 0 and at most ${MAX_WEIGHT}, but was ${shown(weight)}`;
  if (level !== undefined) {
    const problem = needsLevel(columns, name, level);
    if (problem !== undefined) return problem;
  }
  if (column.type === 'number') return needsRising('levelEdges', levelEdges);
  return levelEdges === undefined ? undefined : 'levelEdges are of number columns';
}
