import { seededRandom } from '../../../../shared/explore/random.ts';
import { MOST_COPIES, type ForestGrower, type GrownTree } from '../device/tree-growers.ts';

export interface RandomForestOptions {
  readonly trees: number;
  /** Features that each node may choose from. */
  readonly featuresPerNode: number;
  readonly seed: number;
  readonly onTree?: (tree: number) => void;
}

/**
 * Random forest (Breiman, 2001): each tree is grown on rows drawn with replacement, each of its nodes on a few
 * features drawn for it; on squared loss a split's gain is the fall in variance, which for labels 0 and 1 is the Gini
 * gain. A leaf's value is the mean label of its rows; the forest's is the mean over its trees.
 * @returns the trees, each leaf's value divided by their number, so that they add up to the forest's.
 */
export async function randomForest(
  grower: ForestGrower,
  { rows, features }: { readonly rows: number; readonly features: number },
  { trees: count, featuresPerNode, seed, onTree }: RandomForestOptions,
): Promise<GrownTree[]> {
  const random = seededRandom(seed);
  const order = Uint32Array.from({ length: features }, (_, feature) => feature);
  const drawFeatures = (allowed: Uint8Array) => {
    for (let i = 0; i < Math.min(featuresPerNode, features); i++) {
      const j = i + Math.floor(random() * (features - i));
      [order[i], order[j]] = [order[j], order[i]];
      allowed[order[i]] = 1;
    }
  };
  const trees: GrownTree[] = [];
  for (let t = 1; t <= count; t++) {
    const { copies, sample } = drawRows(rows, random);
    const tree = await grower.grow(sample, copies, drawFeatures);
    if (tree === undefined) break;
    for (let node = 0; node < tree.value.length; node++) tree.value[node] /= count;
    trees.push(tree);
    onTree?.(t);
  }
  return trees;
}

/** Draws as many rows as there are, with replacement. @returns how often each was drawn, and those that were. */
function drawRows(rows: number, random: () => number): { copies: Uint8Array; sample: Uint32Array } {
  const copies = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = Math.floor(random() * rows);
    if (copies[row] < MOST_COPIES) copies[row]++;
  }
  let drawn = 0;
  const sample = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) if (copies[row] > 0) sample[drawn++] = row;
  return { copies, sample: sample.slice(0, drawn) };
}
