import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { HELD_OUT, LEARNED } from '../../../shared/domain/weight-delta.ts';
import type { Collected, CollectOptions } from '../../experiments/collect-statistics.ts';
import type { Experiment } from '../../experiments/new-experiment.ts';
import type { ExperimentStatistics } from '../../science/experiment/experiment-statistics.ts';
import { effectOf, type Effect } from '../../science/statistics/effect.ts';
import { sequentialTest } from '../../science/statistics/sequential-test.ts';
import { addStatistics } from '../../science/statistics/statistic-kinds.ts';
import type { Statistic } from '../../science/statistics/statistics.ts';
import { holdoutId } from './holdout.ts';
import type { LearnerRow } from './learner-rows.ts';

/** How sessions with what was learned do against those that are held out of it; relative. */
export type HoldoutReading =
  | { readonly missing: string }
  | {
      readonly metric: string;
      readonly low: number;
      readonly high: number;
      readonly sessions: number;
      /** The whole interval is a loss. */
      readonly isHarm: boolean;
    };

export interface HoldoutRules {
  readonly metric: MetricDefinition;
  readonly alpha: number;
  readonly minimumPerArm: number;
  readonly holdoutShare: number;
}

export type CollectHoldout = (
  experiment: Experiment,
  options: Pick<CollectOptions, 'from' | 'to'>,
) => Promise<Collected>;

/** No layer can have this name, so that the unit is what the edge holds out: a session. Experiments may have made `weights` count by user. */
const LAYER = 'online learning';

/** All sessions that were ranked for while the version had learned something, as those of an experiment. */
export async function readHoldout(
  collect: CollectHoldout,
  { arm, version, startedAt }: LearnerRow,
  rules: HoldoutRules,
  nowMs: number,
): Promise<HoldoutReading> {
  const id = holdoutId(arm, version);
  const { statistics } = await collectHoldout(collect, id, rules, { from: startedAt, to: nowMs });
  return compareHoldout(statistics, rules);
}

/** @param id of the holdout. */
export const collectHoldout = (
  collect: CollectHoldout,
  id: string,
  rules: Pick<HoldoutRules, 'metric' | 'holdoutShare'>,
  window: Parameters<CollectHoldout>[1],
): Promise<Collected> =>
  collect(
    {
      id,
      layer: LAYER,
      arms: [
        { name: HELD_OUT, weight: rules.holdoutShare },
        { name: LEARNED, weight: 1 - rules.holdoutShare },
      ],
      metrics: [rules.metric],
      design: 'split',
      stoppedAt: null,
      // Without a start, nothing before it is looked for.
      startedAt: null,
    } as unknown as Experiment,
    window,
  );

/**
 * The always-valid interval of the effect of what was learned, as a canary's: it may be read at any time, and over all looks shows
 * harm where there is none with a probability of at most `alpha / 2`.
 */
export function compareHoldout(
  statistics: Pick<ExperimentStatistics, 'days'>,
  { metric, alpha, minimumPerArm }: HoldoutRules,
): HoldoutReading {
  const effect = holdoutEffect(statistics, { metric, minimumPerArm, difference: 'relative' });
  if ('missing' in effect) return effect;
  const { low, high } = sequentialTest(effect, { alpha });
  return {
    metric: metric.name,
    low,
    high,
    sessions: effect.n,
    isHarm: metric.better === 'higher' ? high < 0 : low > 0,
  };
}

/** The effect of what was learned, its error taken under the hypothesis that there is none. */
export function holdoutEffect(
  { days }: Pick<ExperimentStatistics, 'days'>,
  {
    metric,
    minimumPerArm,
    difference,
  }: Pick<HoldoutRules, 'metric' | 'minimumPerArm'> & {
    readonly difference: 'absolute' | 'relative';
  },
): Effect | { readonly missing: string } {
  const [control, treatment] = [HELD_OUT, LEARNED].map((name) =>
    days
      .filter((day) => day.arm === name)
      .flatMap((day) => day.statistics[metric.name] ?? [])
      .reduce<Statistic | undefined>(
        (sum, one) => (sum === undefined ? one : addStatistics<Statistic>(sum, one)),
        undefined,
      ),
  );
  if (control === undefined || treatment === undefined)
    return { missing: 'no session was held out yet' };
  const effect = effectOf(control, treatment, { difference, minimumPerArm, hypothesis: 0 });
  return effect.kind === 'no-answer' ? { missing: effect.message } : effect;
}
