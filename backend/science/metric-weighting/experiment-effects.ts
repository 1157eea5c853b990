import { invalid } from '../../../shared/domain/errors.ts';
import { clusterIndex } from '../statistics/interval.ts';
import type { PastExperiment } from './unit-table.ts';

/**
 * One treatment's observed effects x on M metrics and y on the target, with the covariance of their sampling errors.
 */
export interface ObservedEffects {
  readonly x: Float64Array;
  readonly y: number;
  /** Σ, M × M: covariance of the errors of x. */
  readonly errorCovariance: Float64Array;
  /** c, M values: covariance of the errors of x with the error of y. */
  readonly sharedCovariance: Float64Array;
  /** s²: variance of the error of y. */
  readonly targetErrorVariance: number;
}

export interface EffectsTable {
  readonly metrics: readonly string[];
  readonly effects: readonly ObservedEffects[];
  /** The experiment of each treatment, numbered from 0; treatments of one experiment share a control. */
  readonly cluster: Uint32Array;
  readonly clusters: number;
  /** Treatments that lack one of the metrics. */
  readonly leftOut: number;
}

/**
 * The effects of past experiments as vectors; treatments that lack one of the metrics are left out.
 * @throws ApiError where a standard error is not above 0, or a covariance has the wrong size.
 */
export function effectsTable(
  experiments: readonly PastExperiment[],
  metrics: readonly string[],
): EffectsTable {
  const whole = experiments.filter(({ effects }) => metrics.every((metric) => metric in effects));
  const numberOf = new Map<string, number>();
  for (const { id } of whole) if (!numberOf.has(id)) numberOf.set(id, numberOf.size);
  return {
    metrics,
    effects: whole.map((experiment) => observed(experiment, metrics)),
    cluster: clusterIndex(whole.map(({ id }) => numberOf.get(id)!)),
    clusters: numberOf.size,
    leftOut: experiments.length - whole.length,
  };
}

function observed(experiment: PastExperiment, metrics: readonly string[]): ObservedEffects {
  const { id, effects, target, covariance } = experiment;
  const names = Object.keys(effects);
  const size = names.length + 1;
  if (covariance !== undefined && covariance.length !== size * size)
    throw invalid(
      `experiment ${id}: a covariance of ${names.length} metrics and the target has ${size * size} numbers, not ${covariance.length}`,
    );
  for (const [name, { standardError }] of [...Object.entries(effects), ['target', target] as const])
    if (!(standardError > 0))
      throw invalid(
        `experiment ${id}: the standard error of ${name} must be above 0, but was ${standardError}`,
      );
  const places = metrics.map((metric) => names.indexOf(metric));
  const errorOf = (place: number) => effects[names[place]].standardError;
  const between = (a: number, b: number) => {
    if (a === b) return errorOf(a) ** 2;
    return covariance?.[a * size + b] ?? 0;
  };
  return {
    x: Float64Array.from(metrics, (metric) => effects[metric].estimate),
    y: target.estimate,
    errorCovariance: Float64Array.from(places.flatMap((a) => places.map((b) => between(a, b)))),
    sharedCovariance: Float64Array.from(places, (a) => covariance?.[a * size + size - 1] ?? 0),
    targetErrorVariance: target.standardError ** 2,
  };
}

/** The rows of the table that belong to the wanted experiments. */
export const effectsWhere = (
  { effects, cluster, ...rest }: EffectsTable,
  wanted: (cluster: number) => boolean,
): EffectsTable => {
  const kept = effects.map((_, i) => i).filter((i) => wanted(cluster[i]));
  return {
    ...rest,
    effects: kept.map((i) => effects[i]),
    cluster: Uint32Array.from(kept, (i) => cluster[i]),
    clusters: new Set(kept.map((i) => cluster[i])).size,
  };
};
