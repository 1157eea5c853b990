import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { planSampleSize } from '../../../../backend/science/statistics/power.ts';
import {
  adjustedRatioStatistic,
  adjustedStatistic,
  type Statistic,
} from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, times } from '../experiment/draws.ts';

const N = 2000;
const drawn = (seed: number, shift = 0) => {
  const random = seededRandom(seed);
  return times(N, () => 5 * random() + shift);
};
const ones = times(N, () => 1);

/** The value from before is the one from after, read late: it would take the whole effect with it. */
const leaking: readonly (readonly [string, (values: number[]) => Statistic])[] = [
  [
    'a mean',
    (values) =>
      adjustedStatistic(
        values,
        values.map((value) => 3 * value + 1),
      ),
  ],
  [
    'a ratio',
    (values) =>
      adjustedRatioStatistic(
        { numerator: values, denominator: ones },
        { numerator: values, denominator: ones },
      ),
  ],
];

describe.each(leaking)('a value from before that is the value itself: %s', (_name, of) => {
  test.each(['absolute', 'relative'] as const)(
    'gives no %s effect, and the reason',
    (difference) => {
      const found = effectOf(of(drawn(1)), of(drawn(2, 0.5)), { difference });
      expect(found).toMatchObject({ kind: 'no-answer', reason: 'leaking-covariate' });
    },
  );

  test('does not make a plan of no units', () => {
    const plan = answered(planSampleSize(of(drawn(1)), { absolute: 0.05 }));
    expect(plan.control).toBeGreaterThan(10_000);
  });
});

test('a value from before without variance but rounding errors adjusts nothing', () => {
  const before = times(N, () => 1e6 + 0.1);
  const [values, others] = [drawn(3), drawn(4)];
  const [plain, adjusted] = [
    effectOf(of(values, before), of(others, before)),
    effectOf(of(values, drawn(5)), of(others, drawn(6))),
  ];
  expect(plain).toMatchObject({ kind: 'effect' });
  expect(answered(plain).standardError).toBeCloseTo(answered(adjusted).standardError, 3);
});

const of = (after: number[], before: number[]) => adjustedStatistic(after, before);
