import { desc, eq } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import type { Experiment } from './new-experiment.ts';

/** Newest first; canaries are rollouts' own. */
export const listExperiments = (store: Pick<Store, 'db'>): Promise<Experiment[]> =>
  store.db
    .select()
    .from(experiments)
    .where(eq(experiments.kind, 'experiment'))
    .orderBy(desc(experiments.createdAt), desc(experiments.id))
    .limit(200);

/** Canaries included. */
export const runningExperiments = (store: Pick<Store, 'db'>): Promise<Experiment[]> =>
  store.db.select().from(experiments).where(eq(experiments.status, 'running'));

/** @throws ApiError 404. */
export async function readExperiment(store: Pick<Store, 'db'>, id: string): Promise<Experiment> {
  const [row] = await store.db.select().from(experiments).where(eq(experiments.id, id));
  if (row === undefined)
    throw new ApiError(404, 'unknown_experiment', `there is no experiment ${id}`);
  return row;
}
