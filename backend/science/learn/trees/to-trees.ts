import { toUnits } from '../../../../shared/score/scorer.ts';
import type { Trees } from '../../../../shared/score/trees.ts';
import type { GrownTree } from '../device/tree-growers.ts';

/** Grown trees in the edge's format. @param points how many a leaf value of 1 is worth. */
export function toTrees(grown: readonly GrownTree[], points: number): Trees {
  const roots = new Uint32Array(grown.length);
  let nodes = 0;
  grown.forEach((tree, t) => {
    roots[t] = nodes;
    nodes += tree.left.length;
  });
  const trees = {
    roots,
    feature: new Uint16Array(nodes),
    threshold: new Uint8Array(nodes),
    shift: new Uint8Array(nodes),
    left: new Uint32Array(nodes),
    units: new Int32Array(nodes),
  };
  grown.forEach((tree, t) => {
    const root = roots[t];
    for (let node = 0; node < tree.left.length; node++) {
      const isLeaf = tree.left[node] === 0;
      trees.feature[root + node] = tree.feature[node];
      trees.threshold[root + node] = tree.threshold[node];
      trees.shift[root + node] = tree.shift[node];
      trees.left[root + node] = isLeaf ? 0 : root + tree.left[node];
      trees.units[root + node] = isLeaf ? toUnits(tree.value[node] * points) : 0;
    }
  });
  return trees;
}
