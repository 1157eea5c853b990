import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { offPolicyGain } from '../../science/evaluation/off-policy-gain.ts';
import { openObjectStore } from '../../log/partitions/object-store.ts';
import { readServed } from '../../log/training-set/read-served.ts';
import { readTrainingData } from '../../log/training-set/read-training-data.ts';
import type { LearnerKind } from '../../log/account/settings.ts';
import type { FitStep } from '../../science/learn/fit-additive.ts';
import type { TrainingCounts, TrainingJob, TrainingProgress, TrainingResult } from './job.ts';
import { chooseDevice } from '../../device/gpu/choose-device.ts';
import { learn } from '../../science/training/train-version.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';

/** Reads the partitions and learns, away from the thread that answers requests. */
async function train(
  job: TrainingJob,
  onProgress: (progress: TrainingProgress) => void,
  onLog: (line: string) => void,
): Promise<TrainingResult> {
  const { schema } = job.parent;
  const onSlates = (slates: number) => onProgress({ phase: 'reading', slates });
  const { set, facts, missing } = await readTrainingData(
    job.data,
    minimumOf(job.learner),
    schema,
    job.window,
    job.reward,
    onSlates,
  );
  const counts: TrainingCounts = { ...facts, shownItems: set.rows };
  const curve: FitStep[] = [];
  const device = await chooseDevice();
  onLog(device.because);
  try {
    const learned = await learn(set, {
      ...job,
      device,
      log: onLog,
      evidence: { dataQuality: job.quality },
      async offPolicyGain(challenger, from) {
        const served = await readServed(openObjectStore(job.data.location), job.data.manifests, {
          version: job.parent.version,
          exploration: job.parent.exploration,
          from,
          to: job.window.to,
        });
        return offPolicyGain(served, job.parent, challenger, job.reward).gain;
      },
      onIteration: (step) => {
        curve.push(step);
        if (step.iteration % 5 === 0) onProgress({ phase: 'fitting', counts, curve });
      },
    });
    return { ...learned, counts, missing };
  } finally {
    if (device.kind === 'gpu') device.gpu.close();
  }
}

/** Boosted trees need what a forest needs. */
const minimumOf = (learner: LearnerName): LearnerKind =>
  learner === 'boosted' ? 'forest' : learner;

const exposed = { train };
export type TrainingWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
