import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Difference, Effect } from '../../../../backend/science/statistics/effect.ts';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import { pooledTheta } from '../../../../backend/science/statistics/adjusted-statistic.ts';
import {
  benjaminiHochberg,
  holm,
} from '../../../../backend/science/statistics/multiple-testing.ts';
import { posteriorOf } from '../../../../backend/science/statistics/posterior.ts';
import {
  sampleSizeOfMeans,
  sampleSizeOfProportions,
} from '../../../../backend/science/statistics/power.ts';
import {
  chanceProportionIsHigher,
  proportionTest,
} from '../../../../backend/science/statistics/proportion-test.ts';
import { wilsonInterval } from '../../../../backend/science/statistics/wilson.ts';
import { sequentialTest } from '../../../../backend/science/statistics/sequential-test.ts';
import { srmCheck } from '../../../../backend/science/statistics/srm.ts';
import {
  adjustedStatistic,
  meanStatistic,
  meanStatisticFromMoments,
  proportionStatistic,
  type Sample,
  type Statistic,
} from '../../../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../../../backend/science/statistics/statistic-kinds.ts';
import { effectIn } from './draws.ts';
import type { Needs } from '../../../support/needs.ts';
import { needsShared, readVectors, sharedFile } from '../../../support/shared-data.ts';

const TOLERANCE = 1e-6;

/** Within 1e-6; says which number is off. */
function near(found: number, expected: number | string | null | undefined, name: string) {
  if (expected === null || expected === undefined) return;
  const wanted = Number(expected);
  if (!Number.isFinite(wanted)) {
    expect(found, name).toBe(wanted);
    return;
  }
  expect(Math.abs(found - wanted), `${name}: ${found}, not ${wanted}`).toBeLessThan(TOLERANCE);
}

const fromMoments = ({ mean, variance, n }: { mean: number; variance: number; n: number }) =>
  meanStatisticFromMoments(mean, variance, n);

const SCIPY = 'vectors/stats_scipy_statsmodels.json';
const GBSTATS = 'vectors/gbstats.json';
const ASOS = 'vectors/gbstats_sequential_asos.json';
const HILLSTROM = 'data/hillstrom/hillstrom.csv';

const scipy = needsShared(SCIPY);
const gbstats = needsShared(GBSTATS);
const asos = needsShared(ASOS);
const hillstrom = needsShared(SCIPY, HILLSTROM);

interface Case {
  kind: string;
  source?: string;
  difference?: Difference;
  alpha?: number;
  prior?: { mean: number; variance: number; proper: boolean } | null;
  input: any;
  expected: any;
}
const casesOf = (needed: Needs, file: string, ...kinds: string[]) =>
  needed.cases(
    `all of ${kinds.join(', ')}`,
    readVectors<Case>(file).filter(({ kind }) => kinds.some((prefix) => kind.startsWith(prefix))),
    ({ kind, difference, source }, i) => `${i} ${kind} ${difference ?? ''} ${source ?? ''}`,
  );

