import { expect, it } from 'vitest';
import { percentAtMost } from '../../../shared/text/text.ts';

it('shows every share of whole hundredths of a percent as it is', () => {
  for (let i = 0; i <= 10_000; i++) expect(percentAtMost(i / 10_000)).toBe(`${i / 100} %`);
});

it.each([
  [0.99999, '99.99 %'],
  [999_999_999 / 1_000_000_000, '99.99 %'],
  [0.00029, '0.02 %'],
  [1 / 3, '33.33 %'],
])('rounds down what lies between them: %s is %s', (share, text) =>
  expect(percentAtMost(share)).toBe(text),
);
