import { armKey } from '../../../shared/domain/experiment.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { RewardPolicy, RewardScope } from '../../reward/in-force.ts';
import type { Store } from '../../store/open.ts';
import { runningExperiments } from '../../experiments/read-experiments.ts';

export interface OnlineTarget {
  /** By its name in the edge's LiveWeights. */
  readonly arm: string;
  readonly version: Version;
  /** Which reward it learns by: the same as its daily training. */
  readonly scope: RewardScope;
}

/**
 * The arms that learn between trainings: the champion, and arms of experiments that are trained by a reward policy of
 * their own. Other arms are frozen to a version, which deltas would change.
 */
export async function onlineTargets(
  store: Store,
  { champion, arms = {} }: Pointer,
  rewardPolicy: RewardPolicy,
): Promise<OnlineTarget[]> {
  const running = await runningExperiments(store);
  const own = running.flatMap(({ id, arms: of }) =>
    of.flatMap(({ name, reward }): OnlineTarget[] => {
      const arm = armKey(id, name);
      const version = arms[arm];
      if (reward === undefined || version === undefined) return [];
      return [{ arm, version, scope: { experimentId: id, rewardPolicy: reward } }];
    }),
  );
  return [{ arm: CHAMPION_ARM, version: champion, scope: { rewardPolicy } }, ...own];
}
