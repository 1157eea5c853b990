import { bucketCount, type Schema } from '../../../../shared/features/schema.ts';
import type { LearnedCross } from '../../../../shared/score/learned-cross.ts';
import { cholesky, forwardSubstitute } from '../../statistics/cholesky.ts';
import type { CodeMatrix } from '../code-matrix.ts';

/** A pair of features, and by how much its interaction would lower the loss. */
export interface ScreenedPair {
  readonly cross: LearnedCross;
  /** Less what chance alone would bring: above 0 where there seems to be an interaction. */
  readonly gain: number;
}

/** Gradient and hessian of the loss by each row's score, at the weights of what is there already. */
export interface RowDerivatives {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/**
 * How much the loss would fall if each pair's table of cells were added to what was fitted, best first: a second-order estimate from
 * one pass over the codes, as in FAST (Lou, Caruana, Gehrke & Hooker, "Accurate intelligible models with pairwise
 * interactions", KDD 2013), but for whole tables in place of four quadrants. Noise lowers the loss as well, the more so the
 * more cells there are; its expectation is subtracted, so that pairs of many cells are not preferred for being large.
 * @param pairs of features of the schema. @param ridge of each weight of a cross.
 * @param noise variance of a gradient per unit of its hessian: `evidenceWeight`.
 */
export function screenPairs(
  set: CodeMatrix,
  schema: Schema,
  derivatives: RowDerivatives,
  pairs: readonly LearnedCross[],
  { ridge, noise }: { readonly ridge: number; readonly noise: number },
): ScreenedPair[] {
  const told = rowsWithHessian(set, derivatives);
  return pairs
    .map((cross) => {
      const table = tableOf(told, schema, cross);
      const chance = (noise * interactionFreedom(table, ridge)) / 2;
      return { cross, gain: interactionGain(table, ridge) - chance };
    })
    .toSorted((one, other) => other.gain - one.gain);
}

/** A pair's 2-D histogram. Arrays are `rows × columns`, by buckets of the first and the second feature. */
export interface CellTable {
  readonly rows: number;
  readonly columns: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/**
 * By how much more the best table of cells lowers the quadratic `Σ G d + (H + ridge) d² / 2` than the best sum of one weight
 * per row and one per column does. The former is `½ Σ G² / (H + ridge)`; the latter is `½ bᵀ A⁻¹ b` of the normal equations, solved
 * exactly: backfitting hardly moves where rows and columns share few cells, and would leave a sum looking like an interaction.
 */
export function interactionGain(table: CellTable, ridge: number): number {
  const { rows, columns, gradient, hessian } = table;
  const size = rows + columns;
  const matrix = new Float64Array(size * size);
  const pull = new Float64Array(size);
  let whole = 0;
  for (let x = 0; x < rows; x++)
    for (let y = rows; y < size; y++) {
      const c = x * columns + y - rows;
      if (hessian[c] <= 0) continue;
      const bend = hessian[c] + ridge;
      whole += gradient[c] ** 2 / bend / 2;
      matrix[x * size + x] += bend;
      matrix[y * size + y] += bend;
      matrix[x * size + y] = matrix[y * size + x] = bend;
      pull[x] += gradient[c];
      pull[y] += gradient[c];
    }
  // Rows against columns may be shifted without a change: such a direction has no pivot and is left out by the decomposition.
  const half = forwardSubstitute(cholesky(matrix, size), pull);
  return whole - half.reduce((sum, own) => sum + own ** 2, 0) / 2;
}

/** Degrees of freedom that a table has beyond its rows and columns, as the ridge leaves them. */
function interactionFreedom({ rows, columns, hessian }: CellTable, ridge: number): number {
  let [cells, free] = [0, 0];
  const seenRows = new Set<number>();
  const seenColumns = new Set<number>();
  for (let x = 0; x < rows; x++)
    for (let y = 0; y < columns; y++) {
      const own = hessian[x * columns + y];
      if (own <= 0) continue;
      cells++;
      free += own / (own + ridge);
      seenRows.add(x);
      seenColumns.add(y);
    }
  const additive = Math.max(0, seenRows.size + seenColumns.size - 1);
  return cells === 0 ? 0 : free * Math.max(0, 1 - additive / cells);
}

interface ToldRows extends CodeMatrix, RowDerivatives {}

/** Rows of slates that say nothing, such as those without a reward, are left out of every pass. */
function rowsWithHessian(
  { rows, features, codes }: CodeMatrix,
  { gradient, hessian }: RowDerivatives,
): ToldRows {
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) if (hessian[row] > 0) kept.push(row);
  const own = new Uint8Array(features * kept.length);
  for (let feature = 0; feature < features; feature++)
    for (let i = 0; i < kept.length; i++)
      own[feature * kept.length + i] = codes[feature * rows + kept[i]];
  return {
    rows: kept.length,
    features,
    codes: own,
    gradient: Float64Array.from(kept, (row) => gradient[row]),
    hessian: Float64Array.from(kept, (row) => hessian[row]),
  };
}

function tableOf(
  { rows, codes, gradient, hessian }: ToldRows,
  { features }: Schema,
  [a, b]: LearnedCross,
): CellTable {
  const [height, width] = [bucketCount(features[a]), bucketCount(features[b])];
  const sums = new Float64Array(height * width);
  const bends = new Float64Array(height * width);
  const [ofA, ofB] = [a, b].map((feature) => codes.subarray(feature * rows, (feature + 1) * rows));
  for (let row = 0; row < rows; row++) {
    const cell = ofA[row] * width + ofB[row];
    sums[cell] += gradient[row];
    bends[cell] += hessian[row];
  }
  return { rows: height, columns: width, gradient: sums, hessian: bends };
}
