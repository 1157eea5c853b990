import type { GrownTree } from '../device/tree-growers.ts';

export const emptyTree = (): GrownTree => ({
  feature: [],
  threshold: [],
  shift: [],
  left: [],
  value: [],
  gain: [],
  cover: [],
});

/** Adds a leaf of value 0. @returns the new node's number. */
export function addNode(tree: GrownTree, cover: number): number {
  for (const column of [tree.feature, tree.threshold, tree.shift, tree.left, tree.value, tree.gain])
    column.push(0);
  return tree.cover.push(cover) - 1;
}
