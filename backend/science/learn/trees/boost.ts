import type { BoostedTree, Booster, GrownTree, TreeSample } from '../device/tree-growers.ts';

export interface BoostOptions {
  /** The most trees to grow. */
  readonly trees: number;
  /** Stop after this many trees without an improvement of the held-out loss; absent: never. */
  readonly patience?: number;
  /** What each draw has to grow a tree on, by its number; absent: all rows and features. */
  readonly sampleOf?: (draw: number) => TreeSample;
}

/** So many samples in turn that leave nothing to split on end the boosting. */
const DRAWS_PER_TREE = 16;

export interface BoostStep {
  /** From 1. */
  readonly tree: number;
  /** Total training loss before the tree. */
  readonly loss: number;
  /** Total held-out loss after it. */
  readonly heldOut?: number;
}

export interface Boosted {
  readonly trees: readonly GrownTree[];
  /** Total held-out loss before the first tree. */
  readonly before?: number;
  /** One step for each tree that was grown, those after the best included. */
  readonly curve: readonly BoostStep[];
}

/**
 * Gradient boosting on second-order steps (Friedman, 2001; Chen & Guestrin, 2016): each tree is grown on the
 * gradients of the scores so far, which hold the start (an intercept, or another scorer's scores).
 * @param from trees that are in the booster's scores already: they are counted, and begin the answer.
 * @returns trees whose values are those that were added. With patience they end with the one after which the held-out
 * loss was least; there are none where it was least before the first, or where nothing can be split.
 */
export async function boost(
  booster: Booster,
  { trees: most, patience, sampleOf }: BoostOptions,
  onTree?: (step: BoostStep, tree: GrownTree) => void,
  from: Boosted = { trees: [], curve: [] },
): Promise<Boosted> {
  const trees = [...from.trees];
  const curve = [...from.curve];
  const before = from.before ?? (trees.length === 0 ? await booster.heldOutLoss() : undefined);
  let best = { trees: 0, loss: before ?? Infinity };
  for (const { tree, heldOut = Infinity } of curve)
    if (heldOut < best.loss) best = { trees: tree, loss: heldOut };
  while (trees.length < most) {
    const grown = await nextTree(booster, trees.length, sampleOf);
    if (grown === undefined) break;
    const { tree, ...losses } = grown;
    trees.push(tree);
    const step: BoostStep = { tree: trees.length, ...losses };
    curve.push(step);
    onTree?.(step, tree);
    if (step.heldOut !== undefined && step.heldOut < best.loss)
      best = { trees: step.tree, loss: step.heldOut };
    if (step.heldOut !== undefined && patience !== undefined && step.tree - best.trees >= patience)
      break;
  }
  const stopsEarly = patience !== undefined && best.loss < Infinity;
  return {
    trees: stopsEarly ? trees.slice(0, best.trees) : trees,
    curve,
    ...(before !== undefined && { before }),
  };
}

/** @param before number of trees so far: it says which draws are this tree's, whatever device grew the trees before. */
async function nextTree(
  booster: Booster,
  before: number,
  sampleOf: BoostOptions['sampleOf'],
): Promise<BoostedTree | undefined> {
  if (sampleOf === undefined) return booster.next();
  for (let draw = 0; draw < DRAWS_PER_TREE; draw++) {
    const grown = await booster.next(sampleOf(before * DRAWS_PER_TREE + draw));
    if (grown !== undefined) return grown;
  }
  return undefined;
}
