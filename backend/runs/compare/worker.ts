import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { chooseDevice } from '../../device/choose-device.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';
import { readTrainingData } from '../../log/training-set/read-training-data.ts';
import type { LearnerKind } from '../../log/account/settings.ts';
import { compareModels } from '../../science/training/compare-models.ts';
import type { ComparisonJob, ComparisonProgress, ComparisonResult } from './job.ts';

/** Reads the partitions and compares learners on them, away from the thread that answers requests. */
async function compare(
  job: ComparisonJob,
  onProgress: (progress: ComparisonProgress) => void,
  onLog: (line: string) => void,
): Promise<ComparisonResult> {
  const { set, facts, missing } = await readTrainingData(
    job.data,
    mostDemanding(job.learners),
    job.parent.schema,
    job.window,
    job.reward,
    (slates) => onProgress({ phase: 'reading', slates }),
  );
  const device = await chooseDevice(onLog);
  try {
    const report = await compareModels(set, {
      ...job,
      device,
      nowMs: () => performance.now(),
      onStage: (stage) => onProgress({ phase: 'comparing', ...stage }),
    });
    return { report, counts: facts, missing };
  } finally {
    device.close();
  }
}

/** Whose minimum of data holds for the whole comparison. */
function mostDemanding(learners: readonly LearnerName[]): LearnerKind {
  if (learners.includes('mlp')) return 'mlp';
  return learners.includes('forest') || learners.includes('boosted') ? 'forest' : 'additive';
}

const exposed = { compare };
export type ComparisonWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