describe('as scipy and statsmodels find', () => {
  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'welch_t_from_stats'))(
    '%s',
    (_, { input, expected }) => {
      const found = effectIn(fromMoments(input.control), fromMoments(input.treatment));
      const { t, pValue, low, high } = welchTest(found);
      near(found.estimate, expected.diff, 'difference');
      near(found.standardError, expected.se, 'standard error');
      near(t, expected.t, 't');
      near(pValue, expected.p_two_sided, 'p');
      near(low, expected.ci95[0], 'low');
      near(high, expected.ci95[1], 'high');
      near(found.df / expected.df, 1, 'degrees of freedom');
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'two_sample_raw'))(
    '%s',
    (_, { input, expected: { welch } }) => {
      const found = effectIn(meanStatistic(input.control), meanStatistic(input.treatment));
      const { t, pValue, low, high } = welchTest(found);
      near(t, welch.t, 't');
      near(found.df, welch.df, 'degrees of freedom');
      near(pValue, welch.p, 'p');
      near(low, welch.ci95[0], 'low');
      near(high, welch.ci95[1], 'high');
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'two_proportions'))(
    '%s',
    (_, { input, expected }) => {
      const [c, t] = [input.control, input.treatment].map(({ successes, n }) =>
        proportionStatistic(successes, n),
      );
      const found = proportionTest(c, t);
      if (found.kind !== 'proportion-test') throw new Error(found.message);
      near(found.z, expected.z_pooled, 'z');
      near(found.pValue, expected.p_two_sided, 'p');
      near(found.low, expected.diff_ci95_wald[0], 'Wald low');
      near(found.high, expected.diff_ci95_wald[1], 'Wald high');
      near(found.newcombe.low, expected.diff_ci95_newcombe[0], 'Newcombe low');
      near(found.newcombe.high, expected.diff_ci95_newcombe[1], 'Newcombe high');
      near(wilsonInterval(c.sum, c.n).low, expected.wilson_ci95_control[0], 'Wilson low');
      near(wilsonInterval(c.sum, c.n).high, expected.wilson_ci95_control[1], 'Wilson high');
      near(effectIn(c, t, 'relative').estimate, expected.relative_lift, 'lift');
      near(
        chanceProportionIsHigher(c, t),
        expected.beta11_prob_treatment_better,
        'chance from Beta posteriors',
      );
      const larger = proportionTest(c, t, { alternative: 'greater' });
      near('pValue' in larger ? larger.pValue : NaN, expected.p_larger, 'one-sided p');
      const smaller = proportionTest(c, t, { alternative: 'less' });
      near('pValue' in smaller ? smaller.pValue : NaN, 1 - expected.p_larger, 'other-sided p');
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'srm_chi_square'))(
    '%s',
    (_, { input, expected }) => {
      const found = srmCheck(input.observed, input.weights);
      if (found.kind !== 'srm') throw new Error(found.message);
      near(found.chiSquare, expected.chi2, 'χ²');
      near(found.df, expected.df, 'degrees of freedom');
      near(found.pValue, expected.p, 'p');
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'multiple_testing'))(
    '%s',
    (_, { input, expected }) => {
      for (const [name, adjust] of [
        ['holm', holm],
        ['fdr_bh', benjaminiHochberg],
      ] as const) {
        const found = adjust(input.p);
        found.forEach((p, i) => near(p, expected[name].adjusted[i], `${name} of test ${i}`));
        expect(found.map((p) => p <= input.alpha)).toEqual(expected[name].reject);
      }
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'sample_size_two_proportions'))(
    '%s',
    (_, { input, expected }) => {
      const { baseline, mde_absolute: mde, alpha, power } = input;
      for (const [method, name] of [
        ['cohen-h', 'n_per_arm_cohen_h'],
        ['unpooled', 'n_per_arm_unpooled'],
        ['pooled', 'n_per_arm_pooled'],
      ] as const) {
        near(
          sampleSizeOfProportions(baseline, mde, { alpha, power, method }),
          expected[name],
          name,
        );
      }
    },
  );

  test.skipIf(scipy.absent).each(casesOf(scipy, SCIPY, 'sample_size_ttest'))(
    '%s',
    (_, { input, expected }) => {
      const { effect_size: size, alpha, power } = input;
      // statsmodels' own search stops within 1.5e-8 of n.
      const units = sampleSizeOfMeans(size, { alpha, power });
      near(units / expected.n_per_arm, 1, 'units per arm');
    },
  );

  const cuped = casesOf(hillstrom, SCIPY, 'cuped_pooled_theta');
  test.skipIf(hillstrom.absent).each(cuped)('%s', (_, { input, expected }) => {
    const [header, ...lines] = readFileSync(sharedFile(HILLSTROM), 'utf8').trim().split(/\r?\n/);
    const column = (name: string) => header.split(',').indexOf(name);
    const arm = (name: string) => {
      const rows = lines.map((line) => line.split(',')).filter((row) => row.includes(name));
      const of = (metric: string) => rows.map((row) => Number(row[column(metric)]));
      return adjustedStatistic(of(input.post), of(input.pre));
    };
    const [c, t] = [arm(input.control), arm(input.treatment)];
    const found = effectIn(c, t);
    const { t: statistic, pValue } = welchTest(found);
    near(pooledTheta(addStatistics(c, t)), expected.theta, 'θ');
    near(found.estimate, expected.diff, 'difference');
    near(statistic, expected.t, 't');
    near(pValue, expected.p, 'p');
  });
});

