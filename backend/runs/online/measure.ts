import { latestSlates, latestSpan, rewardDelays } from '../../log/account/latest-rankings.ts';
import { collector } from '../../log/training-set/collect.ts';
import { calibrateOnline } from '../../science/learn/online/calibration.ts';
import { delayStages } from '../../science/learn/online/delay.ts';
import type { Store } from '../../store/open.ts';
import type { LearnerSettings } from './learner-rows.ts';
import { typesOf, type LearningJob } from './learning-job.ts';

/** Rankings that slots and delays are measured by. */
const LATEST = 5000;

/**
 * What learning needs to know of a version before it begins: of its latest rankings the effect of slots, the delays of rewards, and how far scores tell.
 * @param known absent: the slope is measured as well.
 * @returns how many rankings with a reward there are, where they are too few.
 */
export async function measure(
  { db }: Pick<Store, 'db'>,
  { base, reward, settings, influence }: LearningJob,
  nowMs: number,
  known?: Pick<LearnerSettings, 'slope'>,
): Promise<LearnerSettings | number> {
  const span = await latestSpan(db, base.schema.hash, LATEST);
  if (span === undefined) return 0;
  const slates = await latestSlates(db, base.schema, span);
  const rows = slates.reduce((sum, { itemIds }) => sum + itemIds.length, 0);
  const collected = collector(base.schema, span, reward, rows);
  for (const slate of slates) collected.add(slate);
  const { set, facts } = collected.finish({ base, limits: influence });
  if (facts.rewarded < settings.minimumRewarded) return facts.rewarded;
  const earned = set.reward.filter((value) => value > 0);
  const mean = earned.reduce((sum, value) => sum + value, 0) / Math.max(earned.length, 1);
  const delays = await rewardDelays(db, base.schema.hash, span, typesOf(reward), nowMs);
  return {
    ...calibrateOnline(set, base, known),
    stages: delayStages(delays),
    mostReward: influence.rewardOverMean * mean,
  };
}
