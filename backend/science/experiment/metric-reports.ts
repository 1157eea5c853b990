import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import {
  type ArmEffect,
  type Difference,
  type Effect,
  effectOf,
  momentsOf,
} from '../statistics/effect.ts';
import type {
  ArmFigure,
  MetricEstimates,
  MetricReport,
  RelativeReading,
  TestedEffect,
} from './experiment-report.ts';
import type { ArmStatistics } from './experiment-statistics.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import { welchTest } from '../statistics/fixed-test.ts';
import { adjustPValues, type Correction } from '../statistics/multiple-testing.ts';
import {
  missingMetric,
  type Unavailable,
  notEnoughData,
  type Unit,
} from '../statistics/unavailable.ts';
import { posteriorOf } from '../statistics/posterior.ts';
import { relativeInterval } from '../statistics/relative-interval.ts';
import { sequentialReach, sequentialTest } from '../statistics/sequential-test.ts';
import { unitsOf } from '../statistics/statistic-kinds.ts';

export interface MetricOptions {
  readonly alpha: number;
  readonly minimumPerArm: number;
  readonly unit: Unit;
  readonly tuning?: number;
}

/** The effects on every metric of one treatment arm, with p-values that are not yet adjusted for multiple testing. */
export const metricReports = (
  metrics: readonly MetricDefinition[],
  control: ArmStatistics | undefined,
  treatment: ArmStatistics | undefined,
  options: MetricOptions,
): MetricReport[] =>
  metrics.map(({ name, better }) => ({
    metric: name,
    better,
    control: armFigure(control, name),
    treatment: armFigure(treatment, name),
    found: metricEstimates(name, better, control, treatment, options),
  }));

function metricEstimates(
  name: string,
  better: 'higher' | 'lower',
  control: ArmStatistics | undefined,
  treatment: ArmStatistics | undefined,
  options: MetricOptions,
): MetricEstimates | Unavailable {
  const { minimumPerArm, unit } = options;
  if (control === undefined || treatment === undefined)
    return notEnoughData(0, minimumPerArm, unit);
  const [c, t] = [control, treatment].map(({ statistics }) => statistics[name]);
  if (c === undefined || t === undefined) return missingMetric(name);
  const absolute = effectOf(c, t, { minimumPerArm, unit, hypothesis: 0 });
  const relative = effectOf(c, t, { difference: 'relative', minimumPerArm, unit });
  if (absolute.kind === 'no-answer') return absolute;
  const tested = testEffect(absolute, options);
  return {
    kind: 'answer',
    absolute: tested,
    relative: relative.kind === 'no-answer' ? relative : testRelative(relative, tested, options),
    adjusted: { fixed: tested.fixed.pValue, sequential: tested.sequential.pValue },
    chanceToWin: posteriorOf(absolute, { better }).chanceToWin,
  };
}

function testEffect(effect: Effect, { alpha, tuning }: MetricOptions): TestedEffect {
  const { pValue, low, high } = welchTest(effect, { alpha });
  return {
    kind: 'reading',
    estimate: effect.estimate,
    standardError: effect.standardError,
    fixed: { pValue, low, high },
    sequential: sequentialTest(effect, { alpha, tuning }),
  };
}

/** The interval of the relative effect; that there is an effect at all is tested by the absolute one. */
function testRelative(
  effect: ArmEffect,
  absolute: TestedEffect,
  { alpha, tuning }: MetricOptions,
): RelativeReading {
  const { estimate, standardError, df, n } = effect;
  const reach = {
    fixed: -studentQuantile(alpha / 2, df),
    sequential: sequentialReach(n, alpha, tuning),
  };
  const tested = (kind: 'fixed' | 'sequential') => ({
    pValue: absolute[kind].pValue,
    ...relativeInterval(effect, reach[kind]),
  });
  return {
    kind: 'reading',
    estimate,
    standardError,
    fixed: tested('fixed'),
    sequential: tested('sequential'),
  };
}

function armFigure(arm: ArmStatistics | undefined, name: string): ArmFigure {
  const statistic = arm?.statistics[name];
  if (statistic === undefined) return { units: arm?.units ?? 0, mean: null };
  const units = unitsOf(statistic);
  const { mean } = momentsOf(statistic);
  return { units, mean: units > 0 && Number.isFinite(mean) ? mean : null };
}

/** The difference that was chosen; the absolute one where the relative one is unavailable. */
export const chosenDifference = (
  { absolute, relative }: MetricEstimates,
  difference: Difference,
): TestedEffect | RelativeReading =>
  difference === 'relative' && relative.kind === 'reading' ? relative : absolute;

/**
 * Adjusts the p-values of all metrics of all arms for multiple testing. Adjusted always-valid p-values remain always
 * valid: at any stopping time each is a valid p-value, which is all that Holm and Benjamini–Hochberg require.
 * @param arms the metrics of each treatment arm.
 */
export function correctMetricReports(
  arms: readonly (readonly MetricReport[])[],
  difference: Difference,
  correction: Correction,
): MetricReport[][] {
  const estimates = arms.flat().flatMap(({ found }) => (found.kind === 'answer' ? [found] : []));
  const effects = estimates.map((estimate) => chosenDifference(estimate, difference));
  const adjust = (kind: 'fixed' | 'sequential') =>
    adjustPValues(
      effects.map((effect) => effect[kind].pValue),
      correction,
    );
  const [fixed, sequential] = [adjust('fixed'), adjust('sequential')];
  return arms.map((reports) =>
    reports.map((report) => {
      if (report.found.kind === 'no-answer') return report;
      const at = estimates.indexOf(report.found);
      const adjusted = { fixed: fixed[at], sequential: sequential[at] };
      return { ...report, found: { ...report.found, adjusted } };
    }),
  );
}
