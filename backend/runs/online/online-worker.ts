import { serve } from '../../process/serve.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import type { StoreLocation } from '../../log/partitions/object-store.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import type { Manifest } from '../../log/partitions/partition.ts';
import { readPartitions } from '../../log/training-set/read-partitions.ts';
import { cpuDevice } from '../../device/cpu/cpu-device.ts';
import { learnOnline, type OnlineUpdate } from '../../science/training/learn-online.ts';
import type { InfluenceLimits } from '../../science/learn/limit-influence.ts';

export interface OnlineJob {
  readonly location: StoreLocation;
  readonly manifests: readonly Manifest[];
  readonly base: AdditiveScorer;
  readonly window: TrainingWindow;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly minimumRewarded: number;
  readonly spread: number;
  readonly trustRegion: number;
  readonly influence: InfluenceLimits;
  /** As `OnlineOptions.look`. */
  readonly look: number;
}

/** `update` is absent where there were too few rankings with a reward. */
export interface OnlineResult {
  readonly rewarded: number;
  readonly update?: OnlineUpdate;
}

const exposed = {
  async learn(job: OnlineJob): Promise<OnlineResult> {
    const { base, window, reward, minimumRewarded, spread, trustRegion, influence, look } = job;
    const objects = openObjectStore(job.location);
    const { set, facts } = await readPartitions(
      objects,
      job.manifests,
      base.schema,
      window,
      reward,
      undefined,
      [],
      { base, limits: influence },
    );
    const { rewarded } = facts;
    if (rewarded < minimumRewarded) return { rewarded };
    // A day of one version is little, and others need the cores.
    const device = cpuDevice({ threads: 1 });
    return {
      rewarded,
      update: await learnOnline(set, base, { spread, trustRegion, look, device }),
    };
  },
};

export type OnlineWorker = typeof exposed;
serve(exposed);
