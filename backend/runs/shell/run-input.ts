import type { Scorer } from '../../../shared/score/scorer.ts';
import type { PreparedData } from '../../log/data-worker.ts';
import { DEFAULT_TRAINING_DATA } from '../../log/settings.ts';
import type { TrainingDataService } from '../../log/training-data.ts';
import type { TrainingWindow } from '../../log/training-set/collect.ts';
import type { TrainingSource } from '../../log/training-set/read-training-data.ts';
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
  { parent, reward, from, to, countedFrom, servedBy, force, scope }: RunSource,
): Promise<{ input: RunInput; prepared: PreparedData }> {
  const { location, settings } = trainingData;
  const { minimums, influence } = settings;
  const prepared = await trainingData.prepare(parent.schema, { from, to }, countedFrom);
  const { counted, otherLogs } = prepared;
  const input: RunInput = {
    data: {
      location,
      manifests: counted,
      otherLogs,
      minimums,
      recommended: DEFAULT_TRAINING_DATA.minimums,
      influence,
      force,
    },
    window: { from, to, countedFrom, scope, ...(servedBy && { servedBy }) },
    parent,
    reward,
  };
  return { input, prepared };
}
