import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  coveredTrees,
  type CoveredTrees,
} from '../../../../../backend/science/evaluation/importance/covered-trees.ts';
import { treeExplainer } from '../../../../../backend/science/evaluation/importance/tree-shap.ts';
import { toTrees } from '../../../../../backend/science/learn/trees/to-trees.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { toPoints } from '../../../../../shared/score/scorer.ts';
import { treesUnits } from '../../../../../shared/score/trees.ts';
import type { GrownTree } from '../../../../../backend/science/learn/device/tree-growers.ts';
import { shapleyValues } from '../../../../oracle/shapley.ts';
import { runs } from '../../../../shared/support/seed.ts';

const FEATURES = 5;
const BUCKETS = 6;

type Shape =
  | number
  | { feature: number; threshold: number; shift: number; share: number; below: [Shape, Shape] };

/** A tree as growing would leave it. @param cover of the root. */
function grown(shape: Shape, cover: number): GrownTree {
  const tree: GrownTree = {
    feature: [0],
    threshold: [0],
    shift: [0],
    left: [0],
    value: [0],
    gain: [0],
    cover: [cover],
  };
  const fill = (node: number, at: Shape) => {
    if (typeof at === 'number') {
      tree.value[node] = at;
      return;
    }
    const left = tree.left.length;
    for (const column of [
      tree.feature,
      tree.threshold,
      tree.shift,
      tree.left,
      tree.value,
      tree.gain,
    ])
      column.push(0, 0);
    tree.cover.push(tree.cover[node] * at.share, tree.cover[node] * (1 - at.share));
    tree.feature[node] = at.feature;
    tree.threshold[node] = at.threshold;
    tree.shift[node] = at.shift;
    tree.left[node] = left;
    tree.gain[node] = 1;
    fill(left, at.below[0]);
    fill(left + 1, at.below[1]);
  };
  fill(0, shape);
  return tree;
}

function randomShape(random: () => number, depth: number): Shape {
  const any = (n: number) => Math.floor(random() * n);
  if (depth === 0 || random() < 0.15) return Math.round((random() - 0.5) * 4096) / 64;
  return {
    feature: any(FEATURES),
    threshold: any(BUCKETS - 1),
    shift: any(2),
    share: 0.05 + 0.9 * random(),
    below: [randomShape(random, depth - 1), randomShape(random, depth - 1)],
  };
}

const covered = (shapes: readonly Shape[]): CoveredTrees => {
  const trees = shapes.map((shape, i) => grown(shape, 100 * (i + 1)));
  return coveredTrees(toTrees(trees, 1), trees);
};

/** What the trees give in the mean when only some features are known, as splits on the others go both ways. */
function meanGiven({ trees, cover }: CoveredTrees, codes: Uint8Array, known: number): number {
  const below = (node: number): number => {
    const child = trees.left[node];
    if (child === 0) return toPoints(trees.units[node]);
    const feature = trees.feature[node];
    if ((known >> feature) & 1) {
      const code = (codes[feature] - trees.shift[node]) & 255;
      return below(code <= trees.threshold[node] ? child : child + 1);
    }
    return (
      (cover[child] * below(child) + cover[child + 1] * below(child + 1)) /
      (cover[child] + cover[child + 1])
    );
  };
  return [...trees.roots].reduce((sum, root) => sum + below(root), 0);
}

function explain(model: CoveredTrees, codes: Uint8Array, features = FEATURES): Float64Array {
  const parts = new Float64Array(features);
  treeExplainer(model).add(codes, parts);
  return parts;
}

const worlds = fc.record({
  seed: fc.integer(),
  trees: fc.integer({ min: 1, max: 4 }),
  depth: fc.integer({ min: 0, max: 8 }),
});
const made = ({ seed, trees, depth }: { seed: number; trees: number; depth: number }) => {
  const random = seededRandom(seed);
  const model = covered(Array.from({ length: trees }, () => randomShape(random, depth)));
  const codes = Uint8Array.from({ length: FEATURES }, () => Math.floor(random() * BUCKETS));
  return { model, codes };
};

test('equals the Shapley values over all subsets, features asked again on a path included', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { model, codes } = made(world);
      const oracle = shapleyValues(FEATURES, (known) => meanGiven(model, codes, known));
      const parts = explain(model, codes);
      oracle.forEach((value, feature) => expect(parts[feature]).toBeCloseTo(value, 9));
    }),
    { numRuns: runs(200) },
  );
});

test('parts add up to the score that the edge gives, less the expected one', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { model, codes } = made(world);
      const { expected } = treeExplainer(model);
      expect(expected).toBeCloseTo(meanGiven(model, codes, 0), 9);
      const sum = explain(model, codes).reduce((total, part) => total + part, 0);
      expect(sum).toBeCloseTo(toPoints(treesUnits(model.trees, codes)) - expected, 8);
    }),
    { numRuns: runs(100) },
  );
});

const both = (first: number, second: number): Shape => ({
  feature: first,
  threshold: 2,
  shift: 0,
  share: 0.5,
  below: [0, { feature: second, threshold: 2, shift: 0, share: 0.5, below: [0, 64] }],
});

test('features that play the same part get the same; a feature that is not asked gets 0', () => {
  const parts = explain(covered([both(0, 3), both(3, 0)]), Uint8Array.of(5, 1, 1, 5, 1));
  expect(parts[0]).toBeCloseTo(parts[3], 12);
  expect(parts[0]).toBeGreaterThan(0);
  expect([parts[1], parts[2], parts[4]]).toEqual([0, 0, 0]);
});

test('one split: the part is the step from the mean to the leaf', () => {
  const model = covered([{ feature: 2, threshold: 0, shift: 0, share: 0.25, below: [8, 0] }]);
  expect(treeExplainer(model).expected).toBe(2);
  expect([...explain(model, Uint8Array.of(1, 1, 0, 1, 1))]).toEqual([0, 0, 6, 0, 0]);
  expect([...explain(model, Uint8Array.of(1, 1, 3, 1, 1))]).toEqual([0, 0, -2, 0, 0]);
});

test('a tree that is one leaf moves nothing', () => {
  expect([...explain(covered([7]), new Uint8Array(FEATURES))]).toEqual([0, 0, 0, 0, 0]);
  expect(treeExplainer(covered([7])).expected).toBe(7);
});

test('grown trees that are not those of the scorer are refused', () => {
  const tree = grown(7, 1);
  expect(() => coveredTrees(toTrees([tree], 1), [tree, tree])).toThrow(
    '2 grown trees of 2 nodes are not the 1 trees of 1 nodes',
  );
});
