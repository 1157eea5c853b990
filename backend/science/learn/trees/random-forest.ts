import { seededRandom } from '../../../../shared/explore/random.ts';
import type { CodeMatrix } from '../../../device/cpu/code-matrix.ts';
import { MODE, type RowLoss } from '../../../device/cpu/row-losses.ts';
import { TreeGrower } from './grow-tree.ts';
import type { GrownTree, GrowOptions } from './grown-tree.ts';
import { gradientUnits, packGradients } from './pack-gradients.ts';

export interface RandomForestOptions extends Omit<GrowOptions, 'drawFeatures'> {
  readonly trees: number;
  /** Features that each node may choose from. */
  readonly featuresPerNode: number;
  readonly seed: number;
  readonly onTree?: (tree: number) => void;
}

/**
 * Random forest (Breiman, 2001): each tree is grown on rows drawn with replacement, each of its nodes on a few
 * features drawn anew; on squared loss a split's gain is the fall in variance, which for labels 0 and 1 is the Gini
 * gain. A leaf's value is the mean label of its rows; the forest's is the mean over its trees.
 * @param loss squared loss with the labels; its scores are left at 0.
 * @returns the trees, each leaf's value divided by their number, so that they add up to the forest's.
 */
export function randomForest(
  matrix: CodeMatrix,
  loss: RowLoss,
  options: RandomForestOptions,
): GrownTree[] {
  const { rows, features, pool } = matrix;
  const random = seededRandom(options.seed);
  const grower = new TreeGrower(matrix, options.maxLeaves);
  const copies = pool.allocate(rows);
  const order = Uint32Array.from({ length: features }, (_, feature) => feature);
  const drawFeatures = (allowed: Uint8Array) => {
    for (let i = 0; i < Math.min(options.featuresPerNode, features); i++) {
      const j = i + Math.floor(random() * (features - i));
      [order[i], order[j]] = [order[j], order[i]];
      allowed[order[i]] = 1;
    }
  };
  const trees: GrownTree[] = [];
  for (let t = 1; t <= options.trees; t++) {
    const sample = drawRows(rows, pool.u8(copies, rows), random);
    const units = gradientUnits(loss.evaluate(MODE.both));
    if (units === undefined) break;
    packGradients(pool, loss.values, rows, units, t, copies);
    const tree = grower.grow(loss.values, units, { ...options, drawFeatures }, sample);
    for (let node = 0; node < tree.value.length; node++) tree.value[node] /= options.trees;
    trees.push(tree);
    options.onTree?.(t);
  }
  return trees;
}

/** Of a row in one sample: a packed sum of 8,191 rows leaves room for so many. Once in a million rows is drawn more often. */
export const MOST_COPIES = 8;

/** Draws as many rows as there are, with replacement. @param copies takes how often each was drawn. @returns those that were. */
function drawRows(rows: number, copies: Uint8Array, random: () => number): Uint32Array {
  copies.fill(0);
  for (let i = 0; i < rows; i++) {
    const row = Math.floor(random() * rows);
    if (copies[row] < MOST_COPIES) copies[row]++;
  }
  let drawn = 0;
  const sample = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) if (copies[row] > 0) sample[drawn++] = row;
  return sample.slice(0, drawn);
}

/** Bytes that it allocates. */
export const randomForestBytes = (
  rows: number,
  features: number,
  maxLeaves: number,
  threads: number,
): number => TreeGrower.sizeBytes(rows, features, maxLeaves, threads) + rows + 64;
