import type { ColumnSpec } from '../columns/column-spec.ts';

/** What a feature's spec is checked against. Each check returns what is wrong and what is expected, or undefined. */
export interface CheckInput {
  readonly columns: readonly ColumnSpec[];
  /** The features that come before this one in the schema. */
  readonly earlier: readonly { readonly name: string }[];
}

/** Requires a column of one of these types. */
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

/** Requires a list of texts. */
export function needsTexts(name: string, value: unknown): string | undefined {
  const fine = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return fine ? undefined : `${name} must be a list of texts`;
}

/** Requires a list of distinct texts, since the index of each determines a bucket. */
export function needsDistinctTexts(name: string, value: unknown): string | undefined {
  const problem = needsTexts(name, value);
  if (problem !== undefined) return problem;
  const repeated = (value as string[]).find((text, i, texts) => texts.indexOf(text) !== i);
  return repeated === undefined ? undefined : `${name} has "${repeated}" twice`;
}

/** Requires a whole number from 1. */
export const needsMost = (most: unknown): string | undefined =>
  Number.isInteger(most) && (most as number) >= 1
    ? undefined
    : 'most must be a whole number from 1';

/** Requires finite numbers in strictly ascending order. */
export function needsRising(name: string, edges: unknown): string | undefined {
  const fine =
    Array.isArray(edges) &&
    edges.length > 0 &&
    edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]));
  return fine ? undefined : `${name} must be finite numbers in rising order`;
}
