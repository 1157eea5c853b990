import type { SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { advanceRollouts, isOver, type AdvanceDeps } from './advance.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import { proposeRollout, type ProposeDeps } from './propose.ts';
import { withdrawRollout } from './record-stage.ts';
import { readRollout } from './rollout-rows.ts';
import { serial } from '../process/serial.ts';

type Gate = Parameters<typeof proposeRollout>[2];

/** Makes challengers the champion, step by step. */
export interface Rollouts {
  /** @returns the rollout's id. @throws as `proposeRollout`. */
  propose(version: Version, gate: Gate, by: string, placement?: string): Promise<string>;
  /** Ends a rollout; the champion stays. @throws ApiError 404; 409 `rollout_over`. */
  withdraw(id: string, by: string): Promise<void>;
  /** Makes one decision in each lineage; the scheduler calls it once per interval. @param fence see `advanceRollouts`. @returns the first. */
  advance(fence?: SQL): Promise<RolloutDecision | undefined>;
  /** Ops moved the pointer: the rollout that is under way decides on that now, and not an interval later. */
  noticeManualMove(): Promise<void>;
}

export function rolloutsOf(
  deps: ProposeDeps & AdvanceDeps & { readonly log: (message: string) => void },
): Rollouts {
  const { store, nowMs, log } = deps;
  const inTurn = serial();
  const advance = (fence?: SQL) =>
    inTurn(async () => {
      const decisions = await advanceRollouts(deps, fence);
      for (const { from, next, why } of decisions)
        if (next.stage !== from.stage) log(`rollout of ${from.challenger}: ${why}`);
      return decisions.at(0);
    });
  return {
    advance,

    async propose(version, gate, by, placement) {
      const id = await inTurn(() => proposeRollout(deps, version, gate, by, placement));
      // The first step has no waiting time; where the edge cannot be reached it waits for the next interval.
      await advance().catch((error: unknown) => log(`rollout ${id} waits: ${messageOf(error)}`));
      return id;
    },

    withdraw: (id, by) =>
      inTurn(async () => {
        const row = await readRollout(store, id);
        if (row.endedAt !== null)
          throw new ApiError(409, 'rollout_over', `rollout ${id} is over: it ended ${row.stage}`);
        await store.write(withdrawRollout(store, row, { by, why: 'withdrawn by hand' }, nowMs()));
        // It may be the champion, where a crash came between its promotion and the note of it.
        await isOver(deps, await readRollout(store, id), by);
      }),

    async noticeManualMove() {
      // The first decision records that ops moved the pointer, the second what follows from where they moved it.
      for (let decision = 0; decision < 2; decision++) await advance().catch(unlessOvertaken);
    },
  };
}

/** Another backend made the decision first. */
function unlessOvertaken(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'overtaken')) throw error;
}
