import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Schema } from '../../../shared/features/schema.ts';
import { treesProblem, treesRange, treesUnits, type Trees } from '../../../shared/score/trees.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';
import { forestUnits, leafUnits, type PlainTree } from '../../oracle/reranker.ts';
import { codesFor, forestShapes, schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const forests = schemas.chain((schema) =>
  fc.tuple(
    fc.constant(schema),
    forestShapes,
    fc.array(codesFor(schema), { minLength: 1, maxLength: 20 }),
  ),
);
const F = (schema: Schema) => schema.features.length;

describe(`flat trees (seed ${SEED})`, () => {
  it('give every item what a recursive walk of the same trees gives, bit for bit', () => {
    fuzz(forests, ([schema, shape, items]) => {
      const plain = randomForest(schema, shape);
      const trees = flatTrees(plain);
      const codes = Uint8Array.from(items.flat());
      expect(treesProblem(trees, F(schema))).toBeUndefined();
      expect(items.map((_, i) => treesUnits(trees, codes, i * F(schema)))).toEqual(
        items.map((own) => forestUnits(plain, own)),
      );
    });
  });

  it('score within their range, and a lone tree reaches both ends of it', () => {
    fuzz(forests, ([schema, shape, items]) => {
      const plain = randomForest(schema, shape);
      const { low, high } = treesRange(flatTrees(plain));
      for (const own of items) {
        expect(forestUnits(plain, own)).toBeGreaterThanOrEqual(low);
        expect(forestUnits(plain, own)).toBeLessThanOrEqual(high);
      }
      const leaves = leavesOf(plain[0]);
      expect(treesRange(flatTrees([plain[0]]))).toEqual({
        low: Math.min(...leaves),
        high: Math.max(...leaves),
      });
    });
  });

  test.each<[string, Partial<PlainTree>, number, 'left' | 'right']>([
    ['a code at the threshold', { upTo: 3, missing: 'right' }, 3, 'left'],
    ['a code beyond the threshold', { upTo: 3, missing: 'left' }, 4, 'right'],
    [
      'the greatest code under the greatest threshold',
      { upTo: 255, missing: 'right' },
      255,
      'left',
    ],
    ['a missing code that goes left', { upTo: 3, missing: 'left' }, 0, 'left'],
    ['a missing code that goes right', { upTo: 255, missing: 'right' }, 0, 'right'],
  ])('%s', (_, split, code, side) => {
    const tree = { feature: 0, ...split, left: { units: 1 }, right: { units: 2 } } as PlainTree;
    const units = side === 'left' ? 1 : 2;
    expect(leafUnits(tree, [code])).toBe(units);
    expect(treesUnits(flatTrees([tree]), [code])).toBe(units);
  });
});

const leavesOf = (tree: PlainTree): number[] =>
  'units' in tree ? [tree.units] : [...leavesOf(tree.left), ...leavesOf(tree.right)];

describe('treesProblem', () => {
  const split = { feature: 1, upTo: 2, missing: 'left' } as const;
  const stump: PlainTree = { ...split, left: { units: 1 }, right: { units: 2 } };
  const deeper: PlainTree = { ...split, left: stump, right: { units: 3 } };
  const sound = flatTrees([stump, deeper]);

  it('finds none in sound trees', () => {
    expect(treesProblem(sound, 2)).toBeUndefined();
    expect(treesProblem(flatTrees([{ units: 7 }]), 1)).toBeUndefined();
  });

  it.each<[string, (trees: Trees) => Partial<Trees>, string]>([
    [
      'no tree',
      () => ({ roots: new Uint32Array() }),
      'a forest has 1 to 4096 trees, but this one has 0',
    ],
    [
      'arrays of two lengths',
      ({ left }) => ({ left: left.slice(1) }),
      'the arrays of 7 nodes must be of one length',
    ],
    [
      'a first tree that starts late',
      () => ({ roots: Uint32Array.of(1, 3) }),
      'tree 0 must start at node 0, but starts at 1',
    ],
    [
      'a tree without nodes',
      () => ({ roots: Uint32Array.of(0, 3, 3) }),
      'tree 1 must have 1 to 65535 nodes, but has 0',
    ],
    [
      'roots that fall',
      () => ({ roots: Uint32Array.of(0, 3, 2) }),
      'tree 1 must have 1 to 65535 nodes, but has -1',
    ],
    [
      'a root past the nodes',
      () => ({ roots: Uint32Array.of(0, 9) }),
      'tree 0 must have 1 to 65535 nodes, but has 9 from node 0 of 8',
    ],
    [
      'a node that is its own child',
      ({ left }) => ({ left: left.with(3, 3) }),
      'tree 1, node 0 of 5 has the left child 0: children come after',
    ],
    [
      'a child before its parent',
      ({ left }) => ({ left: left.with(4, 3) }),
      'tree 1, node 1 of 5 has the left child 0',
    ],
    [
      'a child in the next tree',
      ({ left }) => ({ left: left.with(0, 2) }),
      'tree 0, node 0 of 3 has the left child 2',
    ],
    [
      'a right child past the end',
      ({ left }) => ({ left: left.with(4, 7) }),
      'tree 1, node 1 of 5 has the left child 4',
    ],
    [
      'a node with two parents',
      ({ left }) => ({ left: left.with(4, 5).with(3, 5) }),
      "tree 1, node 1 is no node's child",
    ],
    [
      'a node that shares its children',
      ({ left }) => ({ left: left.with(5, 6) }),
      'tree 1, node 2 shares a child with another node: 3 or 4',
    ],
    [
      'a feature that the schema lacks',
      ({ feature }) => ({ feature: feature.with(3, 2) }),
      'tree 1, node 0 asks feature 2, but the schema has 2',
    ],
    [
      'another shift',
      ({ shift }) => ({ shift: shift.with(4, 2) }),
      'tree 1, node 1 has shift 2: it must be 0 or 1',
    ],
  ])('names %s', (_, damage, message) => {
    expect(treesProblem({ ...sound, ...damage(sound) }, 2)).toContain(message);
  });

  it('passes no trees in which a walk leaves its tree or never ends', () => {
    const change = fc.tuple(
      fc.constantFrom<'left' | 'feature' | 'roots'>('left', 'feature', 'roots'),
      fc.nat(),
      fc.nat(9),
    );
    let passed = 0;
    fuzz(
      fc.array(change, { minLength: 1, maxLength: 2 }),
      (changes) => {
        const units = new Int32Array(sound.left.length).fill(1);
        const trees = {
          ...sound,
          units,
          left: sound.left.slice(),
          feature: sound.feature.slice(),
          roots: sound.roots.slice(),
        };
        for (const [part, at, value] of changes) trees[part][at % trees[part].length] = value;
        if (treesProblem(trees, 2) !== undefined) return;
        passed++;
        expect(treesUnits(trees, [0, 9])).toBe(trees.roots.length);
      },
      3000,
    );
    expect(passed).toBeGreaterThan(10);
  });
});
