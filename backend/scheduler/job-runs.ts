import type { Store } from '../store/open.ts';
import { jobRuns } from '../store/tables.ts';
import type { JobRun } from './scheduler.ts';

/** Notes when a job ran last, in the place of the time before. */
export const recordJobRun = (
  store: Store,
  { problem = null, ...run }: Omit<JobRun, 'problem'> & { readonly problem?: string | null },
): Promise<unknown> => {
  const values = { ...run, problem: problem?.slice(0, 500) ?? null };
  return store.write([
    store.db
      .insert(jobRuns)
      .values(values)
      .onConflictDoUpdate({ target: jobRuns.name, set: values }),
  ]);
};

/** When each job ran last, by its name; those that never ran are not there. */
export async function readJobRuns({ db }: Pick<Store, 'db'>) {
  return new Map((await db.select().from(jobRuns)).map((run) => [run.name, run]));
}
