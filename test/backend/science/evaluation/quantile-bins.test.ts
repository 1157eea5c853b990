import { expect, test } from 'vitest';
import { binOf, quantileEdges } from '../../../../backend/science/evaluation/quantile-bins.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

const random = seededRandom(4602);
const countIn = (edges: readonly number[], all: readonly number[]) => {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const score of all) counts[binOf(edges, score)]++;
  return counts;
};

test('bins hold a tenth of the reference each', () => {
  const reference = Array.from({ length: 1000 }, () => random() + random());
  const counts = countIn(quantileEdges(reference), reference);
  expect(counts).toEqual(Array.from({ length: 10 }, () => 100));
});

test('scores that many rows share make fewer bins, and no empty one', () => {
  const few = [1, 1, 1, 1, 1, 1, 2, 3];
  expect(quantileEdges(few)).toEqual([1, 2]);
  expect(countIn([1, 2], few)).toEqual([6, 1, 1]);
  expect(quantileEdges([4, 4])).toEqual([]);
});
