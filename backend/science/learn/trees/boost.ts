import type { CodeMatrix } from '../../../device/cpu/code-matrix.ts';
import { MODE, type RowLoss } from '../../../device/cpu/row-losses.ts';
import { gradientUnits, packGradients } from './pack-gradients.ts';
import { TreeScorer } from './score-tree.ts';
import { TreeGrower } from './grow-tree.ts';
import type { GrownTree, GrowOptions } from './grown-tree.ts';

export interface BoostOptions extends GrowOptions {
  readonly trees: number;
  /** Share of each tree's step that is taken (Friedman's shrinkage, 2001). */
  readonly rate: number;
  /** Stop when the held-out measure has not improved for so many trees; absent: never. */
  readonly patience?: number;
}

/** Rows that no tree is grown on. */
export interface HeldOut {
  readonly matrix: CodeMatrix;
  /** Address of their scores, f64 per row. */
  readonly scores: number;
  /** Lower is better. */
  readonly measure: () => number;
}

export interface Boosted {
  readonly trees: readonly GrownTree[];
  /** Mean training loss before each tree, and the held-out measure after it. */
  readonly curve: readonly {
    readonly tree: number;
    readonly loss: number;
    readonly heldOut?: number;
  }[];
}

/**
 * Gradient boosting on second-order steps (Friedman, 2001; Chen & Guestrin, 2016): each tree is grown on the
 * gradients of the scores so far, which hold the start (an intercept, or another scorer's scores).
 * Values are those of the trees as added: `value · rate`.
 */
export function boost(
  matrix: CodeMatrix,
  loss: RowLoss,
  options: BoostOptions,
  heldOut?: HeldOut,
  onTree?: (step: Boosted['curve'][number], tree: GrownTree) => void,
): Boosted {
  const { pool, rows } = matrix;
  const grower = new TreeGrower(matrix, options.maxLeaves);
  const scorer = heldOut && new TreeScorer(heldOut.matrix, options.maxLeaves);
  const trees: GrownTree[] = [];
  const curve: { tree: number; loss: number; heldOut?: number }[] = [];
  let best = { trees: 0, measure: heldOut?.measure() ?? Number.POSITIVE_INFINITY };
  for (let t = 1; t <= options.trees; t++) {
    const totals = loss.evaluate(MODE.both);
    const units = gradientUnits(totals);
    if (units === undefined) break;
    packGradients(pool, loss.values, rows, units, t);
    const tree = grower.grow(loss.values, units, options);
    if (tree.feature.length === 1) break;
    for (let node = 0; node < tree.value.length; node++) tree.value[node] *= options.rate;
    grower.addLeaves(tree, loss.scores);
    trees.push(tree);
    const step = {
      tree: t,
      loss: totals.loss / rows,
      ...(heldOut && { heldOut: afterTree(heldOut, tree, scorer!) }),
    };
    curve.push(step);
    onTree?.(step, tree);
    if (step.heldOut !== undefined && step.heldOut < best.measure)
      best = { trees: t, measure: step.heldOut };
    if (heldOut && options.patience !== undefined && t - best.trees >= options.patience) break;
  }
  const kept = heldOut === undefined || options.patience === undefined ? trees.length : best.trees;
  return { trees: trees.slice(0, kept), curve };
}

function afterTree({ scores, measure }: HeldOut, tree: GrownTree, scorer: TreeScorer): number {
  scorer.add(tree, scores);
  return measure();
}
