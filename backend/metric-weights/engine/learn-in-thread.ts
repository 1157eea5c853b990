import { startThread } from '../../threads/thread.ts';
import type { ImportanceOptions } from './learn-importance.ts';
import type { SurrogateOptions } from './learn-surrogate.ts';
import type { ImportanceWeights, SurrogateWeights } from './learned-weights.ts';
import type { Learning } from './learning-worker.ts';
import type { PastExperiment, UnitTable } from './unit-table.ts';

export type LearnJob =
  | {
      readonly method: 'importance';
      readonly table: UnitTable;
      readonly options: Omit<ImportanceOptions, 'device'>;
    }
  | {
      readonly method: 'surrogate';
      readonly table?: UnitTable;
      readonly experiments: readonly PastExperiment[];
      readonly options: SurrogateOptions;
    };

/** Learns away from the thread that answers requests: it takes seconds and blocks. */
export async function learnInThread(job: LearnJob): Promise<ImportanceWeights | SurrogateWeights> {
  const thread = startThread<Learning>(new URL('./learning-worker.ts', import.meta.url));
  try {
    switch (job.method) {
      case 'importance':
        return await thread.call((remote) => remote.importance(job.table, job.options));
      case 'surrogate':
        return await thread.call((remote) =>
          remote.surrogate(job.table, job.experiments, job.options),
        );
      default:
        return job satisfies never;
    }
  } finally {
    await thread.stop();
  }
}
