import { normalCdf, Z95 } from '../statistics/distributions.ts';
import { clusteredMean } from '../statistics/interval.ts';
import { effectsTable, type EffectsTable } from './experiment-effects.ts';
import { experimentFit, leaveOneOut } from './experiment-weights.ts';
import { MINIMUM_EXPERIMENTS } from './minimums.ts';
import type { SkillFigure } from './learned-weights.ts';
import { dot } from '../statistics/matrix.ts';
import { mcnemarTwoSided } from '../statistics/mcnemar.ts';
import { priorOf, type Better } from './prior.ts';
import type { PastExperiment } from './unit-table.ts';

export interface BacktestOptions {
  /**
   * Prior weights, which are also the fixed weights in the comparison. Default: equal weights, each signed by its
   * better direction.
   */
  readonly prior?: Readonly<Record<string, number>>;
  readonly better?: Readonly<Record<string, Better>>;
}

/** How often each set of weights predicted the sign of the long-term effect. */
export interface Calls {
  readonly treatments: number;
  readonly experiments: number;
  readonly adaptive: SkillFigure;
  readonly fixed: SkillFigure;
  /** Adaptive minus fixed weights, on the same treatments. */
  readonly difference: SkillFigure;
}

export interface SignCalls extends Calls {
  /** Treatments whose sign only one of the two predicted. */
  readonly adaptiveOnly: number;
  readonly fixedOnly: number;
  /** McNemar's exact test of these two counts. */
  readonly pValue: number;
}

export interface BacktestUnavailable {
  readonly kind: 'not-enough';
  readonly message: string;
}

export interface BacktestReport {
  readonly kind: 'backtest';
  readonly metrics: readonly string[];
  /** Among the long-term effects that are significant at 95 %. */
  readonly toldApart: SignCalls | BacktestUnavailable;
  /**
   * Among all effects: the expected share of correct signs, `Φ(±(y − shared error) / σ)`. An effect that is small
   * compared with its error counts one half for either set of weights, and error shared with the early effects counts
   * for neither.
   */
  readonly all: Calls;
}

/** With fewer significant effects, the share of correct signs is too imprecise to report. */
const MINIMUM_SIGNIFICANT = 10;

/**
 * How often would the sign of the long-term effect have been predicted from the early effects, by weights learned from
 * all other experiments and by fixed weights? Leave-one-out over experiments, each with all its treatments.
 * @throws ApiError where a standard error is not above 0.
 */
export function backtest(
  experiments: readonly PastExperiment[],
  { prior, better = {} }: BacktestOptions = {},
): BacktestReport | BacktestUnavailable {
  const metrics = Object.keys(experiments[0]?.effects ?? {});
  const table = effectsTable(experiments, metrics);
  if (table.clusters < MINIMUM_EXPERIMENTS)
    return {
      kind: 'not-enough',
      message: `not enough past experiments: ${table.clusters} of ${MINIMUM_EXPERIMENTS}`,
    };
  const mean = priorOf(metrics, better, prior);
  const start = { mean, covariance: new Float64Array(metrics.length ** 2) };
  const leftOut = leaveOneOut(table, start, experimentFit(table, start));
  const calls = table.effects.map(({ x, y, targetErrorVariance }, e) => {
    const { weights, calibrated } = leftOut[e];
    const errorVariance = calibrated.variance(new Float64Array(metrics.length), 0);
    const probabilityUp = normalCdf(calibrated.y / Math.sqrt(errorVariance));
    const [adaptive, fixed] = [dot(weights, x) > 0, dot(mean, x) > 0];
    return {
      adaptive,
      fixed,
      isUp: y > 0,
      isSignificant: Math.abs(y) > Z95 * Math.sqrt(targetErrorVariance),
      adaptiveProbability: adaptive ? probabilityUp : 1 - probabilityUp,
      fixedProbability: fixed ? probabilityUp : 1 - probabilityUp,
    };
  });
  const all = calls.map((_, e) => e);
  const significant = all.filter((e) => calls[e].isSignificant);
  const adaptive = calls.map((call) => Number(call.adaptive === call.isUp));
  const fixed = calls.map((call) => Number(call.fixed === call.isUp));
  return {
    kind: 'backtest',
    metrics,
    toldApart:
      significant.length < MINIMUM_SIGNIFICANT
        ? {
            kind: 'not-enough',
            message: `not enough significant long-term effects: ${significant.length} of ${MINIMUM_SIGNIFICANT}`,
          }
        : {
            ...callsOf(table, significant, adaptive, fixed),
            ...discordant(significant, adaptive, fixed),
          },
    all: callsOf(
      table,
      all,
      calls.map((call) => call.adaptiveProbability),
      calls.map((call) => call.fixedProbability),
    ),
  };
}

/** McNemar's test of the treatments on which the two sets of weights disagree. */
function discordant(
  treatments: readonly number[],
  adaptive: readonly number[],
  fixed: readonly number[],
) {
  const adaptiveOnly = treatments.filter((e) => adaptive[e] > fixed[e]).length;
  const fixedOnly = treatments.filter((e) => adaptive[e] < fixed[e]).length;
  return { adaptiveOnly, fixedOnly, pValue: mcnemarTwoSided(adaptiveOnly, fixedOnly) };
}

function callsOf(
  { cluster }: EffectsTable,
  chosen: readonly number[],
  adaptive: readonly number[],
  fixed: readonly number[],
): Calls {
  const clusters = chosen.map((e) => cluster[e]);
  const figure = (values: readonly number[], low: number) =>
    shareOf(
      chosen.map((e) => values[e]),
      clusters,
      low,
    );
  return {
    treatments: chosen.length,
    experiments: new Set(clusters).size,
    adaptive: figure(adaptive, 0),
    fixed: figure(fixed, 0),
    difference: figure(
      adaptive.map((value, e) => value - fixed[e]),
      -1,
    ),
  };
}

/**
 * Mean over treatments with a 95 % Student's t interval, clustered by experiment; with few distinct values a bootstrap
 * would be too narrow. Where all values are equal, the interval is the exact form of the rule of three: a share p of
 * experiments that did not occur among C of them satisfies (1 − p)^C ≥ 0.05.
 */
function shareOf(
  values: readonly number[],
  clusters: readonly number[],
  least: number,
): SkillFigure {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const unseen = 1 - 0.05 ** (1 / new Set(clusters).size);
  const clustered = clusteredMean(values, clusters);
  const isConstant = clustered === undefined || clustered.low === clustered.high;
  const { low, high } = isConstant ? { low: mean - unseen, high: mean + unseen } : clustered;
  return { mean, low: Math.max(least, low), high: Math.min(1, high) };
}
