import type { GrownTree, GrowOptions } from '../../science/learn/device/tree-growers.ts';
import { addNode } from '../../science/learn/trees/new-tree.ts';

/** A node of a tree that grows, and its rows: places `from .. to − 1` of the index. */
export interface OpenNode {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly g: number;
  readonly h: number;
  /** Bounds that monotone splits above put on the values below. */
  readonly low: number;
  readonly high: number;
  /** Number of its stored histogram; −1: it has few rows, and its histogram is made when it is split. */
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

/** Adds the children of a node that is split. @param lefts how many of its rows go left. @returns left and right child. */
export function childrenOf(
  tree: GrownTree,
  parent: OpenNode,
  lefts: number,
  { lambda, monotone }: GrowOptions,
): [OpenNode, OpenNode] {
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
