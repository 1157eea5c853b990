import { expect, test } from 'vitest';
import { scoringWork } from '../../../../backend/science/evaluation/scoring-work.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import {
  flatNetwork,
  flatTrees,
  randomForest,
  randomNetwork,
} from '../../../oracle/random-rerankers.ts';

const additive = additiveFromPoints(smarttrip, {}, { version: RULES_VERSION, name: 'additive' });
const features = smarttrip.features.length;
const rerank = { depth: 200, adds: false };

test('the first pass reads one entry per item and feature', () => {
  expect(scoringWork(additive)).toBe(10_000 * features);
});

test('trees add the nodes on the way down, for every item that they score again', () => {
  // Features 0 and 1 are tested: depths 2, 3 and 3 of the three leaves.
  const trees = {
    roots: Uint32Array.of(0),
    feature: Uint16Array.of(0, 0, 1, 0, 0),
    threshold: new Uint8Array(5),
    shift: new Uint8Array(5),
    left: Uint32Array.of(1, 0, 3, 0, 0),
    units: new Int32Array(5),
  };
  const forest: Scorer = { ...additive, kind: 'forest', rerank, trees };
  expect(scoringWork(forest)).toBeCloseTo(scoringWork(additive) + (200 * (2 + 3 + 3)) / 3, 9);
});

test('a network adds its embeddings, hidden weights and output', () => {
  const network = flatNetwork(randomNetwork(smarttrip, { width: 16, hidden: 32, seed: 4 }));
  const mlp: Scorer = { ...additive, kind: 'mlp', rerank, network };
  expect(scoringWork(mlp)).toBe(scoringWork(additive) + 200 * (16 * features + 16 * 32 + 32));
});

test('more trees and more depth are more work', () => {
  const of = (trees: number, depth: number) =>
    scoringWork({
      ...additive,
      kind: 'forest',
      rerank: { ...rerank, depth },
      trees: flatTrees(randomForest(smarttrip, { trees, leaves: 31, seed: 3 })),
    });
  expect(of(200, 200)).toBeGreaterThan(of(100, 200));
  expect(of(100, 400)).toBeGreaterThan(of(100, 200));
});
