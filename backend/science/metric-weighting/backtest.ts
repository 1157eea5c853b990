import { normalCdf } from '../statistics/distributions.ts';
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
  /** Also what adaptive weights are held against. Default: equal weights, each in the direction that is better. */
  readonly prior?: Readonly<Record<string, number>>;
  readonly better?: Readonly<Record<string, Better>>;
}

/** How often each rule called the sign of the long-term effect. */
export interface Calls {
  readonly treatments: number;
  readonly experiments: number;
  readonly adaptive: SkillFigure;
  readonly fixed: SkillFigure;
  /** Adaptive less fixed, on the same treatments. */
  readonly difference: SkillFigure;
}

export interface SignCalls extends Calls {
  /** Treatments that one rule called rightly and the other not. */
  readonly adaptiveOnly: number;
  readonly fixedOnly: number;
  /** Of the two, by McNemar's exact test. */
  readonly pValue: number;
}

export interface NotEnough {
  readonly kind: 'not-enough';
  readonly message: string;
}

export interface BacktestReport {
  readonly kind: 'backtest';
  readonly metrics: readonly string[];
  /** Among long-term effects that are told apart from 0 (95 %). */
  readonly toldApart: SignCalls | NotEnough;
  /**
   * Among all: the expected share of right signs, `Φ(±(y − shared error) / σ)`, so that an effect lost in noise counts
   * for a half whoever calls it, and error shared with the early effects is nobody's merit.
   */
  readonly all: Calls;
}

/** With fewer effects told apart from 0 a share of right calls says nothing. */
const MINIMUM_TOLD_APART = 10;
const Z95 = 1.959963984540054;

/**
 * How often would weights learned from all other experiments have called the sign of the long-term effect from the early
 * effects, against fixed weights? Leaves one experiment out at a time, with all its treatments.
 * @throws ApiError where a standard error is not above 0.
 */
export function backtest(
  experiments: readonly PastExperiment[],
  { prior, better = {} }: BacktestOptions = {},
): BacktestReport | NotEnough {
  const metrics = Object.keys(experiments[0]?.effects ?? {});
  const table = effectsTable(experiments, metrics);
  if (table.clusters < MINIMUM_EXPERIMENTS)
    return {
      kind: 'not-enough',
      message: `not enough past experiments: ${table.clusters} of ${MINIMUM_EXPERIMENTS}`,
    };
  const mean = priorOf(metrics, better, prior);
  const start = { mean, covariance: new Float64Array(metrics.length ** 2) };
  const left = leaveOneOut(table, start, experimentFit(table, start));
  const calls = table.effects.map(({ x, y, targetNoise }, e) => {
    const { weights, denoised } = left[e];
    const noise = denoised.variance(new Float64Array(metrics.length), 0);
    const chance = normalCdf(denoised.y / Math.sqrt(noise));
    const [adaptive, fixed] = [dot(weights, x) > 0, dot(mean, x) > 0];
    return {
      adaptive,
      fixed,
      isUp: y > 0,
      isTold: Math.abs(y) > Z95 * Math.sqrt(targetNoise),
      adaptiveChance: adaptive ? chance : 1 - chance,
      fixedChance: fixed ? chance : 1 - chance,
    };
  });
  const all = calls.map((_, e) => e);
  const told = all.filter((e) => calls[e].isTold);
  const adaptive = calls.map((call) => Number(call.adaptive === call.isUp));
  const fixed = calls.map((call) => Number(call.fixed === call.isUp));
  return {
    kind: 'backtest',
    metrics,
    toldApart:
      told.length < MINIMUM_TOLD_APART
        ? {
            kind: 'not-enough',
            message: `not enough long-term effects told apart from 0: ${told.length} of ${MINIMUM_TOLD_APART}`,
          }
        : {
            ...callsOf(table, told, adaptive, fixed),
            ...discordant(told, adaptive, fixed),
          },
    all: callsOf(
      table,
      all,
      calls.map((call) => call.adaptiveChance),
      calls.map((call) => call.fixedChance),
    ),
  };
}

function discordant(
  told: readonly number[],
  adaptive: readonly number[],
  fixed: readonly number[],
) {
  const adaptiveOnly = told.filter((e) => adaptive[e] > fixed[e]).length;
  const fixedOnly = told.filter((e) => adaptive[e] < fixed[e]).length;
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
 * A mean over experiments' treatments with a 95 % interval clustered by experiment, Student's t: where only a few differ,
 * a bootstrap would never draw what was not seen. Where all are equal, the rule of three's exact form: a share p of
 * experiments that is unseen in C of them has (1 − p)^C ≥ 0.05.
 */
function shareOf(
  values: readonly number[],
  clusters: readonly number[],
  least: number,
): SkillFigure {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const unseen = 1 - 0.05 ** (1 / new Set(clusters).size);
  const own = clusteredMean(values, clusters);
  const isFlat = own === undefined || own.low === own.high;
  const { low, high } = isFlat ? { low: mean - unseen, high: mean + unseen } : own;
  return { mean, low: Math.max(least, low), high: Math.min(1, high) };
}
