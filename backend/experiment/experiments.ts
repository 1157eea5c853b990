import { randomUUID } from 'node:crypto';
import { and, desc, eq, inArray } from 'drizzle-orm';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { recordAudit } from '../publish/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { experiments, weights } from '../store/tables.ts';
import { clicksByDay, clicksByVersion, type ClickThrough } from './clicks.ts';

export type Experiment = typeof experiments.$inferSelect;
export type Arms = Experiment['arms'];

export interface ArmResult extends ClickThrough {
  readonly arm: string;
}

/**
 * A comparison of versions from now on. An arm's rankings are those that its version served.
 * @throws ApiError 400 when shares do not add up to 1, or a version is in two arms or does not exist.
 */
export async function createExperiment(
  store: Store,
  asked: { name: string; arms: Arms },
  by: string,
  nowMs: number,
): Promise<Experiment> {
  const arms = Object.values(asked.arms);
  const total = arms.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(total - 1) > 1e-9)
    throw invalid(`the arms' shares must add up to 1, but add up to ${total}`);
  const named = [...new Set(arms.map(({ version }) => version))];
  if (named.length !== arms.length) throw invalid('each arm needs a version of its own');
  const known = await store.db
    .select({ version: weights.version })
    .from(weights)
    .where(inArray(weights.version, named));
  const unknown = named.filter((version) => !known.some((row) => row.version === version));
  if (unknown.length > 0)
    throw invalid(`there is no version ${unknown.join(', ')}: GET /v1/weights lists them`);
  const id = `exp_${randomUUID()}`;
  const experiment: Experiment = {
    id,
    ...asked,
    salt: id,
    status: 'running',
    createdAt: nowMs,
    startedAt: nowMs,
    stoppedAt: null,
  };
  await store.write([
    store.db.insert(experiments).values(experiment),
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: 'start experiment',
      subject: id,
      details: asked,
    }),
  ]);
  return experiment;
}

/** @throws ApiError 404, or 409 when it was stopped before. */
export async function stopExperiment(
  store: Store,
  id: string,
  by: string,
  nowMs: number,
): Promise<void> {
  const experiment = await readExperiment(store, id);
  if (experiment.status === 'stopped')
    throw new ApiError(409, 'stopped', `experiment ${id} was stopped before`);
  await store.write([
    store.db
      .update(experiments)
      .set({ status: 'stopped', stoppedAt: nowMs })
      .where(and(eq(experiments.id, id), eq(experiments.status, 'running'))),
    recordAudit(store, { at: nowMs, actor: by, action: 'stop experiment', subject: id }),
  ]);
}

export const listExperiments = (store: Store): Promise<Experiment[]> =>
  store.db.select().from(experiments).orderBy(desc(experiments.createdAt)).limit(200);

/** @throws ApiError 404. */
export async function readExperiment(store: Store, id: string): Promise<Experiment> {
  const [row] = await store.db.select().from(experiments).where(eq(experiments.id, id));
  if (row === undefined)
    throw new ApiError(404, 'unknown_experiment', `there is no experiment ${id}`);
  return row;
}

/** Click-through of each arm from the start until it was stopped, or now. */
export async function experimentResults(
  store: Store,
  experiment: Experiment,
  nowMs: number,
): Promise<ArmResult[]> {
  const arms = Object.entries(experiment.arms);
  const days = await clicksByDay(store, {
    from: experiment.startedAt ?? experiment.createdAt,
    to: experiment.stoppedAt ?? nowMs + 1,
    versions: arms.map(([, { version }]) => version),
  });
  const byVersion = new Map(clicksByVersion(days).map((row) => [row.version, row]));
  return arms.map(([arm, { version }]) =>
    Object.assign({ arm }, byVersion.get(version) ?? { version, rankings: 0, clicked: 0 }),
  );
}
