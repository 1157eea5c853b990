import { arePropensities } from '../../log/account/are-propensities.ts';
import {
  personsRankings,
  type Arrived,
  type ArrivedRanking,
} from '../../log/account/read-arrived.ts';
import { sharePassed } from '../../science/learn/online/delay.ts';
import type { SlateChange } from '../../science/learn/online/online-learner.ts';
import { chosenByMerit } from '../../science/learn/chosen-by-merit.ts';
import { rewardOf, talliesOf } from '../../science/learn/tallies.ts';
import type { Store } from '../../store/open.ts';
import type { LearnerSettings } from './learner-rows.ts';
import { typesOf, type LearningJob } from './learning-job.ts';

export interface CountedChange {
  readonly change: SlateChange;
  /** Nothing was learned from the slate before. */
  readonly isFirst: boolean;
  /** 1: it had no reward before; −1: it has none any more, as what it had was corrected. */
  readonly rewardedBy: -1 | 0 | 1;
  /** By how much its rewards have grown; below 0 where they were corrected. */
  readonly earned: number;
}

/** What has become known of each ranking, within what its persons may weigh. */
export async function changesOf(
  { db }: Pick<Store, 'db'>,
  { base, reward, influence, rules }: LearningJob,
  { stages, mostReward }: LearnerSettings,
  arrived: Arrived,
  span: { readonly from: number; readonly to: number },
): Promise<CountedChange[]> {
  const { version } = base;
  const persons = await personsRankings(db, { version, rules }, arrived, typesOf(reward));
  const isPointwise = base.schema.training.objective === 'pointwise';
  return arrived.rankings.flatMap((ranking) => {
    const { rankingId, at, isKnown } = ranking;
    const features = base.schema.features.length;
    if (ranking.codes.length !== ranking.itemIds.length * features) return [];
    const { itemIds, codes, propensities } = chosenByMerit({ ...ranking, tallies: [] });
    const slots = itemIds.length;
    // What does not fit together teaches nothing: a slate of one weighs by its propensity.
    const isWhole = codes.length === slots * features && arePropensities(propensities, slots);
    if (slots === 0 || !isWhole) return [];
    const { before: rankingsBefore = 0, rewardedBefore } = persons.get(rankingId) ?? {};
    const teachesMisses = isPointwise || slots === 1;
    const most = influence.rankingsPerPerson;
    if (teachesMisses ? rankingsBefore >= most : (rewardedBefore ?? 0) >= most) return [];
    const rewardsOf = (events: ArrivedRanking['events']) =>
      Float64Array.from(talliesOf(itemIds, events), (own) =>
        own === undefined ? 0 : Math.min(rewardOf(own, reward), mostReward),
      );
    const state = (rewards: Float64Array, ms: number) => ({
      reward: rewards,
      passed: sharePassed(stages, ms - at),
    });
    const after = state(rewardsOf(ranking.events.filter((event) => event.counts)), span.to);
    const before = isKnown
      ? state(rewardsOf(ranking.events.filter((event) => event.isKnown)), span.from)
      : undefined;
    const sum = (rewards: Float64Array | undefined) =>
      rewards?.reduce((total, value) => total + value, 0) ?? 0;
    const [earnedBefore, earnedAfter] = [sum(before?.reward), sum(after.reward)];
    const taught = (earned: number, passed: number) => earned > 0 || (teachesMisses && passed > 0);
    const isTaught = taught(earnedAfter, after.passed);
    return {
      change: { codes, propensity: propensities[0], ...(before && { before }), after },
      isFirst: isTaught && !taught(earnedBefore, before?.passed ?? 0),
      rewardedBy: earnedAfter > 0 ? (earnedBefore === 0 ? 1 : 0) : earnedBefore > 0 ? -1 : 0,
      earned: earnedAfter - earnedBefore,
    };
  });
}
