import { eq, sql } from 'drizzle-orm';
import { parseVersion } from '../../shared/domain/ids.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { experiments, rollouts } from '../store/tables.ts';
import { CHALLENGER, CHAMPION, type RolloutRow } from './rollout-rows.ts';
import { SHARE, type Stage } from './steps.ts';

/** Changes the stage of a rollout together with the traffic that the stage asks for. */
export function recordStage(
  store: Store,
  row: RolloutRow,
  stage: Stage,
  atMs: number,
): Statement[] {
  const share = SHARE[stage];
  const isShown = share > 0 && stage !== 'champion';
  const { db } = store;
  return [
    db.update(rollouts).set({ stage, since: atMs }).where(eq(rollouts.id, row.id)),
    db
      .update(experiments)
      .set(
        isShown
          ? {
              status: 'running',
              arms: [
                { name: CHALLENGER, weight: share, version: parseVersion(row.challenger) },
                { name: CHAMPION, weight: 1 - share },
              ],
              startedAt: sql`coalesce(${experiments.startedAt}, ${atMs})`,
            }
          : {
              status: sql`case when ${experiments.startedAt} is null then 'draft' else 'stopped' end`,
              stoppedAt: sql`case when ${experiments.startedAt} is null then null else coalesce(${experiments.stoppedAt}, ${atMs}) end`,
            },
      )
      .where(eq(experiments.id, row.experiment)),
  ];
}

/** Withdraws a rollout by hand, not by a decision. Its traffic ends when the pointer's traffic is refreshed. */
export function withdrawRollout(
  store: Store,
  row: RolloutRow,
  { by, why }: { readonly by: string; readonly why: string },
  atMs: number,
): Statement[] {
  return [
    ...recordStage(store, row, 'withdrawn', atMs),
    closeRollout(store, row, atMs),
    recordAudit(store, {
      at: atMs,
      actor: by,
      action: 'withdraw rollout',
      subject: row.challenger,
      details: { rollout: row.id, from: row.stage, why },
    }),
  ];
}

/** Marks a rollout for which nothing is left to do. */
export const closeRollout = (store: Store, row: RolloutRow, atMs: number): Statement =>
  store.db.update(rollouts).set({ endedAt: atMs }).where(eq(rollouts.id, row.id));
