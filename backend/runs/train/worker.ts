import { serve } from '../../process/serve.ts';
import { offPolicyGain } from '../../science/evaluation/off-policy-gain.ts';
import { openObjectStore } from '../../log/partitions/open-object-store.ts';
import { readServed } from '../../log/training-set/read-served.ts';
import { readTrainingData } from '../../log/training-set/read-training-data.ts';
import type { FitStep } from '../../science/learn/fit-step.ts';
import { mostDemanding } from '../shell/most-demanding.ts';
import { packedCatalogue } from '../shell/packed-catalogue.ts';
import type {
  TrainingCounts,
  TrainingInput,
  TrainingProgress,
  TrainingResult,
} from './training-messages.ts';
import { chooseDevice } from '../../device/choose-device.ts';
import { learn } from '../../science/training/train-version.ts';

/** Reads the partitions and learns, away from the thread that answers requests. */
async function train(
  job: TrainingInput,
  onProgress: (progress: TrainingProgress) => void,
  onLog: (line: string) => void,
): Promise<TrainingResult> {
  const onSlates = (slates: number) => onProgress({ phase: 'reading', slates });
  const { set, facts, limited, missing, belowMinimums } = await readTrainingData(
    job.data,
    mostDemanding([job.learner]),
    job.parent,
    job.window,
    job.reward,
    onSlates,
  );
  const counts: TrainingCounts = { ...facts, shownItems: set.rows };
  const curve: FitStep[] = [];
  const catalogue = packedCatalogue(job.database, job.parent.schema);
  const device = await chooseDevice(onLog);
  try {
    const learned = await learn(set, {
      ...job,
      device,
      evidence: { dataQuality: job.quality },
      async offPolicyGain(challenger, from) {
        const served = await readServed(openObjectStore(job.data.location), job.data.manifests, {
          version: job.parent.version,
          exploration: job.parent.exploration,
          from,
          to: job.window.to,
          scope: job.window.scope,
        });
        const { withPools } = await import('../shell/logged-pools.ts');
        const pooled = await withPools(job.database, catalogue, served, job.parent, challenger);
        return offPolicyGain(pooled, job.parent, challenger, job.reward).gain;
      },
      async cover(challenger, from) {
        // Loaded once something was learned: the database driver is no part of what learning needs.
        const { loggedCover } = await import('../shell/logged-cover.ts');
        const span = { from, to: job.window.to };
        const { scope } = job.window;
        return loggedCover(job.database, catalogue, job.parent, challenger, span, scope);
      },
      onIteration: (step) => {
        curve.push(step);
        if (step.iteration % 5 === 0) onProgress({ phase: 'fitting', counts, curve });
      },
    });
    return { ...learned, counts, ...(limited && { limited }), missing, belowMinimums };
  } finally {
    device.close();
  }
}

const exposed = { train };
export type TrainingWorker = typeof exposed;
serve(exposed);
