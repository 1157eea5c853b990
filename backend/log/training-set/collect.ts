import type { Schema } from '../../../shared/features/schema.ts';
import { trainingSetBuilder, type TrainingSet } from '../../science/learn/training-set.ts';
import type { DataFacts } from './enough-data.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { isInScope, type LineageScope } from '../../models/lineage-scope.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import {
  limitInfluence,
  type InfluenceLimits,
  type Limited,
} from '../../science/learn/limit-influence.ts';
import { chosenByMerit } from '../../science/learn/chosen-by-merit.ts';
import { rewardOf } from '../../science/learn/tallies.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';

/** Which rankings to learn from. */
export interface TrainingWindow {
  /** Epoch ms, inclusive; so is `to`. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
  /** Epoch ms: rankings from then on are counted for the minimums, as the log retains them; default: `from`. */
  readonly countedFrom?: number;
  /** Only rankings of these placements; default: all. */
  readonly scope?: LineageScope;
}

export interface TrainingData {
  readonly set: TrainingSet;
  /** Of the set before anything was limited, and of all that is counted. */
  readonly facts: DataFacts;
  readonly counted: DataFacts;
  /** What counted too much; absent where no limits were asked for. */
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
  const { from, to, servedBy, countedFrom = from, scope } = window;
  const [own, counted] = [factsCounter(), factsCounter()];
  const sessions = new Map<string, number>();
  const users = new Map<string, number>();
  const items = new Map<string, number>();
  const session: number[] = [];
  const user: number[] = [];
  const item = new Uint32Array(capacityRows);
  let rows = 0;
  return {
    get slates() {
      return own.facts().rankings;
    },
    add(logged) {
      const slate = chosenByMerit(logged);
      const { at, sessionId, userId, weights, codes, itemIds, propensities, tallies } = slate;
      if (itemIds.length === 0) return;
      if (at < Math.min(from, countedFrom) || at > to) return;
      if (servedBy !== undefined && weights !== servedBy) return;
      if (scope !== undefined && !isInScope(scope, logged.placement ?? DEFAULT_PLACEMENT)) return;
      const earned = Float64Array.from(tallies, (tally) =>
        tally === undefined ? 0 : rewardOf(tally, reward),
      );
      const isRewarded = earned.some((value) => value > 0);
      if (at >= countedFrom) counted.add(slate, isRewarded);
      if (at < from) return;
      const { positions } = slate;
      builder.add({
        at,
        sessionId,
        userId,
        codes,
        reward: earned,
        propensities,
        ...(positions && { positions }),
      });
      own.add(slate, isRewarded);
      session.push(numberOf(sessions, sessionId));
      user.push(userId === null ? -1 : numberOf(users, userId));
      for (const id of itemIds) item[rows++] = numberOf(items, id);
    },
    finish(by) {
      const facts = { facts: own.facts(), counted: counted.facts() };
      const whole = builder.finish();
      if (by === undefined) return { set: whole, ...facts };
      const provenance = {
        session: Uint32Array.from(session),
        user: Int32Array.from(user),
        item: item.subarray(0, rows),
      };
      const { set, ...limited } = limitInfluence(whole, provenance, by.base, by.limits);
      return { set, ...facts, limited };
    },
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

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
