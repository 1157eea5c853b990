import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverage, intraListDiversity } from '../../../../backend/science/evaluation/diversity.ts';

/** Two features, four rows. */
const CODES = Uint8Array.from([1, 1, 2, 2, 5, 6, 7, 7]);

describe('diversity of a list', () => {
  test.each([
    ['items alike in one of two features', [0, 1], 1 / 2],
    ['items that differ in all', [0, 2], 1],
    ['items alike in all', [2, 3], 0],
    ['all four: 2 alike pairs of 6, then 1 of 6', [0, 1, 2, 3], 1 - 3 / 12],
    ['one item', [0], undefined],
    ['no item', [], undefined],
  ])('%s', (_, list, expected) => {
    expect(intraListDiversity(CODES, 4, list)).toBe(expected);
  });

  test('equals the count over pairs', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 8 })
          .chain((rows) =>
            fc.tuple(
              fc.constant(rows),
              fc.uint8Array({ minLength: 3 * rows, maxLength: 3 * rows, max: 3 }),
            ),
          ),
        ([rows, codes]) => {
          let [differing, pairs] = [0, 0];
          for (let a = 0; a < rows; a++) {
            for (let b = 0; b < a; b++, pairs++) {
              for (let f = 0; f < 3; f++)
                differing += codes[f * rows + a] === codes[f * rows + b] ? 0 : 1 / 3;
            }
          }
          const list = Array.from({ length: rows }, (_, i) => i);
          expect(intraListDiversity(codes, rows, list)).toBeCloseTo(differing / pairs, 12);
        },
      ),
      { seed: 4401 },
    );
  });
});

test('coverage counts an item once, and knows no share of an empty catalogue', () => {
  expect(coverage([3, 3, 5], 10)).toBe(0.2);
  expect(coverage([], 10)).toBe(0);
  expect(coverage([], 0)).toBeUndefined();
});
