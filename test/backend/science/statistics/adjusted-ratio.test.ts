import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import {
  minimumDetectableEffect,
  planSampleSize,
} from '../../../../backend/science/statistics/power.ts';
import {
  type AdjustedRatioStatistic,
  adjustedRatioStatistic,
} from '../../../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../../../backend/science/statistics/statistic-kinds.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, effectIn, times } from '../experiment/draws.ts';

/** Units differ in how often they try and how often a try ends well, before as after. */
function draw(random: () => number, n: number, lift = 0): AdjustedRatioStatistic {
  const habits = times(n, () => ({ tries: 1 + 8 * random(), chance: 0.6 * random() }));
  const season = (extra: number) => {
    const denominator = habits.map(({ tries }) => 1 + Math.floor(tries * random()));
    const numerator = habits.map(({ chance }, i) => {
      let good = 0;
      for (let k = 0; k < denominator[i]; k++) good += Number(random() < chance);
      return good + extra * denominator[i];
    });
    return { numerator, denominator };
  };
  return adjustedRatioStatistic(season(lift), season(0));
}

describe('CUPED of a ratio metric', () => {
  test.each([
    ['absolute', 0.05],
    ['relative', 0.05 / 0.3],
  ] as const)('covers a known effect at the stated rate, %s', (difference, truth) => {
    const random = seededRandom(71);
    const RUNS = 1000;
    let covered = 0;
    for (let run = 0; run < RUNS; run++) {
      const { low, high } = welchTest(
        effectIn(draw(random, 300), draw(random, 300, 0.05), difference),
      );
      covered += Number(low <= truth && truth <= high);
    }
    expect(covered / RUNS).toBeGreaterThan(0.93);
    expect(covered / RUNS).toBeLessThan(0.97);
  });

  test('narrows the interval, and a plan made from it asks for fewer units and keeps its power', () => {
    const random = seededRandom(72);
    const past = draw(random, 40_000);
    const [plain, cuped] = [past.post, past].map((statistic) =>
      answered(planSampleSize(statistic, { absolute: 0.05 })),
    );
    expect(cuped.control / plain.control).toBeLessThan(0.9);
    const units = Math.round(cuped.control);
    const found = answered(minimumDetectableEffect(past, units));
    expect(found.effect).toBeCloseTo(0.05, 3);
    expect(found.relativeEffect).toBeCloseTo(0.05 / 0.3, 1);
    const RUNS = 600;
    let told = 0;
    for (let run = 0; run < RUNS; run++) {
      const effect = effectIn(draw(random, units), draw(random, units, 0.05));
      told += Number(welchTest(effect).pValue < 0.05);
    }
    expect(told / RUNS).toBeGreaterThan(0.74);
    expect(told / RUNS).toBeLessThan(0.86);
  });

  test('without anything from before is the plain ratio', () => {
    const random = seededRandom(73);
    const [c, t] = [draw(random, 50), draw(random, 50, 0.1)];
    const none = ({ post }: AdjustedRatioStatistic): AdjustedRatioStatistic => {
      const zeros = { ...post.numerator, sum: 0, sumSquares: 0 };
      return {
        kind: 'adjusted-ratio',
        post,
        pre: { kind: 'ratio', numerator: zeros, denominator: zeros, sumProducts: 0 },
        sumProducts: {
          numerators: 0,
          numeratorByDenominator: 0,
          denominatorByNumerator: 0,
          denominators: 0,
        },
      };
    };
    for (const difference of ['absolute', 'relative'] as const) {
      const [found, plain] = [
        effectIn(none(c), none(t), difference),
        effectIn(c.post, t.post, difference),
      ];
      expect(found.estimate).toBeCloseTo(plain.estimate, 12);
      expect(found.standardError).toBeCloseTo(plain.standardError, 12);
    }
  });

  test('parts add up to the whole', () => {
    const unit = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9));
    fc.assert(
      fc.property(fc.array(unit), fc.array(unit), (one, other) => {
        const of = (units: typeof one) => {
          const at = (column: number) => units.map((values) => values[column]);
          return adjustedRatioStatistic(
            { numerator: at(0), denominator: at(1) },
            { numerator: at(2), denominator: at(3) },
            6,
            5,
          );
        };
        expect(addStatistics(of(one), of(other))).toEqual(of([...one, ...other]));
      }),
    );
  });
});
