import type { Trees } from './trees.ts';

/** The kernel numbers the leaves of a tree in 8 bits. */
const MOST_LEAVES = 256;

/** Trees as the kernel reads them (`shared/kernels/assembly/trees.ts`). */
export interface TreeImage {
  /** Each test that the trees ask once: feature + 2¹⁶ · shift + 2²⁴ · threshold. */
  readonly tests: Uint32Array;
  readonly program: Uint16Array;
  readonly programTrees: number;
  /** Roots of those that have more leaves than the kernel can number, and are walked. */
  readonly walked: Uint32Array;
}

/** @param trees valid ones, for which `treesProblem` returns undefined. */
export function treeImage(trees: Trees): TreeImage {
  const numbers = new Map<number, number>();
  const program: number[] = [];
  const walked: number[] = [];
  const testOf = (node: number) => {
    const test = trees.feature[node] + (trees.shift[node] << 16) + trees.threshold[node] * 2 ** 24;
    if (!numbers.has(test)) numbers.set(test, numbers.size);
    return numbers.get(test)!;
  };
  trees.roots.forEach((root, tree) => {
    const end = trees.roots[tree + 1] ?? trees.left.length;
    if (end - root >= 2 * MOST_LEAVES) walked.push(root);
    else writeTree(trees, root, end, testOf, program);
  });
  return {
    tests: Uint32Array.from(numbers.keys()),
    program: Uint16Array.from(program),
    programTrees: trees.roots.length - walked.length,
    walked: Uint32Array.from(walked),
  };
}

/**
 * Leaves are numbered from left to right. Then the rows of all leaves whose number has some bit are those of a few
 * subtrees, where in another order each leaf would have to be named.
 */
function writeTree(
  { left, units }: Trees,
  root: number,
  end: number,
  testOf: (node: number) => number,
  to: number[],
): void {
  const leaves: number[] = [];
  /** By node of the tree: the numbers of its leaves are `first .. last − 1`. */
  const first = new Uint16Array(end - root);
  const last = new Uint16Array(end - root);
  const number = (node: number): void => {
    first[node - root] = leaves.length;
    if (left[node] === 0) leaves.push(units[node]);
    else {
      number(left[node]);
      number(left[node] + 1);
    }
    last[node - root] = leaves.length;
  };
  number(root);
  const bitCount = Math.ceil(Math.log2(leaves.length));
  to.push(leaves.length - 1, bitCount);
  for (let node = root; node < end; node++)
    if (left[node] !== 0) to.push(testOf(node), node - root, left[node] - root);
  for (let bit = bitCount - 1; bit >= 0; bit--) {
    const places = placesWith(bit, left, root, first, last);
    to.push(places.length, ...places);
  }
  if (to.length % 2 === 1) to.push(0);
  to.push(leaves.length, 0);
  for (const value of leaves) to.push(value & 0xffff, value >>> 16);
}

/** The fewest nodes whose leaves together are those with the bit in their number. */
function placesWith(
  bit: number,
  left: Uint32Array,
  root: number,
  first: Uint16Array,
  last: Uint16Array,
): number[] {
  const places: number[] = [];
  const visit = (node: number): void => {
    const [from, to] = [first[node - root], last[node - root] - 1];
    // From one number to another, the bit stays as it is where nothing from it on up changes.
    if (from >> bit !== to >> bit) {
      visit(left[node]);
      visit(left[node] + 1);
    } else if (((from >> bit) & 1) === 1) places.push(node - root);
  };
  visit(root);
  return places;
}