/** GrowthBook's names to ours. */
function statisticOf(input: any, type: string): Statistic {
  const sample = (part: any): Sample =>
    part.sum_squares === undefined
      ? { kind: 'proportion', n: part.n, sum: part.sum }
      : { kind: 'mean', n: part.n, sum: part.sum, sumSquares: part.sum_squares };
  switch (type) {
    case 'RatioStatistic':
      return {
        kind: 'ratio',
        numerator: sample(input.m_statistic),
        denominator: sample(input.d_statistic),
        sumProducts: input.m_d_sum_of_products,
      };
    case 'RegressionAdjustedStatistic':
      return {
        kind: 'adjusted',
        post: sample(input.post_statistic),
        pre: sample(input.pre_statistic),
        sumProducts: input.post_pre_sum_of_products,
      };
    default:
      return sample(input);
  }
}

const effectOfCase = ({ input, difference }: Case): Effect =>
  effectIn(
    statisticOf(input.control, input.type),
    statisticOf(input.treatment, input.type),
    difference,
  );

const ALTERNATIVES = { greater: 'greater', lesser: 'less' } as const;

describe("as GrowthBook's engine finds", () => {
  test
    .skipIf(gbstats.absent)
    .each(casesOf(gbstats, GBSTATS, 'two_sided', 'one_sided', 'sequential'))('%s', (_, it) => {
    const { kind, alpha, expected } = it;
    const found = effectOfCase(it);
    near(found.estimate, expected.expected, 'estimate');
    near(found.standardError, expected.uplift.stddev, 'standard error');
    const side = /one_sided_(greater|lesser)/.exec(kind)?.[1] as keyof typeof ALTERNATIVES;
    const alternative = side ? ALTERNATIVES[side] : 'two-sided';
    const tuning = Number(/_(\d+)$/.exec(kind)?.[1] ?? 5000);
    const { pValue, low, high } = kind.startsWith('sequential')
      ? sequentialTest(found, { alpha, alternative, tuning })
      : welchTest(found, { alpha, alternative });
    near(pValue, expected.pValue, 'p');
    near(low, expected.ci[0], 'low');
    near(high, expected.ci[1], 'high');
  });

  test.skipIf(gbstats.absent).each(casesOf(gbstats, GBSTATS, 'bayesian_effect'))('%s', (_, it) => {
    const { expected } = it;
    const prior = it.prior?.proper ? it.prior : undefined;
    const found = posteriorOf(effectOfCase(it), { prior, alpha: it.alpha });
    near(found.mean, expected.expected, 'mean');
    near(found.standardDeviation, expected.uplift.stddev, 'standard deviation');
    near(found.low, expected.ci[0], 'low');
    near(found.high, expected.ci[1], 'high');
    near(found.chanceToWin, expected.chanceToWin, 'chance to win');
    near(found.risk.control, expected.risk[0], 'risk of the control');
    near(found.risk.treatment, expected.risk[1], 'risk of the treatment');
  });

  test.skipIf(gbstats.absent).each(casesOf(gbstats, GBSTATS, 'srm'))(
    '%s',
    (_, { input, expected }) => {
      const found = srmCheck(input.users, input.weights);
      near('pValue' in found ? found.pValue : NaN, expected.p, 'p');
    },
  );
});

interface Path {
  experiment: string;
  variant: number;
  rows: (Record<`${'mean' | 'var' | 'n'}_${'c' | 't'}`, number> & {
    t: number;
    expected: { seq_ci: number[]; seq_p: number; fixed_ci: number[]; fixed_p: number };
  })[];
}

describe('at every look at real experiments', () => {
  const paths = asos.cases('all', readVectors<Path>(ASOS), ({ experiment }) => experiment);
  test.skipIf(asos.absent).each(paths)('ASOS %s', (_, { rows }) => {
    for (const row of rows) {
      const found = effectIn(
        fromMoments({ mean: row.mean_c, variance: row.var_c, n: row.n_c }),
        fromMoments({ mean: row.mean_t, variance: row.var_t, n: row.n_t }),
      );
      const [sequential, fixed] = [sequentialTest(found), welchTest(found)];
      near(sequential.pValue, row.expected.seq_p, `sequential p at ${row.t}`);
      near(sequential.low, row.expected.seq_ci[0], `sequential low at ${row.t}`);
      near(sequential.high, row.expected.seq_ci[1], `sequential high at ${row.t}`);
      near(fixed.pValue, row.expected.fixed_p, `fixed p at ${row.t}`);
      near(fixed.low, row.expected.fixed_ci[0], `fixed low at ${row.t}`);
      near(fixed.high, row.expected.fixed_ci[1], `fixed high at ${row.t}`);
    }
  });
});
