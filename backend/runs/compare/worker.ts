import { serve } from '../../process/serve.ts';
import { chooseDevice } from '../../device/choose-device.ts';
import { readTrainingData } from '../../log/training-set/read-training-data.ts';
import { compareModels } from '../../science/training/compare-models.ts';
import { mostDemanding } from '../shell/most-demanding.ts';
import type {
  ComparisonInput,
  ComparisonProgress,
  ComparisonResult,
} from './comparison-messages.ts';

/** Reads the partitions and compares learners on them, away from the thread that answers requests. */
async function compare(
  job: ComparisonInput,
  onProgress: (progress: ComparisonProgress) => void,
  onLog: (line: string) => void,
): Promise<ComparisonResult> {
  const { set, facts, missing } = await readTrainingData(
    job.data,
    mostDemanding(job.learners),
    job.parent,
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

const exposed = { compare };
export type ComparisonWorker = typeof exposed;
serve(exposed);
