import type { Network } from '../../../shared/score/network.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import type { Trees } from '../../../shared/score/trees.ts';

/** A catalogue of this size makes the figure comparable between versions, whatever is for sale today. */
const ITEMS = 10_000;

/**
 * How much work it takes to score one request at the edge, as a count and not as a time, so that the same scorer has the
 * same figure on every machine. A unit is one memory read that depends on the item: a table entry of the first pass, a
 * node of a tree on an item's way down, or a parameter of the network.
 */
export function scoringWork(scorer: Scorer): number {
  const features = scorer.schema.features.length;
  const first = ITEMS * (features + (scorer.crosses?.length ?? 0));
  if (scorer.kind === 'additive') return first;
  const perItem =
    scorer.kind === 'forest'
      ? nodesVisited(scorer.trees)
      : parametersRead(scorer.network, features);
  return first + scorer.rerank.depth * perItem;
}

/** Nodes on the way to a leaf, added up over the trees; on average over the leaves. */
function nodesVisited({ roots, left }: Trees): number {
  let sum = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    const end = roots[tree + 1] ?? left.length;
    // A child comes later than its parent, so one pass knows the depth of every node before it is needed.
    const depth = new Map([[roots[tree], 1]]);
    let [leaves, nodes] = [0, 0];
    for (let node = roots[tree]; node < end; node++) {
      const own = depth.get(node)!;
      if (left[node] === 0) {
        leaves++;
        nodes += own;
      } else {
        depth.set(left[node], own + 1);
        depth.set(left[node] + 1, own + 1);
      }
    }
    sum += nodes / leaves;
  }
  return sum;
}

function parametersRead({ width, hidden, output }: Network, features: number): number {
  return (
    width * features + hidden.reduce((sum, { weights }) => sum + weights.length, 0) + output.length
  );
}
