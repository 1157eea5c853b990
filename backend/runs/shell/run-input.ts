import type { Scorer } from '../../../shared/score/scorer.ts';
import type { PreparedData } from '../../log/data-worker.ts';
import type { LearnerKind } from '../../log/training-set/minimums.ts';
import type { TrainingDataService } from '../../log/training-data.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import type { TrainingSource } from '../../log/training-set/read-training-data.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';
import type { RunSource } from './run-source.ts';

/** What a run's worker learns from. Everything in it can be cloned across threads. */
export interface RunInput {
  readonly data: TrainingSource;
  readonly window: TrainingWindow;
  readonly parent: Scorer;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
}

/** Brings the partitions of the run's window up to date with the log. */
export async function prepareInput(
  trainingData: Pick<TrainingDataService, 'location' | 'settings' | 'prepare'>,
  { parent, reward, from, to, servedBy, force }: RunSource,
): Promise<{ input: RunInput; prepared: PreparedData }> {
  const { location, settings } = trainingData;
  const { minimums, influence } = settings;
  const prepared = await trainingData.prepare(parent.schema, { from, to });
  const { manifests, otherLogs } = prepared;
  const input: RunInput = {
    data: { location, manifests, otherLogs, minimums, influence, force },
    window: { from, to, ...(servedBy && { servedBy }) },
    parent,
    reward,
  };
  return { input, prepared };
}

/** The learner whose minimum of data applies: the one that needs most. Boosted trees need what a forest needs. */
export function mostDemanding(learners: readonly LearnerName[]): LearnerKind {
  if (learners.includes('mlp')) return 'mlp';
  return learners.includes('forest') || learners.includes('boosted') ? 'forest' : 'additive';
}
