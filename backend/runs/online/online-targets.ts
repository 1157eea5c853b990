import { eq } from 'drizzle-orm';
import { armKey } from '../../../shared/domain/experiment.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import type { RewardPolicy, RewardScope } from '../../reward/in-force.ts';
import type { Store } from '../../store/open.ts';
import { experiments } from '../../store/tables.ts';

export interface OnlineTarget {
  /** As LiveWeights knows it. */
  readonly arm: string;
  readonly version: Version;
  /** By whose reward it learns: that of its daily training. */
  readonly reward: RewardScope;
}

/**
 * Who learns between trainings: the champion, and arms that are trained by a reward policy of their own. Other arms
 * are frozen to a version, which deltas would undo.
 */
export async function onlineTargets(
  store: Store,
  { champion, arms = {} }: Pointer,
  policy: RewardPolicy,
): Promise<OnlineTarget[]> {
  const running = await store.db
    .select()
    .from(experiments)
    .where(eq(experiments.status, 'running'));
  const own = running.flatMap(({ id, arms: of }) =>
    of.flatMap(({ name, reward }): OnlineTarget[] => {
      const arm = armKey(id, name);
      const version = arms[arm];
      if (reward === undefined || version === undefined) return [];
      return [{ arm, version, reward: { experimentId: id, reward } }];
    }),
  );
  return [{ arm: CHAMPION_ARM, version: champion, reward: { reward: policy } }, ...own];
}
