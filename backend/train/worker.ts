import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { readTrainingData } from '../training-data/read-training-data.ts';
import type { FitStep } from './fit-additive.ts';
import type { TrainingCounts, TrainingJob, TrainingProgress, TrainingResult } from './job.ts';
import { learnAdditive } from './learn-additive.ts';

/** Reads the partitions and learns, away from the thread that answers requests. */
async function train(
  job: TrainingJob,
  onProgress: (progress: TrainingProgress) => void,
): Promise<TrainingResult> {
  const { schema } = job.parent;
  const onSlates = (slates: number) => onProgress({ phase: 'reading', slates });
  const { set, facts, missing } = await readTrainingData(
    job.data,
    'additive',
    schema,
    job.window,
    job.reward,
    onSlates,
  );
  const counts: TrainingCounts = { ...facts, shownItems: set.rows };
  const curve: FitStep[] = [];
  const learned = learnAdditive(set, {
    parent: job.parent,
    name: job.name,
    ...(job.l2 === undefined ? {} : { l2: job.l2 }),
    onIteration: (step) => {
      curve.push(step);
      if (step.iteration % 5 === 0) onProgress({ phase: 'fitting', counts, curve });
    },
  });
  return { ...learned, counts, missing };
}

const exposed = { train };
export type TrainingWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
