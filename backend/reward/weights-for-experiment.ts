import { invalid } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { isOfSomeEvents, type MetricDefinition } from '../../shared/domain/metric.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { readLive } from '../models/live-pointer.ts';
import { loadScorer } from '../models/versions.ts';
import type { Store } from '../store/open.ts';
import type { experiments } from '../store/tables.ts';
import type { Normaliser, SurrogateWeights } from '../science/metric-weighting/learned-weights.ts';
import { metricMeasuring } from '../log/account/unit-metrics.ts';
import { readWeights } from './history.ts';
import { describeInForce, overrideOf, type InForce, type RewardPolicy } from './in-force.ts';
import { inForceShown } from './show.ts';
import { describeWeights } from './describe-weights.ts';
import type { Reward } from './to-reward.ts';

/** The metric weights by which the `resultData` of an experiment is summed. */
export interface ExperimentWeights {
  readonly weights: readonly { readonly metric: string; readonly weight: number }[];
  /** Of the weights, in their order, row-major; all 0 where somebody set them, as only learned weights have errors. */
  readonly covariance: readonly number[];
  /** What each effect is divided by; a weight that somebody set is for the effect in its own unit. */
  readonly normalisers: Readonly<Record<string, Normaliser>>;
  /** Where they come from: who set them, why and until when, or when they were learned. */
  readonly description: ReturnType<typeof inForceShown>;
  /** Metrics that have a weight but are not measured by the experiment: left out of the sum. */
  readonly unmeasured: readonly string[];
  /** Where they come from and what is left out, in sentences, to be shown with the sum. */
  readonly explanation: readonly string[];
}

/** The value of `experiments.metricWeightsId` for what the schema declares, which is not a row of the history. */
export const SCHEMA_WEIGHTS = 0;

/** The id that an experiment is frozen to at its start. */
export const idInForce = (inForce: InForce): number =>
  inForce.source === 'schema' ? SCHEMA_WEIGHTS : inForce.row.id;

/** The override of this experiment; else the weights frozen at its start; else those in force now. */
export async function weightsForExperiment(
  store: Store,
  experiment: Pick<typeof experiments.$inferSelect, 'id' | 'arms' | 'metrics' | 'metricWeightsId'>,
  nowMs: number,
  rewardPolicy: RewardPolicy,
): Promise<ExperimentWeights> {
  const schema = await schemaOf(store, experiment.arms[0]?.version);
  const inForce = await chosen(store, schema, experiment, nowMs, rewardPolicy);
  const found = inMetrics(inForce, experiment.metrics);
  return {
    ...found,
    description: inForceShown(inForce),
    explanation: describeWeights(inForce, found.unmeasured),
  };
}

async function chosen(
  store: Store,
  schema: Schema,
  { id, metricWeightsId }: Pick<typeof experiments.$inferSelect, 'id' | 'metricWeightsId'>,
  nowMs: number,
  rewardPolicy: RewardPolicy,
): Promise<InForce> {
  const override = await overrideOf(store, schema.name, nowMs, id);
  if (override !== undefined)
    return { source: 'override', weights: override.weights, row: override };
  if (metricWeightsId === null)
    return describeInForce(store, schema, nowMs, { experimentId: id, rewardPolicy });
  if (metricWeightsId === SCHEMA_WEIGHTS)
    return { source: 'schema', weights: schema.training.reward };
  const row = await readWeights(store, schema.name, metricWeightsId);
  if (row === undefined)
    throw invalid(
      `experiment ${id} is frozen to the metric weights ${metricWeightsId}, which ${schema.name} does not have: trimtab metric-weights verify shows what happened to them`,
    );
  return { source: row.source, weights: row.weights, row };
}

function inMetrics(
  inForce: InForce,
  metrics: readonly MetricDefinition[],
): Omit<ExperimentWeights, 'description' | 'explanation'> {
  if (inForce.source !== 'learned') return fromReward(inForce.weights, metrics);
  // Checked when it was learned; the history stores it unchanged.
  const { weights, covariance, normalisers } = inForce.row.details as unknown as SurrogateWeights;
  const measured = weights.flatMap(({ metric, weight }, i) => {
    const by = metricMeasuring(metric, metrics)?.name;
    return by === undefined ? [] : { i, metric, by, weight };
  });
  const known = new Set(measured.map(({ metric }) => metric));
  return {
    weights: measured.map(({ by, weight }) => ({ metric: by, weight })),
    covariance: measured.flatMap(({ i }) =>
      measured.map(({ i: j }) => covariance[i * weights.length + j]),
    ),
    normalisers: Object.fromEntries(measured.map(({ metric, by }) => [by, normalisers[metric]])),
    unmeasured: weights.map(({ metric }) => metric).filter((metric) => !known.has(metric)),
  };
}

/** Σ reward × effect on the metric that counts the same events: the effect on the reward of a unit, in the reward's own units. */
function fromReward(
  reward: Reward,
  metrics: readonly MetricDefinition[],
): Omit<ExperimentWeights, 'description' | 'explanation'> {
  const weights: { metric: string; weight: number }[] = [];
  const unmeasured: string[] = [];
  for (const [paid, weight] of Object.entries(reward)) {
    // A metric with a horizon is of fewer units, and has no products with the others.
    const metric = metrics.find(
      (one) =>
        one.kind !== 'ratio' &&
        one.numerator === paid &&
        one.horizonDays === undefined &&
        !isOfSomeEvents(one),
    );
    if (metric === undefined) unmeasured.push(paid);
    else weights.push({ metric: metric.name, weight });
  }
  return {
    weights,
    covariance: Array.from({ length: weights.length ** 2 }, () => 0),
    normalisers: Object.fromEntries(
      weights.map(({ metric }) => [metric, { mean: 0, deviation: 1 }]),
    ),
    unmeasured,
  };
}

/** The schema of the control's version, which is frozen at the start; of the champion where the control has none. */
async function schemaOf(store: Store, version: Version | undefined): Promise<Schema> {
  const named = version ?? (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  return (await loadScorer(store, named)).schema;
}
