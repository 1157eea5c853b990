import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import type { Feeds } from './feeds.ts';
import { readingJobs } from './reading-jobs.ts';

export const feedJob = (name: string): string => `feed ${name}`;

/** Each feed that has a schedule. */
export function feedJobs(deps: {
  readonly store: Store;
  readonly feeds: Feeds;
  readonly everyMs: number;
  readonly nowMs: () => number;
}): Job[] {
  const { feeds, ...others } = deps;
  const readings = feeds.configured
    .filter(({ schedule }) => schedule !== '')
    .map(({ name, schedule }) => ({
      name,
      job: feedJob(name),
      schedule,
      read: () => feeds.read(name, { actor: 'backend' }),
    }));
  return readingJobs({ ...others, overdue: 'overdue feeds', readings });
}
