import type { Schema } from '../../../shared/features/schema.ts';
import { trainingSetBuilder, type TrainingSet } from '../../science/learn/training-set.ts';
import type { DataFacts } from './enough-data.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import { rewardOf } from '../../science/learn/tallies.ts';

/** Which rankings to learn from. */
export interface TrainingWindow {
  /** Epoch ms, inclusive; so is `to`. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
}

export interface TrainingData {
  readonly set: TrainingSet;
  readonly facts: DataFacts;
}

export interface Collector {
  readonly slates: number;
  add(slate: TrainingSlate): void;
  finish(): TrainingData;
}

/**
 * Gathers slates of a window, wherever they come from, into what learners take. Rewards are weighed here, so
 * that stored labels serve every reward.
 * @param reward metric → weight. @param capacityRows at least as many items as will come.
 */
export function collector(
  schema: Pick<Schema, 'features'>,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  capacityRows: number,
): Collector {
  const builder = trainingSetBuilder(schema.features.length, capacityRows);
  const days = new Set<number>();
  const users = new Set<string>();
  let [rankings, rewarded, clicked] = [0, 0, 0];
  return {
    get slates() {
      return rankings;
    },
    add({ at, sessionId, userId, weights, codes, tallies }) {
      if (at < window.from || at > window.to) return;
      if (window.servedBy !== undefined && weights !== window.servedBy) return;
      const earned = new Float64Array(tallies.length);
      let [hasReward, hasClick] = [false, false];
      tallies.forEach((tally, slot) => {
        if (tally === undefined) return;
        earned[slot] = rewardOf(tally, reward);
        hasReward ||= earned[slot] > 0;
        hasClick ||= tally.click !== undefined;
      });
      builder.add({ at, sessionId, codes, reward: earned });
      rankings++;
      if (hasReward) rewarded++;
      if (hasClick) clicked++;
      days.add(Math.floor(at / 86_400_000));
      users.add(userId ?? `session ${sessionId}`);
    },
    finish: () => ({
      set: builder.finish(),
      facts: {
        rankings,
        rewarded,
        clickRate: rankings === 0 ? 0 : clicked / rankings,
        days: days.size,
        users: users.size,
      },
    }),
  };
}
