import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { type Difference, type Effect, effectOf, momentsOf } from '../statistics/effect.ts';
import type { ArmFigure, MetricAnswer, MetricReport, Reading } from './experiment-report.ts';
import type { ArmStatistics } from './experiment-statistics.ts';
import { welchTest } from '../statistics/fixed-test.ts';
import { corrected, type Correction } from '../statistics/multiple-testing.ts';
import { missingMetric, type NoAnswer, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { posteriorOf } from '../statistics/posterior.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';
import { unitsOf } from '../statistics/kinds/index.ts';

export interface MetricOptions {
  readonly alpha: number;
  readonly minimumPerArm: number;
  readonly unit: Unit;
  readonly tuning?: number;
}

/** Every metric of one treatment arm, its p-values not yet corrected for the others. */
export const metricReports = (
  metrics: readonly MetricDefinition[],
  control: ArmStatistics | undefined,
  treatment: ArmStatistics | undefined,
  options: MetricOptions,
): MetricReport[] =>
  metrics.map(({ name, better }) => ({
    metric: name,
    better,
    control: figureOf(control, name),
    treatment: figureOf(treatment, name),
    found: answerOf(name, better, control, treatment, options),
  }));

function answerOf(
  name: string,
  better: 'higher' | 'lower',
  control: ArmStatistics | undefined,
  treatment: ArmStatistics | undefined,
  options: MetricOptions,
): MetricAnswer | NoAnswer {
  const { minimumPerArm, unit } = options;
  if (control === undefined || treatment === undefined)
    return notEnoughData(0, minimumPerArm, unit);
  const [c, t] = [control, treatment].map(({ statistics }) => statistics[name]);
  if (c === undefined || t === undefined) return missingMetric(name);
  const read = (difference: Difference) => effectOf(c, t, { difference, minimumPerArm, unit });
  const [absolute, relative] = [read('absolute'), read('relative')];
  if (absolute.kind === 'no-answer') return absolute;
  const reading = readingOf(absolute, options);
  return {
    kind: 'answer',
    absolute: reading,
    relative: relative.kind === 'no-answer' ? relative : readingOf(relative, options),
    adjusted: { fixed: reading.fixed.pValue, sequential: reading.sequential.pValue },
    chanceToWin: posteriorOf(absolute, { better }).chanceToWin,
  };
}

function readingOf(effect: Effect, { alpha, tuning }: MetricOptions): Reading {
  const { pValue, low, high } = welchTest(effect, { alpha });
  return {
    kind: 'reading',
    estimate: effect.estimate,
    standardError: effect.standardError,
    fixed: { pValue, low, high },
    sequential: sequentialTest(effect, { alpha, tuning }),
  };
}

function figureOf(arm: ArmStatistics | undefined, name: string): ArmFigure {
  const statistic = arm?.statistics[name];
  if (statistic === undefined) return { units: arm?.units ?? 0, mean: null };
  const units = unitsOf(statistic);
  const { mean } = momentsOf(statistic);
  return { units, mean: units > 0 && Number.isFinite(mean) ? mean : null };
}

/** The difference that was asked for; the absolute one where there is no relative one. */
export const headline = ({ absolute, relative }: MetricAnswer, difference: Difference): Reading =>
  difference === 'relative' && relative.kind === 'reading' ? relative : absolute;

/**
 * Corrects the p-values of all arms' metrics together. Always-valid p-values stay so: at any time of stopping each is a
 * p-value, and Holm and Benjamini–Hochberg ask no more.
 * @param arms metrics per treatment arm.
 */
export function correctAll(
  arms: readonly (readonly MetricReport[])[],
  difference: Difference,
  correction: Correction,
): MetricReport[][] {
  const answers = arms.flat().flatMap(({ found }) => (found.kind === 'answer' ? [found] : []));
  const readings = answers.map((answer) => headline(answer, difference));
  const adjust = (kind: 'fixed' | 'sequential') =>
    corrected(
      readings.map((reading) => reading[kind].pValue),
      correction,
    );
  const [fixed, sequential] = [adjust('fixed'), adjust('sequential')];
  return arms.map((reports) =>
    reports.map((report) => {
      if (report.found.kind === 'no-answer') return report;
      const at = answers.indexOf(report.found);
      const adjusted = { fixed: fixed[at], sequential: sequential[at] };
      return { ...report, found: { ...report.found, adjusted } };
    }),
  );
}
