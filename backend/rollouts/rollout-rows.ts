import { and, asc, desc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { parseVersion } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import type { Store } from '../store/open.ts';
import { experiments, rolloutDecisions, rollouts } from '../store/tables.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import type { RolloutState } from './rollout-evidence.ts';
import type { Stage } from './steps.ts';

export type RolloutRow = typeof rollouts.$inferSelect;

export const [CHALLENGER, CHAMPION] = ['challenger', 'champion'] as const;

/** The actor in the audit log where a rollout moves the pointer. */
export const actorFor = ({ id }: Pick<RolloutRow, 'id'>): string => `rollout ${id}`;

export const stateOf = ({
  challenger,
  champion,
  stage,
  since,
  lineage,
}: Pick<RolloutRow, 'challenger' | 'champion' | 'stage' | 'since' | 'lineage'>): RolloutState => ({
  challenger: parseVersion(challenger),
  champion: parseVersion(champion),
  stage: stage as Stage,
  sinceMs: since,
  ...(lineage !== null && { placement: lineage }),
});

/** Rollouts that are under way or waiting, of all lineages, oldest first. */
export const openRollouts = (store: Store): Promise<RolloutRow[]> =>
  store.db
    .select()
    .from(rollouts)
    .where(isNull(rollouts.endedAt))
    .orderBy(asc(rollouts.createdAt), asc(rollouts.id));

/** Newest first. */
export const listRollouts = (store: Store, limit: number): Promise<RolloutRow[]> =>
  store.db
    .select()
    .from(rollouts)
    .orderBy(desc(rollouts.createdAt), desc(rollouts.id))
    .limit(limit);

/** @throws ApiError 404. */
export async function readRollout(store: Store, id: string): Promise<RolloutRow> {
  const [row] = await store.db.select().from(rollouts).where(eq(rollouts.id, id));
  if (row === undefined)
    throw new ApiError(
      404,
      'unknown_rollout',
      `there is no rollout ${id}: "trimtab rollouts" lists them`,
    );
  return row;
}

/** All decisions of a rollout, oldest first. */
export const decisionsOf = (store: Store, id: string): Promise<RolloutDecision[]> =>
  decisionsWhere(store, id);

/** The decisions that changed the stage, oldest first; most decisions only wait. */
export const stepsOf = (store: Store, id: string): Promise<RolloutDecision[]> => {
  const { decision } = rolloutDecisions;
  return decisionsWhere(
    store,
    id,
    sql`json_extract(${decision}, '$.from.stage') <> json_extract(${decision}, '$.next.stage')`,
  );
};

export async function lastDecisionOf(
  store: Store,
  id: string,
): Promise<RolloutDecision | undefined> {
  const newest = sql`(select max(${rolloutDecisions.id}) from ${rolloutDecisions} where ${rolloutDecisions.rollout} = ${id})`;
  return (await decisionsWhere(store, id, sql`${rolloutDecisions.id} = ${newest}`)).at(0);
}

async function decisionsWhere(store: Store, id: string, more?: SQL): Promise<RolloutDecision[]> {
  const rows = await store.db
    .select({ decision: rolloutDecisions.decision })
    .from(rolloutDecisions)
    .where(and(eq(rolloutDecisions.rollout, id), more))
    .orderBy(asc(rolloutDecisions.id));
  return rows.map(({ decision }) => decision as unknown as RolloutDecision);
}

export async function experimentOf(store: Store, row: RolloutRow): Promise<Experiment> {
  const [found] = await store.db
    .select()
    .from(experiments)
    .where(eq(experiments.id, row.experiment));
  if (found === undefined)
    throw new Error(`rollout ${row.id} has lost its experiment ${row.experiment}: withdraw it`);
  return found;
}

/** The versions that are scored in shadow, by the placement of their lineage; null: the default one. @param share of the sessions. */
export async function shadowsOf(
  store: Store,
  share: number,
): Promise<ReadonlyMap<string | null, Pick<Pointer, 'shadow'>>> {
  const rows = await store.db
    .select({ challenger: rollouts.challenger, lineage: rollouts.lineage })
    .from(rollouts)
    .where(and(eq(rollouts.stage, 'shadow'), isNull(rollouts.endedAt)));
  return new Map(
    rows
      .toReversed()
      .map(({ challenger, lineage }) => [
        lineage,
        { shadow: { version: parseVersion(challenger), share } },
      ]),
  );
}
