import type { Schema } from '../../../shared/features/schema.ts';
import type { Store } from '../../store/open.ts';
import type { LearnedWeights } from '../../science/metric-weighting/learned-weights.ts';
import { appendWeights } from '../../reward/history.ts';
import { newestOf } from '../../reward/in-force.ts';
import type { LearningInputs } from './worker.ts';
import { toReward, type Reward } from '../../reward/to-reward.ts';
import type { MetricWeights } from '../../reward/weights-hash.ts';

export interface Recorded {
  readonly learned: LearnedWeights;
  /** The reward that they give training; absent where they give none. */
  readonly reward?: Reward;
  /** Absent where they abstain as the weights before did: abstaining again and again is recorded once. */
  readonly row?: MetricWeights;
}

/** Adds what was learned to the history, with what it was learned from. */
export async function recordLearned(
  store: Store,
  schema: Schema,
  given: { readonly weights: LearnedWeights; readonly inputs: LearningInputs; readonly by: string },
  nowMs: number,
): Promise<Recorded> {
  const { weights: learned, inputs, by } = given;
  const { method, abstains } = learned;
  const reward =
    method === 'surrogate' && abstains === undefined
      ? toReward(learned, schema.training.reward)
      : undefined;
  const last = await newestOf(store, schema.name, method);
  if (abstains !== undefined && last?.details.abstains !== undefined) return { learned };
  const row = await appendWeights(
    store,
    {
      schemaName: schema.name,
      weights: reward ?? {},
      author: by,
      reason:
        abstains === undefined
          ? `learned from ${learned.units} units and ${learned.experiments} experiments: ${learned.target}`
          : `abstains: ${abstains}`,
      expiresAt: null,
      source: 'learned',
      method,
      experimentId: null,
      details: { ...learned, inputs },
    },
    {
      action: 'learn metric weights',
      details: { method, units: learned.units, ...(reward && { weights: reward }) },
    },
    nowMs,
  );
  return { learned, ...(reward && { reward }), row };
}
