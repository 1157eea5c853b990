import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import { comparisonOf } from './compare-arms.ts';
import { doubtsOf } from './doubts.ts';
import type { Difference } from '../statistics/effect.ts';
import type { ExperimentReport } from './experiment-report.ts';
import type { ExperimentStatistics } from './experiment-statistics.ts';
import { carryOverChecks, multipleExposure } from './exposure-checks.ts';
import { interleaving } from './interleaving.ts';
import { interleavingSentence } from './interleaving-sentence.ts';
import { correctAll, metricReports } from './metric-reports.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import { MINIMUM_PER_ARM } from '../statistics/unavailable.ts';
import type { WeightsInUse } from './result-data.ts';
import { settleDifferences } from './correct-heterogeneity.ts';
import { settleTrends } from './correct-trends.ts';
import { sequentialSrm } from '../statistics/sequential-srm.ts';
import { totalOf } from './totals.ts';
import { verdictOf } from './verdict.ts';

export interface AnalysisOptions {
  /** Which difference the corrected p-values are of; both are reported. */
  readonly difference?: Difference;
  readonly alpha?: number;
  readonly correction?: Correction;
  readonly minimumPerArm?: number;
  readonly guardrails?: readonly GuardrailSpec[];
  /** Makes `resultData` the verdict. */
  readonly weights?: WeightsInUse;
  /** Units of both arms at which always-valid intervals are tightest. */
  readonly tuning?: number;
}

/**
 * Reads an experiment: a pure function of its statistics, so that a report can be made again from what was kept.
 * @throws where there are fewer than two arms.
 */
export function analyseExperiment(
  statistics: ExperimentStatistics,
  {
    difference = 'absolute',
    alpha = 0.05,
    correction = 'holm',
    minimumPerArm = MINIMUM_PER_ARM,
    guardrails = [],
    weights,
    tuning,
  }: AnalysisOptions = {},
): ExperimentReport {
  const { experiment, unit, arms, metrics, days } = statistics;
  if (arms.length < 2) {
    throw new Error(
      `experiment ${experiment} has ${arms.length} arms: give a control and a treatment`,
    );
  }
  const options = { alpha, correction, minimumPerArm, unit, guardrails, weights, tuning };
  const totals = arms.map(({ name }) => totalOf(days, name));
  const sizes = totals.map((total) => total?.units ?? 0);
  const traffic = arms.map(({ weight }) => weight);
  const srm = sequentialSrm(sizes, traffic, { unit });
  const [control] = totals;
  const others = statistics.interleaving ? [] : arms.map((_, i) => i).slice(1);
  const corrected = correctAll(
    others.map((i) => metricReports(metrics, control, totals[i], options)),
    difference,
    correction,
  );
  const found = others.map((arm, at) =>
    comparisonOf(statistics, arm, totals, corrected[at], {
      ...options,
      treatments: others.length,
    }),
  );
  const settled = settleDifferences(settleTrends(found, alpha));
  const health = {
    unit,
    srm,
    multipleExposure: multipleExposure(statistics.multipleExposure, { unit }),
    ...(statistics.refused && {
      refused: sequentialSrm(statistics.refused, traffic, { unit }),
    }),
    carryOver: carryOverChecks(statistics.carryOver, { unit }),
  };
  const comparisons = settled.map((comparison, at) => {
    const fewest = Math.min(sizes[0], sizes[others[at]]);
    return { ...comparison, verdict: verdictOf(comparison, srm, fewest, options) };
  });
  const drafted = statistics.interleaving && {
    interleaving: interleaving(statistics.interleaving, { alpha, minimum: minimumPerArm, tuning }),
  };
  return {
    experiment,
    alpha,
    correction,
    minimumPerArm,
    verdict: drafted
      ? interleavingSentence(drafted.interleaving, arms[1].name)
      : [...new Set(comparisons.map(({ verdict }) => verdict.sentence))].join('; '),
    doubts: doubtsOf(health, settled),
    arms: arms.map(({ name, weight }, i) => ({ name, weight, units: sizes[i] })),
    ...health,
    comparisons,
    ...drafted,
  };
}
