import { eq, sql } from 'drizzle-orm';
import { parseVersion } from '../../shared/domain/ids.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { experiments, rollouts } from '../store/tables.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { CHALLENGER, CHAMPION, type RolloutRow } from './rollout-rows.ts';
import { DEFAULT_ROLLOUT, type RolloutRules } from './settings.ts';
import { SHARE, type Stage } from './steps.ts';

/** Changes the stage of a rollout together with the traffic that the stage asks for. */
export function recordStage(
  store: Store,
  row: RolloutRow,
  stage: Stage,
  atMs: number,
): Statement[] {
  const { db } = store;
  const served = servedAt(row, stage);
  return [
    db.update(rollouts).set({ stage, since: atMs }).where(eq(rollouts.id, row.id)),
    db
      .update(experiments)
      .set(
        served === undefined
          ? {
              status: sql`case when ${experiments.startedAt} is null then 'draft' else 'stopped' end`,
              stoppedAt: sql`case when ${experiments.startedAt} is null then null else coalesce(${experiments.stoppedAt}, ${atMs}) end`,
            }
          : {
              ...served,
              status: 'running',
              startedAt: sql`coalesce(${experiments.startedAt}, ${atMs})`,
            },
      )
      .where(eq(experiments.id, row.experiment)),
  ];
}

/** How the rollout's experiment serves at a stage; undefined where it serves nobody. */
function servedAt(
  row: RolloutRow,
  stage: Stage,
): Pick<Experiment, 'design' | 'trigger' | 'traffic' | 'arms'> | undefined {
  const challenger = { name: CHALLENGER, version: parseVersion(row.challenger) };
  if (stage === 'interleaved') {
    const { interleaveShare } = (row.rules as unknown as RolloutRules).gain ?? DEFAULT_ROLLOUT;
    return {
      design: 'interleaved',
      // Where both list the same items in the same order there is nothing to prefer.
      trigger: 'slate differs',
      traffic: interleaveShare,
      // The control first, as its items are credited to it.
      arms: [
        { name: CHAMPION, weight: 0.5 },
        { ...challenger, weight: 0.5 },
      ],
    };
  }
  const share = SHARE[stage];
  if (share === 0 || stage === 'champion') return undefined;
  return {
    design: 'split',
    trigger: 'ranked',
    traffic: 1,
    arms: [
      { ...challenger, weight: share },
      { name: CHAMPION, weight: 1 - share },
    ],
  };
}

/** Withdraws a rollout by hand, not by a decision. What the pointer serves of it ends when that is moved (`isOver`), which closes it. */
export function withdrawRollout(
  store: Store,
  row: RolloutRow,
  { by, why }: { readonly by: string; readonly why: string },
  atMs: number,
): Statement[] {
  return [
    ...recordStage(store, row, 'withdrawn', atMs),
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
