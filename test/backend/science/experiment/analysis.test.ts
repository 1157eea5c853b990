import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../../backend/science/statistics/effect.ts';
import { welchTest } from '../../../../backend/science/statistics/fixed-test.ts';
import { testGuardrail } from '../../../../backend/science/experiment/guardrail.ts';
import {
  benjaminiHochberg,
  holm,
} from '../../../../backend/science/statistics/multiple-testing.ts';
import { noncentralStudentCdf } from '../../../../backend/science/statistics/noncentral-t.ts';
import { posteriorOf } from '../../../../backend/science/statistics/posterior.ts';
import {
  minimumDetectableEffect,
  planSampleSize,
  sampleSizeOfMeans,
  sampleSizeOfProportions,
} from '../../../../backend/science/statistics/power.ts';
import { proportionTest } from '../../../../backend/science/statistics/proportion-test.ts';
import { sequentialTest } from '../../../../backend/science/statistics/sequential-test.ts';
import { srmCheck } from '../../../../backend/science/statistics/srm.ts';
import {
  adjustedStatistic,
  meanStatistic,
  meanStatisticFromMoments,
  proportionStatistic,
  ratioStatistic,
  type Statistic,
  winsorCap,
} from '../../../../backend/science/statistics/statistics.ts';
import { addStatistics } from '../../../../backend/science/statistics/statistic-kinds.ts';
import { studentCdf } from '../../../../backend/science/statistics/distributions.ts';

const rate = proportionStatistic;

describe('a missing answer says why, and is no number', () => {
  const ratio = (denominator: number) => ratioStatistic([1, 2, 3], [denominator, 0, denominator]);
  test.each([
    [rate(20, 212), rate(300, 2000), {}, 'not enough data: 212 of 1,000 sessions'],
    [rate(20, 2000), rate(3, 999), { unit: 'users' }, 'not enough data: 999 of 1,000 users'],
    [rate(0, 0), rate(0, 0), { minimumPerArm: 0 }, 'not enough data: 0 of 2 sessions'],
    [rate(0, 2000), rate(0, 2000), {}, 'no variance: every unit of both arms has the same value'],
    [
      meanStatistic([0.1, 0.1, 0.1]),
      meanStatistic([0.1, 0.1, 0.1]),
      { minimumPerArm: 3 },
      'no variance: every unit of both arms has the same value',
    ],
    [
      rate(0, 2000),
      rate(2000, 2000),
      {},
      'no interval: every unit of the control has 0 and every unit of the treatment 1; the arms differ, but without variance no test applies',
    ],
    [
      rate(0, 2000),
      rate(9, 2000),
      { difference: 'relative' },
      'no relative difference: the control has a mean of 0; read the absolute difference',
    ],
    [
      ratio(1),
      ratio(0),
      { minimumPerArm: 2 },
      'no ratio: the denominator of the treatment sums to 0',
    ],
    [
      ratio(0),
      ratio(1),
      { minimumPerArm: 2 },
      'no ratio: the denominator of the control sums to 0',
    ],
  ] as [Statistic, Statistic, object, string][])(
    '%o against %o',
    (control, treatment, how, message) => {
      expect(effectOf(control, treatment, how)).toMatchObject({ kind: 'no-answer', message });
    },
  );

  test('in every other reading too', () => {
    expect(srmCheck([0, 0], [1, 1])).toMatchObject({ reason: 'not-enough-data' });
    expect(proportionTest(rate(0, 10), rate(0, 10))).toMatchObject({ reason: 'no-spread' });
    const found = proportionTest(rate(0, 10), rate(10, 10));
    if (found.kind === 'proportion-test') expect(found.low).toBeLessThan(found.high);
    expect(found).toMatchObject({ kind: 'proportion-test', low: expect.any(Number) });
    expect(planSampleSize(rate(0, 10), { relative: 0.1 })).toMatchObject({
      reason: 'zero-baseline',
    });
    expect(minimumDetectableEffect(rate(0, 10), 10)).toMatchObject({ reason: 'no-spread' });
    const missing = effectOf(rate(1, 5), rate(1, 5));
    expect(testGuardrail(missing as never, 0.01)).toBe(missing);
  });
});

