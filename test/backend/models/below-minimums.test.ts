import { expect, test } from 'vitest';
import { belowMinimumsOf, belowMinimumsText } from '../../../backend/models/below-minimums.ts';

test.each([
  ['one that lacked data', { belowMinimums: ['3 of 30 days'] }, ['3 of 30 days']],
  ['one that had enough', { belowMinimums: [] }, []],
  ['the rules', { rules: 'smarttrip' }, []],
  ['weights given by hand', { givenBy: 'ana' }, []],
  ['one from before it was stored', { learner: 'additive', missing: [] }, null],
  ['one found in KV by a store that was lost', { found: 'in KV' }, null],
] as const)('%s', (_, lineage, expected) => {
  expect(belowMinimumsOf(lineage)).toEqual(expected);
});

test('is said in words', () => {
  expect(belowMinimumsText(['3 of 30 days', '12 of 1,000 users'])).toBe(
    'trained below the recommended minimums: 3 of 30 days, 12 of 1,000 users',
  );
  expect(belowMinimumsText(null)).toBe('whether its training data were enough is unknown');
  expect(belowMinimumsText([])).toBeUndefined();
});
