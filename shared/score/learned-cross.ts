import { bucketCount, type Schema } from '../features/schema.ts';
import { STRIDE } from './stride.ts';

/**
 * Two features of the schema, by index and the earlier first, whose pairs of buckets have weights of their own: a pairwise
 * interaction (GA²M; Lou, Caruana, Gehrke & Hooker, KDD 2013) that training found and no schema names. Its cells are made of codes that are logged
 * anyway: with buckets x and y the cell is `x · buckets of the second + y`, so that a missing value has cells like any other.
 *
 * In a scorer of F features, the weights of cross k lie behind those of the features, as those of a feature F + k whose bucket is
 * the cell. So sums over features need only know what its code is.
 */
export type LearnedCross = readonly [first: number, second: number];

/** The most that a scorer may have. */
export const MAX_CROSSES = 16;

type Crossed = { readonly schema: Schema; readonly crosses?: readonly LearnedCross[] };

export const cellsOf = ({ features }: Pick<Schema, 'features'>, [a, b]: LearnedCross): number =>
  bucketCount(features[a]) * bucketCount(features[b]);

/** Number of buckets of each feature, then number of cells of each cross: how many weights there are of each. */
export const weightCounts = ({ schema, crosses = [] }: Crossed): number[] => [
  ...schema.features.map((spec) => bucketCount(spec)),
  ...crosses.map((cross) => cellsOf(schema, cross)),
];

/** @returns the cell of a cross from one item's codes. */
export function cellReader(
  { features }: Pick<Schema, 'features'>,
  [a, b]: LearnedCross,
): (codes: ArrayLike<number>, offset?: number) => number {
  const size = bucketCount(features[b]);
  return (codes, offset = 0) => codes[offset + a] * size + codes[offset + b];
}

/** For display, such as `status × difficulty`. */
export const crossName = ({ features }: Pick<Schema, 'features'>, [a, b]: LearnedCross): string =>
  `${features[a].name} × ${features[b].name}`;

/** Whether two crosses are of the same features. */
export const isSameCross = (one: LearnedCross, other: LearnedCross): boolean =>
  one[0] === other[0] && one[1] === other[1];

/** @returns what is wrong with the crosses of a scorer, or undefined. */
export function crossesProblem({ schema, crosses }: Crossed): string | undefined {
  if (crosses === undefined) return undefined;
  if (crosses.length === 0 || crosses.length > MAX_CROSSES)
    return `a scorer may have 1 to ${MAX_CROSSES} learned crosses, or the field is left out, but it had ${crosses.length}`;
  const count = schema.features.length;
  const isFeature = (index: number) => Number.isInteger(index) && index >= 0 && index < count;
  for (const [k, cross] of crosses.entries()) {
    if (!cross.every(isFeature) || cross[0] >= cross[1])
      return `a learned cross must be of two features, the earlier one first, but was of ${cross.join(' and ')} of ${count}`;
    const cells = cellsOf(schema, cross);
    if (cells > STRIDE)
      return `the learned cross ${crossName(schema, cross)} has ${cells} cells; at most ${STRIDE} fit`;
    if (crosses.slice(0, k).some((earlier) => isSameCross(earlier, cross)))
      return `the learned cross ${crossName(schema, cross)} is there twice`;
  }
  return undefined;
}
