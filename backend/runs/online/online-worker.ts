import { serve } from '../../process/serve.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import type { StoreLocation } from '../../log/partitions/object-store.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import type { Manifest } from '../../log/partitions/partition.ts';
import { readPartitions } from '../../log/training-set/read-partitions.ts';
import { cpuDevice } from '../../device/cpu/cpu-device.ts';
import { learnDeltas } from '../../science/learn/additive/learn-deltas.ts';

export interface OnlineJob {
  readonly location: StoreLocation;
  readonly manifests: readonly Manifest[];
  readonly base: AdditiveScorer;
  readonly window: TrainingWindow;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  readonly minimumRewarded: number;
  readonly spread: number;
}

/** `deltas` is absent where there were too few rankings with a reward. */
export interface OnlineResult {
  readonly rewarded: number;
  readonly deltas?: readonly WeightDelta[];
}

const exposed = {
  async learn(job: OnlineJob): Promise<OnlineResult> {
    const { base, window, reward, minimumRewarded, spread } = job;
    const objects = openObjectStore(job.location);
    const { set, facts } = await readPartitions(
      objects,
      job.manifests,
      base.schema,
      window,
      reward,
    );
    const { rewarded } = facts;
    if (rewarded < minimumRewarded) return { rewarded };
    // A day of one version is little, and others need the cores.
    const device = cpuDevice({ threads: 1 });
    return { rewarded, deltas: await learnDeltas(set, base, spread, device) };
  },
};

export type OnlineWorker = typeof exposed;
serve(exposed);
