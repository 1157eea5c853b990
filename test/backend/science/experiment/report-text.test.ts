import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../../../backend/science/experiment/analyse.ts';
import { interleavingStatistic } from '../../../../backend/science/experiment/interleaving.ts';
import { reportText } from '../../../../backend/science/experiment/report-text.ts';
import { proportionStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { times } from './draws.ts';
import { armStatistics, experimentOf, type Session, sessions } from './simulated-experiment.ts';

const random = seededRandom(111);
const drawn = times(14, () => [sessions(300, random), sessions(300, random, 0.08)] as const);
const rateOf = (arm: string, value: string, sum: number) => ({
  ...armStatistics(arm, []),
  units: 2000,
  statistics: { click_through: proportionStatistic(sum, 2000) },
  dimension: 'device',
  value,
});
const report = analyseExperiment(
  {
    ...experimentOf(drawn),
    multipleExposure: { units: 200, of: 8600 },
    segments: [
      rateOf('control', 'mobile', 400),
      rateOf('treatment', 'mobile', 700),
      rateOf('control', 'desktop', 500),
      rateOf('treatment', 'desktop', 520),
    ],
  },
  {
    guardrails: [
      { metric: 'revenue', margin: 0.05 },
      { metric: 'cancels', margin: 0 },
    ],
    weights: {
      weights: [
        { metric: 'click_through', weight: 0.6 },
        { metric: 'revenue', weight: 0.2 },
      ],
      covariance: [0.01, 0, 0, 0.01],
    },
  },
);
const text = reportText(report);

describe('a report in words', () => {
  test('begins with the verdict and what speaks against it', () => {
    const [verdict, health, , doubt] = text.split('\n');
    expect(verdict).toMatch(
      /^exp_1: treatment is better: resultData \+0\.\d+ \(\+0\.\d+ to \+0\.\d+, always valid\)/,
    );
    expect(health).toBe('8,400 sessions, arms match their traffic (sample ratio p 1.000)');
    expect(doubt).toMatch(/^doubt: 200 sessions \(2\.326 %\) saw more than one arm/);
  });

  test.each([
    ['arms', /^control +1 +4,200$/],
    [
      'metrics',
      /^click_through +0\.\d+ +0\.\d+ +\+0\.\d+ +\+[\d.]+ % \(\+[\d.]+ % to \+[\d.]+ %\) +\+0\.\d+ to \+0\.\d+ +< 0\.001 /,
    ],
    ['guardrails', /^revenue +5 % +−?\+?[\d.]+ % to \+[\d.]+ % +open$/],
    ['guardrails without an answer', /^cancels +0 % +– +no value of cancels: count it/],
    ['terms of resultData', /^click_through +0\.6 +\+0\.\d+ +0\.\d+ +\+0\.\d+ +\+0\.\d+$/],
    ['segments that differ', /^mobile +4,000 +\+0\.15 +\+0\.\d+ to \+0\.\d+ +< 0\.001$/],
  ])('has a table of %s', (_, line) => {
    expect(text.split('\n').filter((one) => line.test(one))).toHaveLength(1);
  });

  test('calls the experiment what its readers call it', () => {
    expect(reportText(report, 'bold themes')).toBe(text.replace('exp_1', 'bold themes'));
  });

  test('says why there is no answer', () => {
    const few = analyseExperiment(experimentOf([[sessions(212, random), sessions(900, random)]]));
    expect(reportText(few).split('\n')[0]).toBe('exp_1: not enough data: 212 of 1,000 sessions');
    const lines = reportText(few).split('\n');
    expect(lines.filter((line) => /, revenue.*: not enough data: 212 of 1,000/.test(line))).toEqual(
      [expect.stringMatching(/^click_through, .*revenue: not enough data: 212 of 1,000 sessions$/)],
    );
    expect(lines).toContainEqual(expect.stringMatching(/^metric +control +treatment$/));
    expect(reportText(few)).not.toContain('NaN');
    const none = analyseExperiment({ ...experimentOf([]), segments: [] });
    expect(reportText(none)).toContain(
      '\n0 sessions, sample ratio not known: not enough data: 0 of 1 sessions',
    );
  });

  test('names metrics that everybody has the same of once, without a row', () => {
    const same = drawn.map(([control, treatment]) => [none(control), none(treatment)] as const);
    const lines = reportText(analyseExperiment(experimentOf(same))).split('\n');
    expect(lines.filter((line) => line.includes('revenue'))).toEqual([
      'revenue: no variance: every unit of both arms has the same value',
    ]);
    expect(lines.filter((line) => line.startsWith('click_through'))).toHaveLength(1);
  });

  test('has no arms to count where every slate holds both', () => {
    const interleaving = interleavingStatistic(
      times(1000, (i) => ({ control: i % 2, treatment: 1 - (i % 2) })),
    );
    const { length, 0: first } = reportText(
      analyseExperiment({ ...experimentOf([]), interleaving }),
    ).split('\n');
    expect(first).toMatch(/^exp_1: no preference found yet: 50 % of 1,000 sessions/);
    expect(length).toBe(1);
  });
});

const none = (visits: readonly Session[]): Session[] =>
  visits.map((one) => ({ ...one, revenue: 0 }));
