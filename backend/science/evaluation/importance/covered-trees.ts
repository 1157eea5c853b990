import type { Trees } from '../../../../shared/score/trees.ts';
import type { GrownTree } from '../../learn/device/tree-growers.ts';

/** Trees as the edge evaluates them, with figures from training. Arrays have one entry per node, as in `trees`. */
export interface CoveredTrees {
  readonly trees: Trees;
  /** Sum of the hessians of the training rows that reach a node; in a random forest, their number. */
  readonly cover: Float64Array;
  /** Twice the loss that a split saved, to second order; 0 at a leaf. */
  readonly gain: Float64Array;
}

/**
 * Joins trees with their training figures.
 * @param grown the grown trees that `trees` was made from (`toTrees` keeps the order of trees and nodes).
 * @throws Error where they are not the same trees.
 */
export function coveredTrees(trees: Trees, grown: readonly GrownTree[]): CoveredTrees {
  const nodes = trees.left.length;
  const cover = Float64Array.from(grown.flatMap((tree) => tree.cover));
  const gain = Float64Array.from(grown.flatMap((tree) => tree.gain));
  if (cover.length !== nodes || grown.length !== trees.roots.length)
    throw new Error(
      `${grown.length} grown trees of ${cover.length} nodes are not the ${trees.roots.length} trees of ${nodes} nodes: give the trees that they were made from`,
    );
  return { trees, cover, gain };
}
