import { collect } from '../../../../backend/experiments/collect-statistics.ts';
import type { ExperimentStatistics } from '../../../../backend/science/experiment/experiment-statistics.ts';

/** Without how many were refused. */
export const collectStatistics = async (
  ...asked: Parameters<typeof collect>
): Promise<ExperimentStatistics> => (await collect(...asked)).statistics;
