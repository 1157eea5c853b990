import type { Schema } from '../../../shared/features/schema.ts';
import { trainingSetBuilder, type TrainingSet } from '../../science/learn/training-set.ts';
import type { DataFacts } from './enough-data.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import {
  limitInfluence,
  type InfluenceLimits,
  type Limited,
} from '../../science/learn/limit-influence.ts';
import { rewardOf } from '../../science/learn/tallies.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';

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
  /** Of the window before anything was limited. */
  readonly facts: DataFacts;
  /** What counted too much; absent where nothing was to be limited. */
  readonly limited?: Omit<Limited, 'set'>;
}

/** By what persons and items are limited. */
export interface LimitedBy {
  /** The scorer that is improved on. */
  readonly base: Scorer;
  readonly limits: InfluenceLimits;
}

export interface Collector {
  readonly slates: number;
  add(slate: TrainingSlate): void;
  /** @param by absent: everything counts in full. */
  finish(by?: LimitedBy): TrainingData;
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
  const users = new Map<string, number>();
  const items = new Map<string, number>();
  const user: number[] = [];
  const item = new Uint32Array(capacityRows);
  let rows = 0;
  let [rankings, rewarded, clicked] = [0, 0, 0];
  return {
    get slates() {
      return rankings;
    },
    add({ at, sessionId, userId, weights, codes, itemIds, tallies }) {
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
      const number = numberOf(users, userId ?? `session ${sessionId}`);
      user.push(userId === null ? -1 : number);
      for (const id of itemIds) item[rows++] = numberOf(items, id);
    },
    finish(by) {
      const facts: DataFacts = {
        rankings,
        rewarded,
        clickRate: rankings === 0 ? 0 : clicked / rankings,
        days: days.size,
        users: users.size,
      };
      const whole = builder.finish();
      if (by === undefined) return { set: whole, facts };
      const provenance = { user: Int32Array.from(user), item: item.subarray(0, rows) };
      const { set, ...limited } = limitInfluence(whole, provenance, by.base, by.limits);
      return { set, facts, limited };
    },
  };
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
