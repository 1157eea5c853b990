import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { readingJobs } from '../feeds/reading-jobs.ts';
import { RATES_FEED, type ExchangeRatesService } from './exchange-rates.ts';

/** Exchange rates on their schedule; those that the configuration has written out at each start. */
export function rateJobs(deps: {
  readonly store: Store;
  readonly rates: ExchangeRatesService;
  readonly everyMs: number;
  readonly nowMs: () => number;
}): Job[] {
  const { rates, ...others } = deps;
  const { settings } = rates;
  if (settings === undefined) return [];
  const reading = {
    name: RATES_FEED,
    job: RATES_FEED,
    schedule: settings.perBase === undefined ? settings.schedule : undefined,
    read: () => rates.read({ actor: 'backend' }),
  };
  return readingJobs({ ...others, overdue: `overdue ${RATES_FEED}`, readings: [reading] });
}
