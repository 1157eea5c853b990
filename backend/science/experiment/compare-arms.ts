import type { GuardrailSpec } from '../../../shared/domain/experiment.ts';
import { effectOf } from '../statistics/effect.ts';
import type { Comparison, MetricReport } from './experiment-report.ts';
import type { ArmStatistics, ExperimentStatistics } from './experiment-statistics.ts';
import { guardrailOf } from './guardrail.ts';
import type { MetricOptions } from './metric-reports.ts';
import type { Correction } from '../statistics/multiple-testing.ts';
import { missingMetric, notEnoughData } from '../statistics/unavailable.ts';
import { noveltyOf } from './novelty.ts';
import { resultData, type WeightsInUse } from './result-data.ts';
import { segmentEffects } from './segments.ts';

export interface ComparisonOptions extends MetricOptions {
  readonly correction: Correction;
  readonly guardrails: readonly GuardrailSpec[];
  readonly weights?: WeightsInUse;
  /** Treatment arms in all: a call on any of them is a call, so each gets its part of alpha (Bonferroni). */
  readonly treatments: number;
}

/** Treatment arm number `arm` against the control. @param metrics corrected for all arms. @param totals of all arms. */
export function comparisonOf(
  statistics: ExperimentStatistics,
  arm: number,
  totals: readonly (ArmStatistics | undefined)[],
  metrics: readonly MetricReport[],
  options: ComparisonOptions,
): Omit<Comparison, 'verdict'> {
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

/** Both arms' cells of one comparison; an arm that nobody was exposed to yet has none. */
interface ArmPair {
  readonly control?: ArmStatistics;
  readonly treatment?: ArmStatistics;
}

/** Each at its part of alpha, since any that breaks in any arm is a call (Bonferroni). */
function guardrailsOf(
  { control, treatment }: ArmPair,
  { metrics }: Pick<ExperimentStatistics, 'metrics'>,
  { guardrails, treatments, minimumPerArm, unit, alpha, tuning }: ComparisonOptions,
): Comparison['guardrails'] {
  return guardrails.map((spec) => {
    const better = metrics.find(({ name }) => name === spec.metric)?.better;
    const [c, t] = [control, treatment].map((arm) => arm?.statistics[spec.metric]);
    if (!control || !treatment) {
      return { ...spec, found: notEnoughData(0, minimumPerArm, unit) };
    }
    if (!better || !c || !t) return { ...spec, found: missingMetric(spec.metric) };
    const hypothesis = better === 'higher' ? -spec.margin : spec.margin;
    const effect = effectOf(c, t, { difference: 'relative', minimumPerArm, unit, hypothesis });
    const each = { better, alpha: alpha / (guardrails.length * treatments), tuning };
    return { ...spec, found: guardrailOf(effect, spec.margin, each) };
  });
}

function resultDataOf(
  { control, treatment }: ArmPair,
  { weights, ...options }: ComparisonOptions,
): Pick<Comparison, 'resultData'> {
  if (weights === undefined) return {};
  const { minimumPerArm, unit, treatments } = options;
  const each = { ...options, alpha: options.alpha / treatments };
  return {
    resultData:
      control && treatment
        ? resultData(control, treatment, weights, each)
        : notEnoughData(0, minimumPerArm, unit),
  };
}

/** Every metric by every attribute; values that only one arm has are left out. */
function segmentsOf(
  arms: ArmNames,
  { segments, metrics }: ExperimentStatistics,
  options: ComparisonOptions,
): Comparison['segments'] {
  const [own, others] = cellsOf(segments, arms);
  const dimensions = Map.groupBy(own, ({ dimension }) => dimension);
  return [...dimensions].flatMap(([dimension, cells]) =>
    metrics.map(({ name }) => {
      const values = cells.flatMap((cell) => {
        const other = others.find((one) => one.dimension === dimension && one.value === cell.value);
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
  options: ComparisonOptions,
): Comparison['novelty'] {
  const [own, others] = cellsOf(days, arms);
  return metrics.map(({ name, better }) => {
    const pairs = own.flatMap((cell) => {
      const other = others.find(({ day }) => day === cell.day);
      const [control, treatment] = [cell, other].map((one) => one?.statistics[name]);
      return control && treatment ? [{ day: cell.day, control, treatment }] : [];
    });
    return { metric: name, found: noveltyOf(pairs, { ...options, better }) };
  });
}

const cellsOf = <Cell extends ArmStatistics>(cells: readonly Cell[], arms: ArmNames) =>
  [arms.control, arms.treatment].map((name) => cells.filter(({ arm }) => arm === name));