describe('statistics', () => {
  const unit = fc.record({
    post: fc.integer({ min: -50, max: 50 }),
    pre: fc.integer({ min: -50, max: 50 }),
  });
  test('of parts add up to the statistic of the whole, and are frozen', () => {
    fc.assert(
      fc.property(fc.array(unit), fc.array(unit), (one, other) => {
        for (const make of [adjustedStatistic, ratioStatistic]) {
          const of = (units: typeof one) =>
            make(
              units.map(({ post }) => post),
              units.map(({ pre }) => pre),
              30,
            );
          const sum = addStatistics<Statistic>(of(one), of(other));
          expect(sum).toEqual(of([...one, ...other]));
          expect(Object.isFrozen(sum)).toBe(true);
        }
      }),
    );
  });

  test('cap revenue at a percentile of both arms together', () => {
    const values = [0, 0, 0, 10, 20, 30, 1000];
    expect(winsorCap(values, 0.5)).toBe(10);
    expect(winsorCap(values, 0.5, { ignoreZeros: true })).toBe(25);
    expect(winsorCap(values, 11 / 12)).toBeCloseTo(30 + 0.5 * 970, 9);
    expect(winsorCap([], 0.9)).toBe(Infinity);
    expect(meanStatistic(values, 25)).toMatchObject({ n: 7, sum: 80, sumSquares: 1750 });
  });

  test.each([
    [() => addStatistics<Statistic>(rate(1, 2), meanStatistic([1])), 'a proportion and a mean'],
    [() => rate(3, 2), 'successes must be in 0..n, not 3 of 2'],
    [() => meanStatisticFromMoments(1, -1, 9), 'not n = 9 and variance -1'],
    [() => meanStatistic([NaN]), 'must be finite, not NaN'],
    [() => ratioStatistic([1], []), '1 values and 0 values'],
    [() => winsorCap([1], 99), 'the share to winsorise at must be in (0, 1], not 99'],
    [() => srmCheck([1, 2], [1]), '2 arms and 1 weights'],
    [() => srmCheck([1, 2], [1, 0]), 'weight must be above 0, not 0'],
    [() => holm([0.1, 2]), 'a p-value must be in 0..1, not 2'],
    [() => benjaminiHochberg([NaN]), 'a p-value must be in 0..1, not NaN'],
    [() => sampleSizeOfProportions(0.9, 0.2), 'the rates must differ and be between 0 and 1'],
    [() => sampleSizeOfMeans(0), 'effect of 0'],
    [() => planSampleSize(rate(1, 2), { absolute: -1 }), 'must be above 0, not -1'],
    [() => minimumDetectableEffect(rate(1, 2), 0), 'must be above 0, not 0'],
    [() => planSampleSize(rate(1, 2), { absolute: 1 }, { power: 80 }), 'power must be between'],
    [() => noncentralStudentCdf(-1, 5, 0), 'needs t ≥ 0'],
  ])('%s is refused', (act, message) => expect(act).toThrow(message));
});

const effect = (control: Statistic, treatment: Statistic, difference?: 'relative') => {
  const found = effectOf(control, treatment, { difference });
  if (found.kind !== 'effect') throw new Error(found.message);
  return found;
};

