import { expect, test } from 'vitest';
import { fallOfRewards } from '../../../../backend/science/training/fall-of-rewards.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';

/** The slates with a reward of a log whose rate is one after the other for so many slates each. */
function rewardedAt(
  parts: readonly (readonly [rate: number, slates: number])[],
  seed: number,
): { readonly rewarded: number[]; readonly of: number } {
  const random = seededRandom(seed);
  const rewarded: number[] = [];
  let of = 0;
  for (const [rate, slates] of parts)
    for (let i = 0; i < slates; i++, of++) if (random() < rate) rewarded.push(of);
  return { rewarded, of };
}

test.each([
  [
    'at once',
    [
      [0.3, 6000],
      [0.03, 3000],
    ],
    6000,
  ],
  [
    'after a climb',
    [
      [0.05, 3000],
      [0.15, 3000],
      [0.17, 3000],
      [0.027, 3000],
    ],
    9000,
  ],
  [
    'and new weights brought rewards back',
    [
      [0.05, 3000],
      [0.3, 6000],
      [0.05, 3000],
      [0.25, 3000],
    ],
    9000,
  ],
] as const)('a fall is found to a part or two: %s', (_, parts, fell) => {
  for (let seed = 1; seed <= 20; seed++) {
    const { rewarded, of } = rewardedAt(parts, seed);
    expect(Math.abs(fallOfRewards(rewarded, of)! - fell)).toBeLessThanOrEqual((2 * of) / 64);
  }
});

const LOGS = 300;

test.each([
  ['stay as they are', [[0.1, 6000]]],
  [
    'rise with each champion',
    [
      [0.05, 2000],
      [0.2, 2000],
      [0.3, 2000],
    ],
  ],
] as const)('of 300 logs whose rewards %s hardly any falls', (_, parts) => {
  let falls = 0;
  for (let seed = 1; seed <= LOGS; seed++) {
    const { rewarded, of } = rewardedAt(parts, 1000 + seed);
    if (fallOfRewards(rewarded, of) !== undefined) falls++;
  }
  expect(falls).toBeLessThanOrEqual(binomialBounds(LOGS, 0.01).most);
});

test('without slates or without rewards nothing falls', () => {
  expect(fallOfRewards([], 0)).toBeUndefined();
  expect(fallOfRewards([], 5000)).toBeUndefined();
  expect(fallOfRewards([0], 1)).toBeUndefined();
});
