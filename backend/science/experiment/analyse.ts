import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import { compareArms } from './compare-arms.ts';
import { doubtsOf } from './doubts.ts';
import type { Difference } from '../statistics/effect.ts';
import type { ExperimentReport } from './experiment-report.ts';
import type { ExperimentStatistics } from './experiment-statistics.ts';
import { carryOverChecks, multipleExposure } from './exposure-checks.ts';
import { interleaving } from './interleaving.ts';
import { interleavingSentence } from './interleaving-sentence.ts';
import { correctMetricReports, metricReports } from './metric-reports.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import { MINIMUM_PER_ARM } from '../statistics/unavailable.ts';
import type { WeightsInUse } from './result-data.ts';
import { correctHeterogeneity } from './correct-heterogeneity.ts';
import { correctTrends } from './correct-trends.ts';
import { sequentialSrm } from '../statistics/sequential-srm.ts';
import { totalOf } from './totals.ts';
import { verdictOf } from './verdict.ts';

export interface AnalysisOptions {
  /** Which difference the adjusted p-values are for; both differences are reported. */
  readonly difference?: Difference;
  readonly alpha?: number;
  readonly correction?: Correction;
  readonly minimumPerArm?: number;
  readonly guardrails?: readonly GuardrailSpec[];
  /** Metric weights; with them the verdict is by `resultData`. */
  readonly weights?: WeightsInUse;
  /** Units of both arms at which the confidence sequences are narrowest. */
  readonly tuning?: number;
}

/**
 * Analyses an experiment. It is a pure function of the statistics, so a stored report can be reproduced from them.
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
  const treatments = statistics.interleaving ? [] : arms.map((_, i) => i).slice(1);
  const adjusted = correctMetricReports(
    treatments.map((i) => metricReports(metrics, control, totals[i], options)),
    difference,
    correction,
  );
  const uncorrected = treatments.map((arm, at) =>
    compareArms(statistics, arm, totals, adjusted[at], {
      ...options,
      treatments: treatments.length,
    }),
  );
  const corrected = correctHeterogeneity(correctTrends(uncorrected, alpha));
  const health = {
    unit,
    srm,
    multipleExposure: multipleExposure(statistics.multipleExposure, { unit }),
    ...(statistics.refused && {
      refused: sequentialSrm(statistics.refused, traffic, { unit }),
    }),
    carryOver: carryOverChecks(statistics.carryOver, { unit }),
  };
  const comparisons = corrected.map((comparison, at) => {
    const fewest = Math.min(sizes[0], sizes[treatments[at]]);
    return { ...comparison, verdict: verdictOf(comparison, srm, fewest, options) };
  });
  const interleaved = statistics.interleaving && {
    interleaving: interleaving(statistics.interleaving, { alpha, minimum: minimumPerArm, tuning }),
  };
  return {
    experiment,
    alpha,
    correction,
    minimumPerArm,
    verdict: interleaved
      ? interleavingSentence(interleaved.interleaving, arms[1].name)
      : [...new Set(comparisons.map(({ verdict }) => verdict.sentence))].join('; '),
    doubts: doubtsOf(health, corrected),
    arms: arms.map(({ name, weight }, i) => ({ name, weight, units: sizes[i] })),
    ...health,
    comparisons,
    ...interleaved,
  };
}