describe('readings of one effect', () => {
  const found = effect(rate(400, 4000), rate(520, 4000));

  test('mirror: the arms swapped, "greater" is "less" and the interval turns over', () => {
    const swapped = effect(rate(520, 4000), rate(400, 4000));
    for (const read of [welchTest, sequentialTest]) {
      const [a, b] = [
        read(found, { alternative: 'greater' }),
        read(swapped, { alternative: 'less' }),
      ];
      expect(a.pValue).toBeCloseTo(b.pValue, 12);
      expect(a.low).toBeCloseTo(-b.high, 12);
      expect([a.high, b.low]).toEqual([Infinity, -Infinity]);
      const two = read(found);
      expect(two.low).toBeLessThan(a.low);
      expect(read(found, { alternative: 'less' }).pValue).toBeGreaterThan(0.49);
    }
    expect(posteriorOf(found, { better: 'lower' }).chanceToWin).toBeCloseTo(
      posteriorOf(swapped).chanceToWin,
      12,
    );
    expect(posteriorOf(found, { better: 'lower' }).risk.treatment).toBeCloseTo(
      posteriorOf(swapped).risk.treatment,
      12,
    );
  });

  test('the sequential interval ends at 0 exactly where its p-value is alpha', () => {
    const { pValue } = sequentialTest(found);
    // ρ follows alpha: hold the mixing still by tuning.
    const level = (alpha: number) => -2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1);
    const tuning = (5000 * level(pValue)) / level(0.05);
    expect(sequentialTest(found, { alpha: pValue, tuning }).low).toBeCloseTo(0, 12);
  });

  test.each([
    ['alpha must be between 0 and 1', () => welchTest(found, { alpha: 5 })],
    ['alpha below 0.5', () => sequentialTest(found, { alpha: 0.6, alternative: 'less' })],
    ['tuning parameter', () => sequentialTest(found, { tuning: 0 })],
    ['variance must be above 0', () => posteriorOf(found, { prior: { mean: 0, variance: 0 } })],
    ['a margin is the tolerated harm', () => testGuardrail(found, -0.1)],
  ])('%s', (message, act) => expect(act).toThrow(message));
});

describe('a guardrail', () => {
  const of = (treated: number, n = 40_000) => effect(rate(n / 10, n), rate(treated, n), 'relative');
  test.each([
    ['is kept where even the most harm is bearable', of(4000), 0.1, 'higher', 'kept'],
    ['is kept by a gain', of(4400), 0.02, 'higher', 'kept'],
    ['is broken by more harm than is bearable', of(3200), 0.05, 'higher', 'broken'],
    ['is open where harm is not ruled out', of(3900), 0.03, 'higher', 'open'],
    ['is open for few units', of(96, 1000), 0.05, 'higher', 'open'],
    ['of a metric that is better low is broken by a rise', of(4800), 0.05, 'lower', 'broken'],
    ['of a metric that is better low is kept by a fall', of(3200), 0.05, 'lower', 'kept'],
  ] as const)('%s', (_, found, margin, better, verdict) => {
    for (const reading of ['fixed', 'sequential'] as const) {
      const guardrail = testGuardrail(found, margin, { better, reading });
      if (guardrail.kind !== 'guardrail') throw new Error(guardrail.message);
      expect(guardrail.verdict).toBe(verdict);
      expect(guardrail.pValue < 0.05).toBe(verdict === 'kept');
      const harm = better === 'higher' ? -found.estimate : found.estimate;
      expect(guardrail.leastHarm).toBeLessThan(harm);
      expect(guardrail.mostHarm).toBeGreaterThan(harm);
    }
  });
});

describe('plans', () => {
  const past = ratioStatistic([1, 0, 2, 1, 0, 3], [3, 2, 4, 3, 1, 4]);

  test('the effect that a sample finds is the effect that asks for that sample', () => {
    for (const options of [
      {},
      { alternative: 'greater', power: 0.9, allocation: 1 / 9 },
    ] as const) {
      const effectFound = minimumDetectableEffect(past, 5000, options);
      if (effectFound.kind !== 'plan') throw new Error(effectFound.message);
      const { relativeEffect: relative } = effectFound;
      expect(planSampleSize(past, { relative }, options)).toMatchObject({
        control: expect.closeTo(5000, 6),
        treatment: expect.closeTo(effectFound.treatment, 6),
        belowMinimum: 'allocation' in options,
      });
    }
  });

  test('a mean needs what the textbook says: 16 σ² / Δ², about', () => {
    const plan = planSampleSize(rate(50, 100), { absolute: 0.05 });
    expect(plan).toMatchObject({ control: expect.closeTo((15.698 * 0.25) / 0.0025, -0.5) });
  });

  test('the noncentral t is the central one at δ = 0', () => {
    expect(noncentralStudentCdf(1.3, 7, 0)).toBeCloseTo(studentCdf(1.3, 7), 12);
  });
});
