import { toPoints } from '../../../../shared/score/scorer.ts';
import type { CoveredTrees } from './covered-trees.ts';
import type { Explainer } from './explainer.ts';

/**
 * Path-dependent TreeSHAP (Lundberg, Erion & Lee, "Consistent Individualized Feature Attribution for Tree Ensembles",
 * 2018, algorithm 2): exact Shapley values of the game in which a split on an unknown feature sends an item down both
 * branches, in proportion to the training rows. O(leaves · depth²) per tree and item instead of 2^features. Limitation:
 * the proportions are those along the path, so of two perfectly correlated features the one that is split on first gets
 * more than half.
 */
export function treeExplainer({ trees, cover }: CoveredTrees): Explainer {
  const { roots, feature, threshold, shift, left, units } = trees;
  const levels = deepest(trees) + 2;
  // One path per level, each a copy of the one above with one more entry: the feature that was split on, the share of
  // the rows that follow the path when the feature is unknown (zero) or known (one), and the weight of the subsets of
  // each size.
  const size = (levels * (levels + 1)) / 2;
  const pathFeature = new Int32Array(size);
  const zeros = new Float64Array(size);
  const ones = new Float64Array(size);
  const weights = new Float64Array(size);

  /** EXTEND of the paper: grows the subsets by one feature. @param last index of the new entry. */
  const extend = (at: number, last: number, zero: number, one: number, splitFeature: number) => {
    pathFeature[at + last] = splitFeature;
    zeros[at + last] = zero;
    ones[at + last] = one;
    weights[at + last] = last === 0 ? 1 : 0;
    for (let i = last - 1; i >= 0; i--) {
      weights[at + i + 1] += (one * weights[at + i] * (i + 1)) / (last + 1);
      weights[at + i] = (zero * weights[at + i] * (last - i)) / (last + 1);
    }
  };

  /** UNWIND of the paper: undoes the extension by entry `k`, which may be anywhere in the path. */
  const unwind = (at: number, last: number, k: number) => {
    const [zero, one] = [zeros[at + k], ones[at + k]];
    let next = weights[at + last];
    for (let i = last - 1; i >= 0; i--) {
      if (one === 0) {
        weights[at + i] = zero === 0 ? 0 : (weights[at + i] * (last + 1)) / (zero * (last - i));
      } else {
        const was = weights[at + i];
        weights[at + i] = (next * (last + 1)) / ((i + 1) * one);
        next = was - (weights[at + i] * zero * (last - i)) / (last + 1);
      }
    }
    for (let i = at + k; i < at + last; i++) {
      pathFeature[i] = pathFeature[i + 1];
      zeros[i] = zeros[i + 1];
      ones[i] = ones[i + 1];
    }
  };

  /** Sum of the weights that `unwind` would leave of an entry whose rows follow the path (one > 0). */
  const unwoundSum = (at: number, last: number, k: number): number => {
    const [zero, one] = [zeros[at + k], ones[at + k]];
    let next = weights[at + last];
    let sum = 0;
    for (let i = last - 1; i >= 0; i--) {
      const own = (next * (last + 1)) / ((i + 1) * one);
      sum += own;
      next = weights[at + i] - (own * zero * (last - i)) / (last + 1);
    }
    return sum;
  };

  /** The same of an entry whose rows do not (one = 0), times its share `zero`: then it is equal for all such entries. */
  const unwoundSumOfOthers = (at: number, last: number): number => {
    let sum = 0;
    for (let i = 0; i < last; i++) sum += (weights[at + i] * (last + 1)) / (last - i);
    return sum;
  };

  /** @param above where the path of the level above starts; it has `depth` entries. */
  const recurse = (
    codes: Uint8Array,
    into: Float64Array,
    node: number,
    above: number,
    depth: number,
    zero: number,
    one: number,
    splitFeature: number,
  ): void => {
    const at = above + depth;
    for (let i = 0; i < depth; i++) {
      pathFeature[at + i] = pathFeature[above + i];
      zeros[at + i] = zeros[above + i];
      ones[at + i] = ones[above + i];
      weights[at + i] = weights[above + i];
    }
    let last = depth;
    extend(at, last, zero, one, splitFeature);
    const child = left[node];
    if (child === 0) {
      const points = toPoints(units[node]);
      const others = unwoundSumOfOthers(at, last);
      for (let i = 1; i <= last; i++) {
        const [unknown, known] = [zeros[at + i], ones[at + i]];
        if (known !== 0)
          into[pathFeature[at + i]] += unwoundSum(at, last, i) * (known - unknown) * points;
        else if (unknown !== 0) into[pathFeature[at + i]] -= others * points;
      }
      return;
    }
    const split = feature[node];
    let [knownZero, knownOne] = [1, 1];
    for (let k = 1; k <= last; k++) {
      if (pathFeature[at + k] !== split) continue;
      [knownZero, knownOne] = [zeros[at + k], ones[at + k]];
      unwind(at, last, k);
      last--;
      break;
    }
    const goesLeft = ((codes[split] - shift[node]) & 255) <= threshold[node];
    const [hot, cold] = goesLeft ? [child, child + 1] : [child + 1, child];
    const share = cover[node] > 0 ? knownZero / cover[node] : 0;
    recurse(codes, into, hot, at, last + 1, share * cover[hot], knownOne, split);
    recurse(codes, into, cold, at, last + 1, share * cover[cold], 0, split);
  };

  let expected = 0;
  for (const root of roots) expected += meanBelow(trees, cover, root);
  return {
    expected,
    add(codes, into) {
      for (const root of roots) recurse(codes, into, root, 0, 0, 1, 1, -1);
    },
  };
}

/** Mean points of the leaves below a node, weighted by the training rows that reached them. */
function meanBelow(trees: CoveredTrees['trees'], cover: Float64Array, node: number): number {
  const child = trees.left[node];
  if (child === 0) return toPoints(trees.units[node]);
  const below = (next: number) =>
    cover[node] > 0 ? (cover[next] / cover[node]) * meanBelow(trees, cover, next) : 0;
  return below(child) + below(child + 1);
}

/** Number of splits on the longest path from a root to a leaf. */
function deepest({ roots, left }: CoveredTrees['trees']): number {
  const below = (node: number): number =>
    left[node] === 0 ? 0 : 1 + Math.max(below(left[node]), below(left[node] + 1));
  return roots.reduce((most, root) => Math.max(most, below(root)), 0);
}
