import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { describeInForce, type RewardScope } from './in-force.ts';
import type { Reward } from './to-reward.ts';

/** What training rewards: see `describeInForce`, which also says why. */
export async function rewardInForce(
  store: Store,
  schema: Schema,
  nowMs: number,
  scope: RewardScope = {},
): Promise<Reward> {
  return (await describeInForce(store, schema, nowMs, scope)).weights;
}
