import { type SQL, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { Rollout } from '../models/apply.ts';
import { decide, type RolloutDecision, type RolloutEvidence } from './decide.ts';
import { isNews, recordDecision } from './record-decision.ts';
import { closeRollout } from './record-stage.ts';
import { actorFor, openRollouts, readRollout, type RolloutRow, stateOf } from './rollout-rows.ts';
import type { RolloutRules } from './settings.ts';

export interface AdvanceDeps {
  readonly store: Store;
  readonly rollout: Pick<Rollout, 'watch' | 'promote' | 'retraffic'>;
  readonly gather: (row: RolloutRow, nowMs: number) => Promise<RolloutEvidence>;
  readonly nowMs: () => number;
}

/**
 * One decision for the rollout that is under way: evidence → decision → log, then the pointer. The log and the new
 * state are written first and together, so after a crash in between the next look makes the pointer follow.
 * @param fence must hold when the decision is written, else nothing is: a lease that may have been lost meanwhile.
 * @returns the decision, where there was one to make. @throws where the edge cannot be reached: no decision is made then.
 */
export async function advanceRollouts(
  deps: AdvanceDeps,
  fence: SQL = sql`1`,
): Promise<RolloutDecision | undefined> {
  const { store, rollout, nowMs } = deps;
  await rollout.watch();
  for (const row of await openRollouts(store)) {
    if (await isOver(deps, row)) continue;
    const at = nowMs();
    const evidence = await deps.gather(row, at);
    const decision = decide(stateOf(row), evidence, at, row.rules as unknown as RolloutRules);
    if (await isNews(store, row, decision)) await recordDecision(store, row, decision, fence);
    await isOver(deps, await readRollout(store, row.id));
    return decision;
  }
  await rollout.retraffic('rollouts');
  return undefined;
}

/** Makes the pointer what the state asks for, however often that is tried. @returns whether nothing is left to do. */
async function isOver({ store, rollout, nowMs }: AdvanceDeps, row: RolloutRow): Promise<boolean> {
  const { stage, challenger, champion } = stateOf(row);
  const by = actorFor(row);
  const live = (await readLive(store))?.pointer;
  if (live === undefined) return false;
  if (live.hold !== true) {
    try {
      if (stage === 'champion' && live.champion === champion) await rollout.promote(challenger, by);
      // Only what it promoted itself: the same version promoted by ops stays.
      else if (stage === 'withdrawn' && live.champion === challenger && live.by === by)
        await rollout.promote(champion, by);
      else await rollout.retraffic(by);
    } catch (error) {
      // Somebody was faster; the next look sees the hold.
      if (!(error instanceof ApiError && error.code === 'on_hold')) throw error;
    }
  }
  const now = (await readLive(store))?.pointer;
  const isDone =
    stage === 'withdrawn' ||
    (stage === 'champion' && now?.champion === challenger && now.hold !== true);
  if (isDone) await store.write([closeRollout(store, row, nowMs())]);
  return isDone;
}
