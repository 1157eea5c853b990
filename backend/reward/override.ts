import { eq } from 'drizzle-orm';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import { isMetric, METRIC_NAMES } from '../../shared/domain/metric-name.ts';
import { appendWeights } from './history.ts';
import { activeOverride, describeInForce, overrideOf, type RewardPolicy } from './in-force.ts';
import { describeChanges } from './describe-changes.ts';
import type { Reward } from './to-reward.ts';
import type { MetricWeights } from './weights-hash.ts';

export interface NewOverride {
  readonly weights: Reward;
  readonly author: string;
  readonly reason: string;
  /** Epoch ms. From then on, what was in force before is in force again. */
  readonly expiresAt?: number;
  /** Only for this experiment. */
  readonly experimentId?: string;
}

export interface Override {
  /** Absent after a dry run. */
  readonly row?: MetricWeights;
  /** What it changes, one sentence each. */
  readonly warning: readonly string[];
}

const MAX_WEIGHT = 1000;
/** Every row of the history is shown with all of its metrics. */
const MAX_METRICS = 64;

/**
 * Puts weights in force by hand. @param dryRun only says what they would change.
 * @throws ApiError 400 naming the metric that is unknown or whose weight is out of range.
 */
export async function setMetricWeights(
  store: Store,
  schema: Schema,
  given: NewOverride,
  nowMs: number,
  { rewardPolicy, dryRun = false }: { rewardPolicy: RewardPolicy; dryRun?: boolean },
): Promise<Override> {
  const { weights, author, reason, expiresAt, experimentId } = given;
  check(given, nowMs);
  const before = await describeInForce(store, schema, nowMs, {
    rewardPolicy,
    ...(experimentId !== undefined && { experimentId }),
  });
  const warning = await describeChanges(store, schema, before.weights, weights);
  if (dryRun) return { warning };
  const row = await appendWeights(
    store,
    {
      schemaName: schema.name,
      weights,
      author,
      reason,
      expiresAt: expiresAt ?? null,
      source: 'override',
      method: 'fixed',
      experimentId: experimentId ?? null,
      details: { warning, before: { source: before.source, weights: before.weights } },
    },
    {
      action: 'set metric weights',
      details: {
        weights,
        reason,
        ...(expiresAt !== undefined && { expiresAt }),
        ...(experimentId !== undefined && { experimentId }),
      },
    },
    nowMs,
  );
  return { row, warning };
}

/**
 * Withdraws an override by adding a row, since rows are never changed. Without an id, it is the one in force.
 * @throws ApiError 404 where there is no such override in force.
 */
export async function withdrawOverride(
  store: Store,
  schemaName: string,
  asked: Pick<NewOverride, 'author' | 'reason' | 'experimentId'> & { readonly id?: number },
  nowMs: number,
): Promise<MetricWeights> {
  const { author, reason } = asked;
  const override =
    asked.id === undefined
      ? await overrideOf(store, schemaName, nowMs, asked.experimentId)
      : await activeOverride(store, schemaName, nowMs, eq(metricWeights.id, asked.id));
  if (override === undefined)
    throw new ApiError(
      404,
      'no_override',
      `${asked.id === undefined ? 'no override' : `no override ${asked.id}`} of ${schemaName} is in force: "trimtab metric-weights history --schema ${schemaName}" lists them`,
    );
  const { id, experimentId } = override;
  return appendWeights(
    store,
    {
      schemaName,
      weights: {},
      author,
      reason,
      expiresAt: null,
      source: 'override',
      method: 'fixed',
      experimentId,
      details: { withdraws: id },
    },
    { action: 'withdraw metric weights', details: { withdraws: id, reason } },
    nowMs,
  );
}

function check({ weights, expiresAt }: NewOverride, nowMs: number): void {
  for (const [metric, weight] of Object.entries(weights)) {
    if (!isMetric(metric))
      throw invalid(
        `there is no metric "${metric}": take one of ${METRIC_NAMES.join(', ')}, or outcome.<name>`,
      );
    if (!(Math.abs(weight) <= MAX_WEIGHT))
      throw invalid(
        `the weight of ${metric} must be ${-MAX_WEIGHT} to ${MAX_WEIGHT}, but was ${weight}`,
      );
  }
  const { length } = Object.keys(weights);
  if (length > MAX_METRICS)
    throw invalid(`at most ${MAX_METRICS} metrics may have a weight, but ${length} had one`);
  if (!Object.values(weights).some((weight) => weight > 0))
    throw invalid('at least one weight must be over 0: nothing could be learned');
  if (expiresAt !== undefined && expiresAt <= nowMs)
    throw invalid(`expiresAt lies in the past: ${new Date(expiresAt).toISOString()}`);
}
