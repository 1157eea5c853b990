import { cellsOf, type LearnedCross } from '../../../../shared/score/learned-cross.ts';
import { bucketCount, type Schema } from '../../../../shared/features/schema.ts';
import type { TrainingSet } from '../training-set.ts';

/**
 * The set with one more feature for each learned cross, whose code is the cell: behind the features of the schema, and before
 * those that only training has, as the weights of a scorer are. To every device it is a feature like any other.
 * @param set without such features.
 */
export function withCrossColumns(
  set: TrainingSet,
  schema: Schema,
  crosses: readonly LearnedCross[] = [],
): TrainingSet {
  if (crosses.length === 0) return set;
  const { rows, features } = set;
  const own = schema.features.length * rows;
  const codes = new Uint8Array((features + crosses.length) * rows);
  codes.set(set.codes.subarray(0, own));
  crosses.forEach((cross, k) => codes.set(cellColumn(set, schema, cross), own + k * rows));
  codes.set(set.codes.subarray(own, features * rows), own + crosses.length * rows);
  return { ...set, features: features + crosses.length, crosses: crosses.length, codes };
}

/** The cell of each row. @throws RangeError where they do not fit into bytes. */
export function cellColumn(
  { rows, codes }: Pick<TrainingSet, 'rows' | 'codes'>,
  schema: Schema,
  cross: LearnedCross,
): Uint8Array {
  if (cellsOf(schema, cross) > 256)
    throw new RangeError(`a cross of ${cellsOf(schema, cross)} cells does not fit into bytes`);
  const [a, b] = cross.map((feature) => codes.subarray(feature * rows, (feature + 1) * rows));
  const size = bucketCount(schema.features[cross[1]]);
  const cells = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) cells[row] = a[row] * size + b[row];
  return cells;
}
