/**
 * Regression trees over bucket codes in flat arrays: the nodes
 * of tree t are `roots[t] .. roots[t + 1]`, its root first.
 */
export interface Trees {
  /** Index of each tree's root, ascending from 0. */
  readonly roots: Uint32Array;
  /** Per node: the feature that an inner node tests. */
  readonly feature: Uint16Array;
  /**
   * A row goes left when `((code − shift) & 255) ≤ threshold`. Shift 0 sends bucket 0 (missing) left, shift 1 sends
   * it right.
   */
  readonly threshold: Uint8Array;
  readonly shift: Uint8Array;
  /** 0 for a leaf; otherwise the left child, which comes later in the same tree. The right child is `left + 1`. */
  readonly left: Uint32Array;
  /** Value of a leaf in units; values of inner nodes are neither read nor stored. */
  readonly units: Int32Array;
}

const MAX_TREES = 4096;
const MAX_NODES_PER_TREE = 65_535;

/**
 * Sum of the leaf values of one item's codes, in units: a sum of integers, so exact in any order. Many rows are scored
 * faster by `treesBlock`.
 */
export function treesUnits(trees: Trees, codes: ArrayLike<number>, offset = 0): number {
  const { roots } = trees;
  let sum = 0;
  for (let tree = 0; tree < roots.length; tree++)
    sum += walkTree(trees, roots[tree], codes, offset, 1);
  return sum;
}

/** The value of the leaf that one tree gives to the row whose code of feature f is at `offset + f · stride`. */
export function walkTree(
  { feature, threshold, shift, left, units }: Trees,
  root: number,
  codes: ArrayLike<number>,
  offset: number,
  stride: number,
): number {
  let node = root;
  for (let child = left[node]; child !== 0; child = left[node]) {
    const code = (codes[offset + feature[node] * stride] - shift[node]) & 255;
    // The sign bit of the difference is 1 when the code exceeds the
    // threshold. Without a branch, nothing is mispredicted.
    node = child + ((threshold[node] - code) >>> 31);
  }
  return units[node];
}

/** Lowest and highest possible sum in units: the sums of every tree's lowest and highest leaf. */
export function treesRange({ roots, left, units }: Trees): { low: number; high: number } {
  let [low, high] = [0, 0];
  roots.forEach((root, tree) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let node = root; node < endOf(roots, tree, left.length); node++) {
      if (left[node] !== 0) continue;
      least = Math.min(least, units[node]);
      most = Math.max(most, units[node]);
    }
    low += least;
    high += most;
  });
  return { low, high };
}

/** @returns why these are not valid trees for `features` features, or undefined. Walking valid trees always ends. */
export function treesProblem(trees: Trees, features: number): string | undefined {
  const { roots, feature, threshold, shift, left, units } = trees;
  const nodes = left.length;
  if (![feature, threshold, shift, units].every(({ length }) => length === nodes))
    return `the arrays of ${nodes} nodes must be of one length`;
  if (roots.length < 1 || roots.length > MAX_TREES)
    return `a forest has 1 to ${MAX_TREES} trees, but this one has ${roots.length}`;
  if (roots[0] !== 0) return `tree 0 must start at node 0, but starts at ${roots[0]}`;
  const isChild = new Uint8Array(nodes);
  for (let tree = 0; tree < roots.length; tree++) {
    const [root, end] = [roots[tree], endOf(roots, tree, nodes)];
    const size = end - root;
    if (end > nodes || size < 1 || size > MAX_NODES_PER_TREE)
      return `tree ${tree} must have 1 to ${MAX_NODES_PER_TREE} nodes, but has ${size} from node ${root} of ${nodes}`;
    for (let node = root; node < end; node++) {
      const at = `tree ${tree}, node ${node - root}`;
      if (isChild[node] === 0 && node !== root) return `${at} is no node's child`;
      const child = left[node];
      if (child === 0) continue;
      if (child <= node || child + 1 >= end)
        return `${at} of ${size} has the left child ${child - root}: children come after their parent`;
      if (isChild[child] + isChild[child + 1] > 0)
        return `${at} shares a child with another node: ${child - root} or ${child - root + 1}`;
      isChild.fill(1, child, child + 2);
      if (feature[node] >= features)
        return `${at} asks feature ${feature[node]}, but the schema has ${features}`;
      if (shift[node] > 1) return `${at} has shift ${shift[node]}: it must be 0 or 1`;
    }
  }
  return undefined;
}

const endOf = (roots: Uint32Array, tree: number, nodes: number): number =>
  tree + 1 < roots.length ? roots[tree + 1] : nodes;
