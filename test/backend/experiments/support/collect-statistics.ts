import {
  collect,
  type Collected,
  type CollectOptions,
} from '../../../../backend/experiments/collect-statistics.ts';
import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import type { ExperimentStatistics } from '../../../../backend/science/experiment/experiment-statistics.ts';
import type { Filters } from '../../../../backend/log/account/filters.ts';
import type { Store } from '../../../../backend/store/open.ts';
import { bringUpToDate } from '../../log/support/bring-up-to-date.ts';

/** By the account of now. */
export async function collectNow(
  store: Store,
  experiment: Experiment,
  { filters, ...options }: CollectOptions & { readonly filters?: Filters } = {},
): Promise<Collected> {
  await bringUpToDate(store, filters && { filters });
  return collect(store, experiment, options);
}

/** Without how many were refused. */
export const collectStatistics = async (
  ...asked: Parameters<typeof collectNow>
): Promise<ExperimentStatistics> => (await collectNow(...asked)).statistics;
