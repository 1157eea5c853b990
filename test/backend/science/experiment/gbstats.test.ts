import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import { posteriorOf } from '../../../../backend/science/statistics/posterior.ts';
import { sequentialTest } from '../../../../backend/science/statistics/sequential-test.ts';
import type {
  RatioStatistic,
  Sample,
  Statistic,
} from '../../../../backend/science/statistics/statistics.ts';

/** Made by test/oracle/peers/gbstats_cases.py: every statistic × test × difference, a negative baseline included. */
const { cases } = JSON.parse(
  readFileSync(new URL('./gbstats-0.8.0.json', import.meta.url), 'utf8'),
) as { cases: any[] };

const sample = ({ n, sum, sum_squares: sumSquares }: any): Sample =>
  sumSquares === undefined ? { kind: 'proportion', n, sum } : { kind: 'mean', n, sum, sumSquares };
const ratio = (numerator: any, denominator: any, sumProducts: number): RatioStatistic => ({
  kind: 'ratio',
  numerator: sample(numerator),
  denominator: sample(denominator),
  sumProducts,
});

function statisticOf(given: any): Statistic {
  switch (given.type) {
    case 'RatioStatistic':
      return ratio(given.m_statistic, given.d_statistic, given.m_d_sum_of_products);
    case 'RegressionAdjustedStatistic':
      return {
        kind: 'adjusted',
        post: sample(given.post_statistic),
        pre: sample(given.pre_statistic),
        sumProducts: given.post_pre_sum_of_products,
      };
    case 'RegressionAdjustedRatioStatistic':
      return {
        kind: 'adjusted-ratio',
        post: ratio(
          given.m_statistic_post,
          given.d_statistic_post,
          given.m_post_d_post_sum_of_products,
        ),
        pre: ratio(given.m_statistic_pre, given.d_statistic_pre, given.m_pre_d_pre_sum_of_products),
        sumProducts: {
          numerators: given.m_post_m_pre_sum_of_products,
          numeratorByDenominator: given.m_post_d_pre_sum_of_products,
          denominatorByNumerator: given.m_pre_d_post_sum_of_products,
          denominators: given.d_post_d_pre_sum_of_products,
        },
      };
    default:
      return sample(given);
  }
}

describe("as GrowthBook's engine finds, in every combination:", () => {
  const rows = cases.flatMap((it, i) =>
    it.readings.map((reading: any) => {
      const how =
        reading.side ??
        `${reading.inverse ? 'lower is better' : ''} ${reading.prior ? 'with a prior' : 'flat'}`;
      return [
        `${i} ${it.name}, ${reading.difference}, ${reading.kind}, ${how}`,
        it,
        reading,
      ] as const;
    }),
  );
  test.each(rows)('%s', (_, { control, treatment, alpha, tuning }, reading) => {
    const found = effectOf(statisticOf(control), statisticOf(treatment), {
      difference: reading.difference,
      minimumPerArm: 2,
    });
    if (found.kind !== 'effect') throw new Error(found.message);
    const near = (value: number, expected: number | string) => {
      if (typeof expected === 'string') expect(value).toBe(Number(expected));
      else expect(Math.abs(value - expected), `${value}, not ${expected}`).toBeLessThan(1e-6);
    };
    if (reading.kind === 'bayesian') {
      const prior = reading.prior ? { ...reading.prior, of: 'relative' } : undefined;
      const better = reading.inverse ? 'lower' : 'higher';
      const { mean, standardDeviation, low, high, chanceToWin, risk } = posteriorOf(found, {
        prior,
        alpha,
        better,
      });
      near(mean, reading.estimate);
      near(standardDeviation, reading.error);
      near(low, reading.ci[0]);
      near(high, reading.ci[1]);
      near(chanceToWin, reading.chance);
      near(risk.control, reading.risk[0]);
      near(risk.treatment, reading.risk[1]);
      return;
    }
    near(found.estimate, reading.estimate);
    near(found.standardError, reading.error);
    const { pValue, low, high } =
      reading.kind === 'sequential'
        ? sequentialTest(found, { alpha, alternative: reading.side, tuning })
        : welchTest(found, { alpha, alternative: reading.side });
    near(pValue, reading.p);
    near(low, reading.ci[0]);
    near(high, reading.ci[1]);
  });
});
