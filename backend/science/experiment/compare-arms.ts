import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import { effectOf } from '../statistics/effect.ts';
import type { ArmComparison, MetricReport } from './experiment-report.ts';
import type { ArmStatistics, ExperimentStatistics } from './experiment-statistics.ts';
import { testGuardrail } from './guardrail.ts';
import type { MetricOptions } from './metric-reports.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import { missingMetric, notEnoughData } from '../statistics/unavailable.ts';
import { noveltyOf } from './novelty.ts';
import { resultData, type WeightsInUse } from './result-data.ts';
import { segmentEffects } from './segments.ts';

export interface ArmComparisonOptions extends MetricOptions {
  readonly correction: Correction;
  readonly guardrails: readonly GuardrailSpec[];
  readonly weights?: WeightsInUse;
  /**
   * Number of treatment arms. Each is tested at alpha divided by it (Bonferroni), so that alpha holds for all together.
   */
  readonly treatments: number;
}

/**
 * Compares one treatment arm with the control.
 * @param arm index of the treatment arm. @param totals statistics of each arm over all days.
 * @param metrics of this arm, with p-values adjusted over all arms.
 */
export function compareArms(
  statistics: ExperimentStatistics,
  arm: number,
  totals: readonly (ArmStatistics | undefined)[],
  metrics: readonly MetricReport[],
  options: ArmComparisonOptions,
): Omit<ArmComparison, 'verdict'> {
  const pair = { control: totals[0], treatment: totals[arm] };
  const names = { control: statistics.arms[0].name, treatment: statistics.arms[arm].name };
  return {
    ...names,
    metrics,
    guardrails: guardrailsOf(pair, statistics, options),
    ...resultDataOf(pair, options),
    segments: segmentsOf(names, statistics, options),
    novelty: noveltyOfAll(names, statistics, options),
  };
}

interface ArmNames {
  readonly control: string;
  readonly treatment: string;
}

/** The statistics of both arms; undefined for an arm that has no exposed unit yet. */
interface ArmPair {
  readonly control?: ArmStatistics;
  readonly treatment?: ArmStatistics;
}

/** Each guardrail of each arm is tested at its share of alpha (Bonferroni), because one broken guardrail decides. */
function guardrailsOf(
  { control, treatment }: ArmPair,
  { metrics }: Pick<ExperimentStatistics, 'metrics'>,
  { guardrails, treatments, minimumPerArm, unit, alpha, tuning }: ArmComparisonOptions,
): ArmComparison['guardrails'] {
  return guardrails.map((spec) => {
    const better = metrics.find(({ name }) => name === spec.metric)?.better;
    const [c, t] = [control, treatment].map((arm) => arm?.statistics[spec.metric]);
    if (!control || !treatment) {
      return { ...spec, found: notEnoughData(0, minimumPerArm, unit) };
    }
    if (!better || !c || !t) return { ...spec, found: missingMetric(spec.metric) };
    const hypothesis = better === 'higher' ? -spec.margin : spec.margin;
    const effect = effectOf(c, t, { difference: 'relative', minimumPerArm, unit, hypothesis });
    const testOptions = { better, alpha: alpha / (guardrails.length * treatments), tuning };
    return { ...spec, found: testGuardrail(effect, spec.margin, testOptions) };
  });
}

function resultDataOf(
  { control, treatment }: ArmPair,
  { weights, ...options }: ArmComparisonOptions,
): Pick<ArmComparison, 'resultData'> {
  if (weights === undefined) return {};
  const { minimumPerArm, unit, treatments } = options;
  const armOptions = { ...options, alpha: options.alpha / treatments };
  return {
    resultData:
      control && treatment
        ? resultData(control, treatment, weights, armOptions)
        : notEnoughData(0, minimumPerArm, unit),
  };
}

/** Effects on every metric by every attribute; values that occur in one arm only are left out. */
function segmentsOf(
  arms: ArmNames,
  { segments, metrics }: ExperimentStatistics,
  options: ArmComparisonOptions,
): ArmComparison['segments'] {
  const [controlCells, treatmentCells] = cellsOf(segments, arms);
  const dimensions = Map.groupBy(controlCells, ({ dimension }) => dimension);
  return [...dimensions].flatMap(([dimension, cells]) =>
    metrics.map(({ name }) => {
      const values = cells.flatMap((cell) => {
        const other = treatmentCells.find(
          (one) => one.dimension === dimension && one.value === cell.value,
        );
        const [control, treatment] = [cell, other].map((one) => one?.statistics[name]);
        return control && treatment ? [{ value: cell.value, control, treatment }] : [];
      });
      return { dimension, metric: name, ...segmentEffects(values, options) };
    }),
  );
}

function noveltyOfAll(
  arms: ArmNames,
  { days, metrics }: ExperimentStatistics,
  options: ArmComparisonOptions,
): ArmComparison['novelty'] {
  const [controlDays, treatmentDays] = cellsOf(days, arms);
  return metrics.map(({ name, better }) => {
    const pairs = controlDays.flatMap((cell) => {
      const other = treatmentDays.find(({ day }) => day === cell.day);
      const [control, treatment] = [cell, other].map((one) => one?.statistics[name]);
      return control && treatment ? [{ day: cell.day, control, treatment }] : [];
    });
    return { metric: name, found: noveltyOf(pairs, { ...options, better }) };
  });
}

/** The cells (days or segments) of the control and of the treatment. */
const cellsOf = <Cell extends ArmStatistics>(cells: readonly Cell[], arms: ArmNames) =>
  [arms.control, arms.treatment].map((name) => cells.filter(({ arm }) => arm === name));
