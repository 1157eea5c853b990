import { and, desc, eq, gt, isNull, or } from 'drizzle-orm';
import { invalid } from '../../shared/domain/errors.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { recordAudit } from '../publish/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import { isMetric, METRIC_NAMES } from '../training-data/metrics.ts';

/** Metric → what one of it is worth. */
export type Reward = Readonly<Record<string, number>>;
export type MetricWeights = typeof metricWeights.$inferSelect;

export interface NewMetricWeights {
  readonly weights: Reward;
  readonly author: string;
  readonly reason: string;
  /** Epoch ms; from then on the ones before are in force again. */
  readonly expiresAt?: number;
}

const MAX_WEIGHT = 1000;

/** What training rewards: the newest metric weights that have not expired, else the schema's own. */
export async function rewardInForce(store: Store, schema: Schema, nowMs: number): Promise<Reward> {
  return (await inForce(store, schema.name, nowMs))?.weights ?? schema.training.reward;
}

export async function inForce(
  store: Store,
  schemaName: string,
  nowMs: number,
): Promise<MetricWeights | undefined> {
  const [row] = await store.db
    .select()
    .from(metricWeights)
    .where(
      and(
        eq(metricWeights.schemaName, schemaName),
        or(isNull(metricWeights.expiresAt), gt(metricWeights.expiresAt, nowMs)),
      ),
    )
    .orderBy(desc(metricWeights.id))
    .limit(1);
  return row;
}

export const history = (store: Store, schemaName: string): Promise<MetricWeights[]> =>
  store.db
    .select()
    .from(metricWeights)
    .where(eq(metricWeights.schemaName, schemaName))
    .orderBy(desc(metricWeights.id))
    .limit(200);

/** @throws ApiError 400 naming the metric that is unknown or whose weight is out of range. */
export async function setMetricWeights(
  store: Store,
  schemaName: string,
  given: NewMetricWeights,
  nowMs: number,
): Promise<void> {
  const { weights, author, reason, expiresAt } = given;
  for (const [metric, weight] of Object.entries(weights)) {
    if (!isMetric(metric))
      throw invalid(
        `there is no metric "${metric}": take one of ${METRIC_NAMES.join(', ')}, or outcome.<name>`,
      );
    if (!(weight >= 0 && weight <= MAX_WEIGHT))
      throw invalid(`the weight of ${metric} must be 0 to ${MAX_WEIGHT}, but was ${weight}`);
  }
  if (!Object.values(weights).some((weight) => weight > 0))
    throw invalid('at least one weight must be over 0: nothing could be learned');
  if (expiresAt !== undefined && expiresAt <= nowMs)
    throw invalid(`expiresAt lies in the past: ${new Date(expiresAt).toISOString()}`);
  await store.write([
    store.db.insert(metricWeights).values({
      schemaName,
      weights,
      author,
      reason,
      createdAt: nowMs,
      expiresAt: expiresAt ?? null,
    }),
    recordAudit(store, {
      at: nowMs,
      actor: author,
      action: 'set metric weights',
      subject: schemaName,
      details: { weights, reason, ...(expiresAt !== undefined && { expiresAt }) },
    }),
  ]);
}
