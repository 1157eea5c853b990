import { expect, test } from 'vitest';
import { valueBins } from '../../../../backend/science/evaluation/value-bins.ts';

test('frequent texts have buckets of their own, rare ones share one, and numbers are binned by their quantiles', () => {
  const titles = Array.from({ length: 300 }, (_, n) => `title ${n}`);
  const prices = Array.from({ length: 80 }, (_, n) => n);
  const bucketOf = valueBins([...titles, ...Array(50).fill('open'), undefined, ...prices]);
  expect(bucketOf(undefined)).toBe(0);
  expect(bucketOf('open')).toBe(1);
  expect(new Set(['title 1', 'title 2', 'never seen'].map(bucketOf)).size).toBe(1);
  expect(bucketOf('title 1')).not.toBe(bucketOf('open'));
  const bins = prices.map(bucketOf);
  expect(bins).toEqual(bins.toSorted((a, b) => a - b));
  expect(new Set(bins).size).toBe(8);
  expect(bucketOf(1e9)).toBe(bucketOf(79));
  expect(bucketOf(-1)).toBe(bucketOf(0));
});
