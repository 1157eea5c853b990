import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { type Effect, effectOf } from '../science/statistics/effect.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import { type Unavailable, notEnoughData } from '../science/statistics/unavailable.ts';
import { sequentialTest } from '../science/statistics/sequential-test.ts';
import { sequentialSrm } from '../science/statistics/sequential-srm.ts';
import { type Statistic } from '../science/statistics/statistics.ts';
import { addStatistics } from '../science/statistics/statistic-kinds.ts';
import type { CanaryWindow } from './canary-windows.ts';
import type { GuardrailReading } from './rollout-evidence.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { CHALLENGER, CHAMPION } from './rollout-rows.ts';

/** The sessions of one stage, as sums per arm and day. */
export interface CanaryStratum {
  readonly window: CanaryWindow;
  readonly statistics: ExperimentStatistics;
}

/**
 * One reading per guardrail over the whole canary. Arms are compared within each stage and the effects are combined:
 * if stages of different shares were pooled, a busy day in one stage would look like an effect (Simpson's paradox).
 * @param alpha of all guardrails together: each gets an equal part (Bonferroni).
 */
export function canaryReadings(
  {
    guardrails,
    metrics,
    minimumPerArm,
  }: Pick<Experiment, 'guardrails' | 'metrics' | 'minimumPerArm'>,
  strata: readonly CanaryStratum[],
  alpha: number,
  combine: (effects: readonly Effect[]) => Effect,
): GuardrailReading[] {
  return guardrails.map(({ metric: name, margin }) => {
    const metric = metrics.find((one) => one.name === name);
    if (metric === undefined) return { metric: name, missing: 'the rollout does not measure it' };
    const worstAllowed = metric.better === 'higher' ? -margin : margin;
    const effects = strata.map(({ statistics }) =>
      effectIn(statistics, metric, { minimumPerArm, hypothesis: worstAllowed }),
    );
    const known = effects.filter((effect) => effect.kind === 'effect');
    if (known.length === 0) return { metric: name, missing: whyNot(effects, minimumPerArm) };
    const { low, high } = sequentialTest(combine(known), { alpha: alpha / guardrails.length });
    return { metric: name, better: metric.better, low, high, worstAllowed };
  });
}

export function effectIn(
  statistics: ExperimentStatistics,
  metric: MetricDefinition,
  how: { readonly minimumPerArm: number; readonly hypothesis: number },
): Effect | Unavailable {
  const [control, treatment] = [CHAMPION, CHALLENGER].map((arm) =>
    statistics.days
      .filter((day) => day.arm === arm)
      .flatMap((day) => day.statistics[metric.name] ?? [])
      .reduce<Statistic | undefined>(
        (sum, one) => (sum === undefined ? one : addStatistics<Statistic>(sum, one)),
        undefined,
      ),
  );
  if (control === undefined || treatment === undefined) return notEnoughData(0, how.minimumPerArm);
  return effectOf(control, treatment, { difference: 'relative', ...how });
}

/** The reason of the newest stage, which has the most sessions to come. */
const whyNot = (effects: readonly (Effect | Unavailable)[], minimumPerArm: number): string =>
  effects.findLast((effect) => effect.kind === 'no-answer')?.message ??
  notEnoughData(0, minimumPerArm).message;

/** Stages whose arm sizes do not match their traffic: their effects may come from a fault in the assignment. */
export function mismatches(strata: readonly CanaryStratum[]): string[] {
  return strata.flatMap(({ window: { stage, share }, statistics }) => {
    const [challenger, champion] = [CHALLENGER, CHAMPION].map((arm) =>
      statistics.days.filter((day) => day.arm === arm).reduce((units, day) => units + day.units, 0),
    );
    const check = sequentialSrm([challenger, champion], [share, 1 - share]);
    if (check.kind === 'no-answer' || !check.mismatch) return [];
    const of = challenger + champion;
    return [
      `arm sizes that match their traffic (at ${stage} the challenger had ${challenger} of ${of} sessions, p = ${check.pValue.toExponential(1)})`,
    ];
  });
}
