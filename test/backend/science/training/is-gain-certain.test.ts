import { expect, test } from 'vitest';
import { isGainCertain } from '../../../../backend/science/training/is-gain-certain.ts';
import { clusteredMean } from '../../../../backend/science/statistics/interval.ts';

/** Eleven clusters with a given t value: their mean by its standard error. */
function gainOf(t: number) {
  const values = Array.from({ length: 11 }, (_, i) => i - 5);
  const error = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / 10 / 11);
  return clusteredMean(
    values.map((value) => value + t * error),
    values,
  )!;
}

// Quantiles of Student's t with 10 degrees of freedom (tables): one-sided 0.025 is at 2.2281, 0.0125 at 2.6338, 0.00625 at 3.0382.
test.each([
  ['one comparison has all of the error rate, on one side', 2.2281, 1],
  ['of two each has half of it', 2.6338, 2],
  ['of four each has a quarter', 3.0382, 4],
])('%s', (_, limit, comparisons) => {
  expect(isGainCertain(gainOf(limit + 0.002), 0.025, comparisons)).toBe(true);
  expect(isGainCertain(gainOf(limit - 0.002), 0.025, comparisons)).toBe(false);
});

test('a loss is no gain, however certain, and neither is what does not vary', () => {
  expect(isGainCertain(gainOf(-50), 0.025, 1)).toBe(false);
  expect(isGainCertain(gainOf(0), 0.025, 1)).toBe(false);
  expect(isGainCertain({ ...gainOf(3), low: gainOf(3).mean }, 0.025, 1)).toBe(false);
});
