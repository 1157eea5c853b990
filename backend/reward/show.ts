import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { targetName } from '../science/metric-weighting/target.ts';
import { history, historyEntry } from './history.ts';
import { describeInForce, experimentOverrides, newestOf, type InForce } from './in-force.ts';
import type { MetricWeightSettings } from './settings.ts';
import type { MetricWeights } from './weights-hash.ts';

/** Everything that is shown of a schema's metric weights. */
export async function showMetricWeights(
  store: Store,
  schema: Schema,
  { policy: rewardPolicy, target }: MetricWeightSettings,
  nowMs: number,
) {
  const { name } = schema;
  const [inForce, overrides, surrogate, importance, rows] = await Promise.all([
    describeInForce(store, schema, nowMs, { rewardPolicy }),
    experimentOverrides(store, name, nowMs),
    newestOf(store, name, 'surrogate'),
    newestOf(store, name, 'importance'),
    history(store, name),
  ]);
  return {
    schema: name,
    policy: rewardPolicy,
    target: target === undefined ? null : targetName(target),
    inForce: inForceShown(inForce),
    experiments: overrides.map(historyEntry),
    learned: [surrogate, importance].flatMap((row) => (row === undefined ? [] : learnedShown(row))),
    history: rows,
  };
}

/** Without the long parts of its row. */
export const inForceShown = (inForce: InForce) =>
  inForce.source === 'schema'
    ? { source: inForce.source, weights: { ...inForce.weights } }
    : historyEntry(inForce.row);

/** The weights with their intervals, without their covariance, which is long. */
function learnedShown({ id, createdAt, weights: reward, details }: MetricWeights) {
  const { covariance: _, ...shown } = details;
  return { id, createdAt, reward, ...shown };
}
