import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { targetName } from './engine/target.ts';
import { history } from './history.ts';
import { describeInForce, experimentOverrides, newestOf, type InForce } from './in-force.ts';
import type { MetricWeightSettings } from './settings.ts';
import type { MetricWeights } from './weights-hash.ts';

/** All that people are shown of a schema's metric weights. */
export async function showMetricWeights(
  store: Store,
  schema: Schema,
  { policy, target }: MetricWeightSettings,
  nowMs: number,
) {
  const { name } = schema;
  const [inForce, overrides, surrogate, importance, rows] = await Promise.all([
    describeInForce(store, schema, nowMs, { reward: policy }),
    experimentOverrides(store, name, nowMs),
    newestOf(store, name, 'surrogate'),
    newestOf(store, name, 'importance'),
    history(store, name),
  ]);
  return {
    schema: name,
    policy,
    target: target === undefined ? null : targetName(target),
    inForce: inForceShown(inForce),
    experiments: overrides.map(withoutDetails),
    learned: [surrogate, importance].flatMap((row) => (row === undefined ? [] : learnedShown(row))),
    history: rows.map(withoutDetails),
  };
}

const inForceShown = (inForce: InForce) =>
  inForce.source === 'schema'
    ? { source: inForce.source, weights: { ...inForce.weights } }
    : withoutDetails(inForce.row);

/** A row, with what people ask about of its details: those of learned weights are long. */
function withoutDetails({ details, ...row }: MetricWeights) {
  const { warning, withdraws, abstains, skill } = details;
  return {
    ...row,
    ...(warning !== undefined && { warning: warning as string[] }),
    ...(withdraws !== undefined && { withdraws: withdraws as number }),
    ...(abstains !== undefined && { abstains: abstains as string }),
    ...(skill !== undefined && { skill: skill as Record<string, unknown> }),
  };
}

/** The weights with their intervals; how they covary is in the row itself. */
function learnedShown({ id, createdAt, weights: reward, details }: MetricWeights) {
  const { covariance: _, ...shown } = details;
  return { id, createdAt, reward, ...shown };
}
