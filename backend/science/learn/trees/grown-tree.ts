export interface GrowOptions {
  /** `depth`: whole levels; `best`: the leaf that gains most first (Shi, 2007). */
  readonly order: 'depth' | 'best';
  readonly maxDepth: number;
  readonly maxLeaves: number;
  /** Ridge on leaf values, in units of hessian. */
  readonly lambda: number;
  /** Least sum of hessians in a child. */
  readonly minChildHessian: number;
  /** Least number of rows in a child, estimated from its share of the hessian. */
  readonly minChildRows: number;
  /** Least gain of a split, `score(L) + score(R) − score(L + R)`: twice the loss that it saves. */
  readonly minGain: number;
  /** Per feature: 1 leaf values may only rise with the bucket, −1 only fall, 0 as the data say. */
  readonly monotone?: Int8Array;
  /** Writes 1 for each feature that a node may split on. Absent: all. */
  readonly drawFeatures?: (allowed: Uint8Array) => void;
}

/** One grown tree: arrays by node; the root is node 0, a left child is followed by its right one. */
export interface GrownTree {
  readonly feature: number[];
  /** Left when `((code − shift) & 255) ≤ threshold`. */
  readonly threshold: number[];
  readonly shift: number[];
  /** 0 at a leaf. */
  readonly left: number[];
  /** `−G / (H + λ)` at a leaf. */
  readonly value: number[];
  /** Gain of each split, twice the loss that it saved; 0 at a leaf. */
  readonly gain: number[];
  /** Sum of hessians at each node. */
  readonly cover: number[];
  /** Of each leaf: its rows' place in the index. */
  readonly leaves: { node: number; from: number; to: number }[];
}

/** A node that may still be split. */
export interface Open {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly g: number;
  readonly h: number;
  /** Bounds that monotone splits above put on the values below. */
  readonly low: number;
  readonly high: number;
  /** Place of its stored histogram; −1: few rows, made when it is split. */
  readonly slot: number;
  split: Split | undefined;
}

interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly threshold: number;
  readonly shift: number;
  readonly g: number;
  readonly h: number;
}

export const emptyTree = (): GrownTree => ({
  feature: [],
  threshold: [],
  shift: [],
  left: [],
  value: [],
  gain: [],
  cover: [],
  leaves: [],
});

/** @returns the new node's number. */
export function addNode(tree: GrownTree, cover: number): number {
  for (const column of [tree.feature, tree.threshold, tree.shift, tree.left, tree.value, tree.gain])
    column.push(0);
  return tree.cover.push(cover) - 1;
}

/** Splits a node of the tree. @param lefts how many of its rows go left. @returns left and right child. */
export function childrenOf(
  tree: GrownTree,
  parent: Open,
  lefts: number,
  { lambda, monotone }: GrowOptions,
): [Open, Open] {
  const split = parent.split!;
  const { node, from, to, depth, low, high } = parent;
  const [g, h] = [parent.g - split.g, parent.h - split.h];
  const left = addNode(tree, split.h);
  const right = addNode(tree, h);
  tree.feature[node] = split.feature;
  tree.threshold[node] = split.threshold;
  tree.shift[node] = split.shift;
  tree.gain[node] = split.gain;
  tree.left[node] = left;
  const below = { depth: depth + 1, slot: -1, split: undefined };
  const one = { ...below, node: left, from, to: from + lefts, g: split.g, h: split.h, low, high };
  const two = { ...below, node: right, from: from + lefts, to, g, h, low, high };
  const order = monotone?.[split.feature] ?? 0;
  if (order === 0) return [one, two];
  // Values below a monotone split stay on their side of its middle (LightGBM's "basic" method).
  const middle = (valueOf(one, lambda) + valueOf(two, lambda)) / 2;
  return order > 0
    ? [
        { ...one, high: middle },
        { ...two, low: middle },
      ]
    : [
        { ...one, low: middle },
        { ...two, high: middle },
      ];
}

/** `−G / (H + λ)`, within the bounds that monotone splits above put on it. */
export function valueOf(
  { g, h, low, high }: { g: number; h: number; low: number; high: number },
  lambda: number,
): number {
  return h + lambda <= 0 ? 0 : Math.min(high, Math.max(low, -g / (h + lambda)));
}
