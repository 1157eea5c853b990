import { type SQL, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { believedTime } from '../log/log-time.ts';
import { readLiveAt } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import { decideRollout } from './decide-rollout.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import type { RolloutEvidence } from './rollout-evidence.ts';
import { isWorthRecording, recordDecision } from './record-decision.ts';
import { closeRollout, withdrawRollout } from './record-stage.ts';
import { actorFor, openRollouts, readRollout, type RolloutRow, stateOf } from './rollout-rows.ts';
import type { RolloutRules } from './settings.ts';

export interface AdvanceDeps {
  readonly store: Store;
  readonly livePointer: Pick<LivePointerService, 'reconcile' | 'promote' | 'refreshTraffic'>;
  readonly gather: (row: RolloutRow, nowMs: number) => Promise<RolloutEvidence>;
  readonly nowMs: () => number;
}

/**
 * Makes one decision for the rollout that is under way in each lineage: evidence → decision → log, then the pointer. The decision and
 * the new state are written first, in one transaction, so that after a crash the next call moves the pointer.
 * @param fence a condition for that transaction, such as a lease that may have been lost meanwhile.
 * @returns the decisions that there were to make. @throws where the edge cannot be reached: no decision is made then.
 */
export async function advanceRollouts(
  deps: AdvanceDeps,
  fence: SQL = sql`1`,
): Promise<RolloutDecision[]> {
  const { store, livePointer } = deps;
  await livePointer.reconcile();
  const decisions: RolloutDecision[] = [];
  const failures: unknown[] = [];
  for (const rows of Map.groupBy(await openRollouts(store), ({ lineage }) => lineage).values()) {
    try {
      const decision = await decideFirst(deps, rows, fence);
      if (decision !== undefined) decisions.push(decision);
    } catch (error) {
      // The other lineages go on.
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  if (decisions.length === 0) await livePointer.refreshTraffic('rollouts');
  return decisions;
}

/** @param rows of one lineage, oldest first. */
async function decideFirst(
  deps: AdvanceDeps,
  rows: readonly RolloutRow[],
  fence: SQL,
): Promise<RolloutDecision | undefined> {
  const { store, nowMs } = deps;
  for (const row of rows) {
    if (row.lineage !== null && (await readLiveAt(store, row.lineage)) === undefined) {
      const why = `placement ${row.lineage} has no lineage of its own any more`;
      const at = nowMs();
      await store.write([
        ...(row.stage === 'withdrawn'
          ? []
          : withdrawRollout(store, row, { by: 'backend', why }, at)),
        closeRollout(store, row, at),
      ]);
      continue;
    }
    if (await isOver(deps, row)) continue;
    // By a clock that jumped, every step would have lasted long enough, or too long.
    const at = Math.max(row.since, await believedTime(store.db, nowMs()));
    const evidence = await deps.gather(row, at);
    const decision = decideRollout(
      stateOf(row),
      evidence,
      at,
      row.rules as unknown as RolloutRules,
    );
    if (await isWorthRecording(store, row, decision))
      await recordDecision(store, row, decision, fence);
    await isOver(deps, await readRollout(store, row.id));
    return decision;
  }
  return undefined;
}

/**
 * Moves the pointer to what the state asks for; may be called any number of times.
 * @param by who asked for the state, for the pointer and the audit log.
 * @returns whether nothing is left to do.
 */
export async function isOver(
  { store, livePointer, nowMs }: Pick<AdvanceDeps, 'store' | 'livePointer' | 'nowMs'>,
  row: RolloutRow,
  by: string = actorFor(row),
): Promise<boolean> {
  const { stage, challenger, champion } = stateOf(row);
  const placement = row.lineage ?? undefined;
  const live = await readLiveAt(store, row.lineage);
  if (live === undefined) return false;
  if (live.hold !== true) {
    try {
      if (stage === 'champion' && live.champion === champion)
        await livePointer.promote(challenger, by, placement);
      // Only a version that this rollout promoted: one that ops promoted stays.
      else if (stage === 'withdrawn' && live.champion === challenger && live.by === actorFor(row))
        await livePointer.promote(champion, by, placement);
      else await livePointer.refreshTraffic(by);
    } catch (error) {
      // Ops held the pointer meanwhile; the next decision takes that into account.
      if (!(error instanceof ApiError && error.code === 'on_hold')) throw error;
    }
  }
  const now = await readLiveAt(store, row.lineage);
  const isDone =
    stage === 'withdrawn' ||
    (stage === 'champion' && now?.champion === challenger && now.hold !== true);
  if (isDone) await store.write([closeRollout(store, row, nowMs())]);
  return isDone;
}
