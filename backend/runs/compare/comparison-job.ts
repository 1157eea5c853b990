import { proxy } from 'comlink';
import { inThread } from '../../process/thread.ts';
import { prepareInput } from '../shell/run-input.ts';
import type { RunSource } from '../shell/run-source.ts';
import type { RunJob } from '../shell/run.ts';
import { crossBudget, type TrainingDeps } from '../train/training-job.ts';
import type { ComparisonInput, ComparisonProgress } from './comparison-messages.ts';
import type { ComparisonWorker } from './worker.ts';

export interface ComparisonRequest
  extends RunSource, Pick<ComparisonInput, 'learners' | 'folds' | 'seed'> {}

/** Compares learners. Nothing is stored but the run's row, whose progress has the report in the end. */
export function comparisonJob(
  deps: Pick<TrainingDeps, 'trainingData' | 'training' | 'edgeReadsCrosses'>,
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
        const { input } = await prepareInput(deps.trainingData, request);
        const crosses = await crossBudget(deps, run.log);
        const { learners, folds, objective, l2, seed } = request;
        const sent: ComparisonInput = {
          ...input,
          learners,
          ...(crosses && { crosses }),
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
