import { proxy } from 'comlink';
import type { TrainingDataService } from '../../log/training-data.ts';
import { inThread } from '../../process/thread.ts';
import { prepareInput } from '../shell/run-input.ts';
import type { RunSource } from '../shell/run-source.ts';
import type { RunJob } from '../shell/run.ts';
import type { ComparisonInput, ComparisonProgress } from './comparison-messages.ts';
import type { ComparisonWorker } from './worker.ts';

export interface ComparisonRequest
  extends RunSource, Pick<ComparisonInput, 'learners' | 'folds' | 'seed'> {}

/** Compares learners. Nothing is stored but the run's row, whose progress has the report in the end. */
export function comparisonJob(
  trainingData: Pick<TrainingDataService, 'location' | 'settings' | 'prepare'>,
  request: ComparisonRequest,
): RunJob {
  const { parent, ...asked } = request;
  return {
    params: {
      ...asked,
      kind: 'comparison',
      parent: parent.version,
      schema: parent.schema.name,
    },
    async carryOut(run) {
      const compareIn = inThread<ComparisonWorker>(new URL('./worker.ts', import.meta.url));
      const result = await compareIn(async (thread) => {
        const { input } = await prepareInput(trainingData, request);
        const { learners, folds, objective, l2, seed } = request;
        const sent: ComparisonInput = {
          ...input,
          learners,
          ...(folds !== undefined && { folds }),
          ...(objective && { objective }),
          ...(l2 !== undefined && { l2 }),
          ...(seed !== undefined && { seed }),
        };
        const onProgress = (progress: ComparisonProgress) =>
          progress.phase === 'reading' ? run.reportOften(progress) : run.report(progress);
        return thread.call((worker) => worker.compare(sent, proxy(onProgress), proxy(run.log)));
      });
      const compared = result.report.models.map(({ learner }) => learner).join(', ');
      return { progress: { ...result }, summary: `compared ${compared}` };
    },
  };
}
