import { and, desc, eq, gt, isNotNull, isNull, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import type { Reward } from './to-reward.ts';
import type { MetricWeights } from './weights-hash.ts';

/** Which override applies, and whether learned weights do. */
export interface RewardScope {
  /** An override of this experiment comes before one for all. */
  readonly experimentId?: string;
  readonly rewardPolicy: RewardPolicy;
}

/** `adaptive`: learned weights are in force where no override is. `fixed`: they are only shown. */
export type RewardPolicy = 'adaptive' | 'fixed';

/** What is in force, and why: shown wherever metric weights are shown. */
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

/** The override of the experiment; else the one for all; else what was learned last, if `adaptive`; else the schema's own reward. */
export async function describeInForce(
  store: Store,
  schema: Schema,
  nowMs: number,
  { experimentId, rewardPolicy }: RewardScope,
): Promise<InForce> {
  const override =
    (experimentId === undefined
      ? undefined
      : await overrideOf(store, schema.name, nowMs, experimentId)) ??
    (await overrideOf(store, schema.name, nowMs));
  if (override !== undefined)
    return { source: 'override', weights: override.weights, row: override };
  const learned = rewardPolicy === 'adaptive' ? await newestLearned(store, schema.name) : undefined;
  if (learned !== undefined) return { source: 'learned', weights: learned.weights, row: learned };
  return { source: 'schema', weights: schema.training.reward };
}

/** The reward that training learns by. */
export const rewardInForce = async (
  store: Store,
  schema: Schema,
  nowMs: number,
  scope: RewardScope,
): Promise<Reward> => (await describeInForce(store, schema, nowMs, scope)).weights;

/** The override in force for everything, or for one experiment alone. */
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

/** The newest override in force among those that `which` selects. */
export const activeOverride = (
  store: Store,
  schemaName: string,
  nowMs: number,
  which: SQL,
): Promise<MetricWeights | undefined> =>
  newest(store, and(isActiveOverride(schemaName, nowMs), which));

/** The overrides in force that are for one experiment alone, newest first. */
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

/** Neither withdrawn nor expired. Once the newest one is, the one before it is in force again. */
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

/** The newest learned weights that can serve as a reward: importance cannot, nor can weights that abstained. */
export const newestLearned = (
  store: Store,
  schemaName: string,
): Promise<MetricWeights | undefined> =>
  newest(store, and(learnedBy('surrogate', schemaName), ne(sql`${metricWeights.weights}`, '{}')));

/** The newest weights that a method learned, whether or not they can serve as a reward. */
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
