import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import type { Rules } from '../../log/account/rules.ts';
import type { InfluenceLimits } from '../../science/learn/limit-influence.ts';
import { eventMetric } from '../../science/learn/tallies.ts';
import type { OnlineSettings } from './settings.ts';

/** One arm's version, and how it learns. */
export interface LearningJob {
  readonly arm: string;
  readonly base: AdditiveScorer;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly settings: Pick<
    OnlineSettings,
    'minimumRewarded' | 'spread' | 'halfLifeHours' | 'trustRegion'
  >;
  readonly influence: InfluenceLimits;
  /** By which it is judged what counts. */
  readonly rules: Rules;
  /** Placements with a lineage of their own, whose rankings teach the default one nothing; absent: there are none. */
  readonly except?: readonly string[];
}

/** Events that earn something: what takes away from it does so only where something was earned. */
export const typesOf = (reward: LearningJob['reward']): string[] => [
  ...new Set(
    Object.entries(reward).flatMap(([metric, weight]) =>
      weight > 0 ? (eventMetric(metric)?.type ?? []) : [],
    ),
  ),
];
