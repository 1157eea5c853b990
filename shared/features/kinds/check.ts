import type { ColumnSpec } from '../schema.ts';
import type { FeatureSpec } from './kind.ts';

/** What a spec needs of its schema. Each check gives what is wrong and what it should be, or undefined. */
export interface CheckInput {
  readonly columns: readonly ColumnSpec[];
  readonly earlier: readonly FeatureSpec[];
}

/** @returns what is wrong, unless the schema has a column of one of these types. */
export function needsColumn(
  input: CheckInput,
  name: string,
  types: readonly ColumnSpec['type'][],
): string | undefined {
  const column = input.columns.find((entry) => entry.name === name);
  if (column === undefined) return `there is no column "${name}"`;
  return types.includes(column.type)
    ? undefined
    : `column "${name}" must be of type ${types.join(' or ')}, but is ${column.type}`;
}

/** @returns what is wrong, unless this is a list of texts. */
export function needsTexts(name: string, value: unknown): string | undefined {
  const fine = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return fine ? undefined : `${name} must be a list of texts`;
}

/** @returns what is wrong, unless this is a list of texts, each once: their places are buckets. */
export function needsDistinctTexts(name: string, value: unknown): string | undefined {
  const problem = needsTexts(name, value);
  if (problem !== undefined) return problem;
  const repeated = (value as string[]).find((text, i, texts) => texts.indexOf(text) !== i);
  return repeated === undefined ? undefined : `${name} has "${repeated}" twice`;
}

/** @returns what is wrong, unless this is a whole number from 1. */
export const needsMost = (most: unknown): string | undefined =>
  Number.isInteger(most) && (most as number) >= 1
    ? undefined
    : 'most must be a whole number from 1';

/** @returns what is wrong, unless these are finite numbers in strictly rising order. */
export function needsRising(name: string, edges: unknown): string | undefined {
  const fine =
    Array.isArray(edges) &&
    edges.length > 0 &&
    edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]));
  return fine ? undefined : `${name} must be finite numbers in rising order`;
}
