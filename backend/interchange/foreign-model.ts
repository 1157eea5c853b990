/** A model of another library, as its file says it, before its tests are read as tests of buckets. */
export interface ForeignModel {
  readonly library: 'LightGBM' | 'XGBoost';
  /** As the library names it, such as `lambdarank`. */
  readonly objective: string;
  /** By number of the feature; empty where the file names none. */
  readonly features: readonly string[];
  /** By number of the feature: the texts of its categories, where the file has them. */
  readonly texts: readonly (readonly string[] | undefined)[];
  /** The raw prediction is `base` plus the sum of one leaf per tree. */
  readonly trees: readonly ForeignNode[];
  readonly base: number;
  /** `P(y = 1) = σ(logOdds · raw prediction)`; absent where the objective says nothing of a probability. */
  readonly logOdds?: number;
  /** Whether the library rounds values to 32-bit floats before it compares them. */
  readonly isFloat32: boolean;
}

/** A leaf is its value. */
export type ForeignNode =
  | number
  | { readonly test: ForeignTest; readonly left: ForeignNode; readonly right: ForeignNode };

export type ForeignTest = NumberTest | CategoryTest;

/** Sends a value left that is below the threshold, or also one that equals it. */
export interface NumberTest {
  readonly kind: 'number';
  readonly feature: number;
  readonly threshold: number;
  readonly isInclusive: boolean;
  /** Where a missing value (NaN) goes. */
  readonly missingLeft: boolean;
  /** Whether 0 counts as missing. */
  readonly zeroIsMissing: boolean;
}

/** Sends the listed categories one way, and all others the other way. */
export interface CategoryTest {
  readonly kind: 'category';
  readonly feature: number;
  readonly listed: ReadonlySet<number>;
  readonly listedLeft: boolean;
  readonly missingLeft: boolean;
}

/** Where a value goes; NaN is a missing one. */
export function goesLeft(test: ForeignTest, value: number): boolean {
  if (Number.isNaN(value)) return test.missingLeft;
  if (test.kind === 'category') return test.listed.has(Math.trunc(value)) === test.listedLeft;
  if (value === 0 && test.zeroIsMissing) return test.missingLeft;
  return test.isInclusive ? value <= test.threshold : value < test.threshold;
}

/** The raw prediction for one row of values, added up in 64-bit floats. */
export function predict(
  { trees, base }: Pick<ForeignModel, 'trees' | 'base'>,
  values: ArrayLike<number>,
): number {
  let sum = base;
  for (const tree of trees) {
    let node = tree;
    while (typeof node !== 'number')
      node = goesLeft(node.test, values[node.test.feature]) ? node.left : node.right;
    sum += node;
  }
  return sum;
}

/** Trees that are deeper are refused: reading them would exhaust the stack. */
export const MAX_DEPTH = 1000;
