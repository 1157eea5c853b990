import { collect } from '../../../../backend/experiment/collect-statistics.ts';
import type { ExperimentStatistics } from '../../../../backend/experiment/analysis/experiment-statistics.ts';

/** Without how many were refused. */
export const collectStatistics = async (
  ...asked: Parameters<typeof collect>
): Promise<ExperimentStatistics> => (await collect(...asked)).statistics;
