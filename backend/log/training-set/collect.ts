import type { Schema } from '../../../shared/features/schema.ts';
import { trainingSetBuilder, type TrainingSet } from '../../science/learn/training-set.ts';
import type { DataFacts } from './enough-data.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { rewardOf } from '../../science/learn/tallies.ts';

/** Which rankings to learn from. */
export interface TrainingWindow {
  /** Epoch ms, inclusive; so is `to`. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
  /** Epoch ms: rankings from then on are counted for the minimums, as the log retains them; default: `from`. */
  readonly countedFrom?: number;
}

export interface TrainingData {
  readonly set: TrainingSet;
  /** Of the set, and of all that is counted. */
  readonly facts: DataFacts;
  readonly counted: DataFacts;
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
  const { from, to, servedBy, countedFrom = from } = window;
  const [own, counted] = [factsCounter(), factsCounter()];
  return {
    get slates() {
      return own.facts().rankings;
    },
    add(slate) {
      const { at, sessionId, weights, codes, tallies } = slate;
      if (at < Math.min(from, countedFrom) || at > to) return;
      if (servedBy !== undefined && weights !== servedBy) return;
      const earned = Float64Array.from(tallies, (tally) =>
        tally === undefined ? 0 : rewardOf(tally, reward),
      );
      const isRewarded = earned.some((value) => value > 0);
      if (at >= countedFrom) counted.add(slate, isRewarded);
      if (at < from) return;
      builder.add({ at, sessionId, codes, reward: earned });
      own.add(slate, isRewarded);
    },
    finish: () => ({ set: builder.finish(), facts: own.facts(), counted: counted.facts() }),
  };
}

function factsCounter() {
  const [days, users, sessions] = [new Set<number>(), new Set<string>(), new Set<string>()];
  let [rankings, rewarded, clicked] = [0, 0, 0];
  return {
    add({ at, sessionId, userId, tallies }: TrainingSlate, isRewarded: boolean): void {
      rankings++;
      if (isRewarded) rewarded++;
      if (tallies.some((tally) => tally?.click !== undefined)) clicked++;
      days.add(Math.floor(at / DAY_MS));
      sessions.add(sessionId);
      users.add(userId ?? `session ${sessionId}`);
    },
    facts: (): DataFacts => ({
      sessions: sessions.size,
      rankings,
      rewarded,
      clickRate: rankings === 0 ? 0 : clicked / rankings,
      days: days.size,
      users: users.size,
    }),
  };
}
