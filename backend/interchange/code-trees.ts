import { invalid } from '../../shared/domain/errors.ts';
import { toUnits } from '../../shared/score/scorer.ts';
import type { Trees } from '../../shared/score/trees.ts';

/** A tree whose tests are of buckets: `left` has 1 for each bucket of the feature that goes left. A leaf is its value. */
export type BucketNode =
  | number
  | {
      readonly feature: number;
      readonly left: Uint8Array;
      readonly yes: BucketNode;
      readonly no: BucketNode;
    };

/** A tree as the edge has it. A leaf is its units. */
type CodeNode =
  | number
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly shift: number;
      readonly yes: CodeNode;
      readonly no: CodeNode;
    };

/** More than these do not fit into a scorer's bytes. */
const MOST_NODES = 200_000;
const MOST_TREES = 4096;
const MOST_NODES_PER_TREE = 65_535;

/**
 * Trees of the edge from trees of buckets. The edge's tests divide the codes at one threshold, with the missing one on either side; a
 * test of any other set of buckets becomes several, whose branches are copies of its own, less what the tests above rule out.
 * @param points how many a leaf value of 1 is worth. @throws ApiError 400 where a tree gets too large.
 */
export function codeTrees(roots: readonly BucketNode[], points: number): Trees {
  if (roots.length < 1 || roots.length > MOST_TREES)
    throw invalid(`the model has ${roots.length} trees: 1 to ${MOST_TREES} fit`);
  const out = {
    feature: [] as number[],
    threshold: [] as number[],
    shift: [] as number[],
    left: [] as number[],
    units: [] as number[],
  };
  const starts = roots.map((root, tree) => {
    const start = out.left.length;
    const made = { nodes: 0 };
    writeNode(expand(root, new Map(), points, made, tree), out);
    if (out.left.length > MOST_NODES) throw tooLarge(`the trees up to tree ${tree}`, MOST_NODES);
    return start;
  });
  return {
    roots: Uint32Array.from(starts),
    feature: Uint16Array.from(out.feature),
    threshold: Uint8Array.from(out.threshold),
    shift: Uint8Array.from(out.shift),
    left: Uint32Array.from(out.left),
    units: Int32Array.from(out.units),
  };
}

const tooLarge = (what: string, most: number) =>
  invalid(
    `${what} would have more than ${most.toLocaleString('en')} nodes at the edge: train fewer or smaller trees, or let numbers stand for buckets in place of categories, whose tests take several each`,
  );

/** @param allowed by feature, the buckets that the tests above let through, ascending. */
function expand(
  node: BucketNode,
  allowed: ReadonlyMap<number, readonly number[]>,
  points: number,
  made: { nodes: number },
  tree: number,
): CodeNode {
  if (++made.nodes > MOST_NODES_PER_TREE) throw tooLarge(`tree ${tree}`, MOST_NODES_PER_TREE);
  if (typeof node === 'number') return toUnits(node * points);
  const { feature, left } = node;
  const buckets = allowed.get(feature) ?? Array.from(left, (_, bucket) => bucket);
  const isLeft = (bucket: number) => left[bucket] === 1;
  if (buckets.every(isLeft)) return expand(node.yes, allowed, points, made, tree);
  if (!buckets.some(isLeft)) return expand(node.no, allowed, points, made, tree);
  const cut = bestCut(buckets, isLeft);
  const within = (some: readonly number[]) => new Map(allowed).set(feature, some);
  const under = (some: readonly number[]) => expand(node, within(some), points, made, tree);
  const [yes, no] = [under(cut.below), under(cut.above)];
  if (typeof yes === 'number' && yes === no) return yes;
  return { feature, threshold: cut.threshold, shift: cut.shift, yes, no };
}

interface Cut {
  readonly threshold: number;
  readonly shift: number;
  readonly below: readonly number[];
  readonly above: readonly number[];
}

/** Where to divide the buckets so that fewest tests are left: in the middle of the places where the side changes. */
function bestCut(buckets: readonly number[], isLeft: (bucket: number) => boolean): Cut {
  const plain = changesIn(buckets, isLeft);
  // With the missing one behind all others, as a shift by 1 has it.
  const turned = buckets[0] === 0 ? [...buckets.slice(1), 0] : buckets;
  const shifted = changesIn(turned, isLeft);
  const shift = shifted.length < plain.length ? 1 : 0;
  const [order, changes] = shift === 1 ? [turned, shifted] : [buckets, plain];
  const at = changes[changes.length >> 1];
  const [below, above] = [order.slice(0, at), order.slice(at)];
  return {
    threshold: below.at(-1)! - shift,
    shift,
    below: below.toSorted((a, b) => a - b),
    above: above.toSorted((a, b) => a - b),
  };
}

/** Indexes of those that go another way than the one before. */
const changesIn = (order: readonly number[], isLeft: (bucket: number) => boolean): number[] =>
  order.flatMap((bucket, i) => (i > 0 && isLeft(bucket) !== isLeft(order[i - 1]) ? [i] : []));

type Arrays = Record<'feature' | 'threshold' | 'shift' | 'left' | 'units', number[]>;

/** Level by level, so that children come after their parent and side by side. */
function writeNode(root: CodeNode, out: Arrays): void {
  const start = out.left.length;
  const waiting: CodeNode[] = [root];
  for (let i = 0; i < waiting.length; i++) {
    const node = waiting[i];
    const isLeaf = typeof node === 'number';
    out.feature.push(isLeaf ? 0 : node.feature);
    out.threshold.push(isLeaf ? 0 : node.threshold);
    out.shift.push(isLeaf ? 0 : node.shift);
    out.units.push(isLeaf ? node : 0);
    out.left.push(isLeaf ? 0 : start + waiting.length);
    if (!isLeaf) waiting.push(node.yes, node.no);
  }
}
