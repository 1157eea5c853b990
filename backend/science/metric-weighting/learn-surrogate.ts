import { invalid } from '../../../shared/domain/errors.ts';
import { withIntervals } from './draws.ts';
import { experimentStage } from './experiment-stage.ts';
import type { SurrogateWeights } from './learned-weights.ts';
import { equalWeights, priorOf, type Better } from './prior.ts';
import { productSentence } from './products.ts';
import type { Prior } from './shrink.ts';
import type { LearnedStage } from './stage.ts';
import { unitDesign } from './unit-design.ts';
import { unitStage } from './unit-stage.ts';
import type { PastExperiment, UnitTable } from './unit-table.ts';

export interface SurrogateOptions {
  readonly seed: number;
  /**
   * Prior weights, which the learned ones are shrunk to. Default: equal weights, each signed by its better direction.
   */
  readonly prior?: Readonly<Record<string, number>>;
  /** Better direction of each metric, where there is no table that states it. Default: higher. */
  readonly better?: Readonly<Record<string, Better>>;
  /** Name of the long-term value, where there is no table that states it. */
  readonly target?: string;
}

/**
 * Surrogate weights: signed weights on the normalised effects of the metrics, learned from units, from past
 * experiments, or from both. In the last case the weights from units are the prior of those from experiments, with a
 * prior variance estimated from the data. Either source counts only where its held-out skill is above 0 with 95 %
 * confidence; where neither does, the weights abstain and are the declared prior.
 * @throws ApiError without metrics or data.
 */
export async function learnSurrogate(
  table: UnitTable | undefined,
  experiments: readonly PastExperiment[],
  { seed, prior: declared, better: given, target }: SurrogateOptions,
): Promise<SurrogateWeights> {
  const metrics = metricsOf(table, experiments);
  const better =
    given ?? Object.fromEntries((table?.metrics ?? []).map((one) => [one.name, one.better]));
  const multiplied = (table?.metrics ?? []).flatMap(({ name, productOf }) =>
    productOf === undefined ? [] : [[name, productOf] as const],
  );
  const products = new Set(multiplied.map(([name]) => name));
  const mean = priorOf(metrics, better, declared, products);
  const equal = equalWeights(metrics, better, products);
  const size = metrics.length;
  const none = new Float64Array(size * size);
  const design = table && unitDesign(table);
  const byUnits = unitStage(table, design, { mean, covariance: none }, equal, metrics, seed);
  const start = 'refused' in byUnits ? { mean, covariance: none } : priorFrom(byUnits);
  const byExperiments = experimentStage(experiments, start, equal, metrics, seed);
  const used = 'refused' in byExperiments ? byUnits : byExperiments;
  const isPooled = !('refused' in byUnits) && !('refused' in byExperiments);
  const labelled = design?.rows.length ?? 0;
  const shared = {
    method: 'surrogate',
    target: table?.target.name ?? target ?? 'long-term value',
    units: labelled,
    experiments: new Set(experiments.map(({ id }) => id)).size,
    normalisers:
      design?.normalisers ??
      Object.fromEntries(metrics.map((metric) => [metric, { mean: 0, deviation: 1 }])),
    prior: Object.fromEntries(metrics.map((metric, i) => [metric, mean[i]])),
    seed,
  } as const;
  const refusals = [byUnits, byExperiments].flatMap((stage) =>
    'refused' in stage ? [stage.refused] : [],
  );
  const model = {
    index: 'linear in the normalised metrics',
    ...(multiplied.length > 0 && { products: Object.fromEntries(multiplied) }),
    ...(design && {
      target: design.target,
      constant: metrics.filter((metric) => !design.metrics.includes(metric)),
    }),
  };
  if ('refused' in used) {
    const skill = byExperiments.skill ?? byUnits.skill;
    return {
      ...shared,
      weights: withIntervals(metrics, mean, none, 2),
      covariance: Array.from(none),
      shrinkage: 1,
      ...(skill && { skill }),
      model,
      abstains: refusals.join('; '),
    };
  }
  // The weights from units are themselves partly the declared prior, so the two shrinkage factors multiply.
  const shrinkage = isPooled ? byUnits.shrinkage * byExperiments.shrinkage : used.shrinkage;
  const weights = withIntervals(metrics, used.weights, used.covariance, used.clusters);
  const statements = multiplied.map(([name, product]) =>
    productSentence(
      weights.find(({ metric }) => metric === name)!,
      product,
    ),
  );
  return {
    ...shared,
    weights,
    ...(statements.length > 0 && { statements }),
    covariance: Array.from(used.covariance),
    shrinkage,
    skill: used.skill,
    model: {
      ...model,
      from: isPooled ? 'units and experiments' : used === byUnits ? 'units' : 'experiments',
      ...used.about,
      ...(refusals.length > 0 && { notUsed: refusals }),
    },
  };
}

const priorFrom = ({ weights, covariance }: LearnedStage): Prior => ({ mean: weights, covariance });

function metricsOf(table: UnitTable | undefined, experiments: readonly PastExperiment[]): string[] {
  const names =
    table?.metrics.map(({ name }) => name) ?? Object.keys(experiments[0]?.effects ?? {});
  if (names.length === 0)
    throw invalid('there is nothing to learn from: give units with metrics, or past experiments');
  return names;
}
