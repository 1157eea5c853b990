import { and, desc, eq, gt, isNotNull, isNull, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import type { Reward } from './to-reward.ts';
import type { MetricWeights } from './weights-hash.ts';

/** Whose reward is asked for. */
export interface RewardScope {
  /** An override of this experiment comes before all others. */
  readonly experimentId?: string;
  /** `adaptive`: learned weights count, where nothing overrides them. Else they are only shown. */
  readonly reward?: RewardPolicy;
}

export type RewardPolicy = 'adaptive' | 'fixed';

/** What is in force, and why: as it shows wherever metric weights show. */
export type InForce = FromHistory | FromSchema;

interface FromHistory {
  readonly source: 'override' | 'learned';
  readonly weights: Reward;
  readonly row: MetricWeights;
}

interface FromSchema {
  readonly source: 'schema';
  readonly weights: Reward;
}

/** The override of the experiment; else the global one; else what was learned last, if `adaptive`; else the schema's. */
export async function describeInForce(
  store: Store,
  schema: Schema,
  nowMs: number,
  { experimentId, reward }: RewardScope = {},
): Promise<InForce> {
  const override =
    (experimentId === undefined
      ? undefined
      : await overrideOf(store, schema.name, nowMs, experimentId)) ??
    (await overrideOf(store, schema.name, nowMs));
  if (override !== undefined)
    return { source: 'override', weights: override.weights, row: override };
  const learned = reward === 'adaptive' ? await newestLearned(store, schema.name) : undefined;
  if (learned !== undefined) return { source: 'learned', weights: learned.weights, row: learned };
  return { source: 'schema', weights: schema.training.reward };
}

/** What training rewards. */
export const rewardInForce = async (
  store: Store,
  schema: Schema,
  nowMs: number,
  scope: RewardScope = {},
): Promise<Reward> => (await describeInForce(store, schema, nowMs, scope)).weights;

/** The override in force for all, or for an experiment alone. */
export const overrideOf = (
  store: Store,
  schemaName: string,
  nowMs: number,
  experimentId?: string,
): Promise<MetricWeights | undefined> =>
  activeOverride(
    store,
    schemaName,
    nowMs,
    experimentId === undefined
      ? isNull(metricWeights.experimentId)
      : eq(metricWeights.experimentId, experimentId),
  );

/** The newest override in force of those that are asked for. */
export const activeOverride = (
  store: Store,
  schemaName: string,
  nowMs: number,
  which: SQL,
): Promise<MetricWeights | undefined> =>
  newest(store, and(isActiveOverride(schemaName, nowMs), which));

/** Of all experiments that have one of their own, newest first. */
export const experimentOverrides = (
  store: Store,
  schemaName: string,
  nowMs: number,
): Promise<MetricWeights[]> =>
  store.db
    .select()
    .from(metricWeights)
    .where(and(isActiveOverride(schemaName, nowMs), isNotNull(metricWeights.experimentId)))
    .orderBy(desc(metricWeights.id))
    .limit(200);

/** Neither withdrawn nor expired; those before it count again afterwards. */
const isActiveOverride = (schemaName: string, nowMs: number) =>
  and(
    eq(metricWeights.schemaName, schemaName),
    eq(metricWeights.source, 'override'),
    or(isNull(metricWeights.expiresAt), gt(metricWeights.expiresAt, nowMs)),
    sql`json_extract(${metricWeights.details}, '$.withdraws') is null`,
    sql`${metricWeights.id} not in (
      select json_extract(later.details, '$.withdraws') from metric_weights later
      where later.schemaName = ${schemaName}
        and json_extract(later.details, '$.withdraws') is not null)`,
  );

/** The newest learned weights that make a reward: neither importance, nor any that abstained. */
export const newestLearned = (
  store: Store,
  schemaName: string,
): Promise<MetricWeights | undefined> =>
  newest(store, and(learnedBy('surrogate', schemaName), ne(sql`${metricWeights.weights}`, '{}')));

/** Of a method, whether or not it makes a reward. */
export const newestOf = (
  store: Store,
  schemaName: string,
  method: 'surrogate' | 'importance',
): Promise<MetricWeights | undefined> => newest(store, learnedBy(method, schemaName));

const learnedBy = (method: 'surrogate' | 'importance', schemaName: string) =>
  and(
    eq(metricWeights.schemaName, schemaName),
    eq(metricWeights.source, 'learned'),
    eq(metricWeights.method, method),
  );

async function newest(store: Store, where: SQL | undefined): Promise<MetricWeights | undefined> {
  const [row] = await store.db
    .select()
    .from(metricWeights)
    .where(where)
    .orderBy(desc(metricWeights.id))
    .limit(1);
  return row;
}
