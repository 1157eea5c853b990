import type { SQL } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { advanceRollouts, type AdvanceDeps } from './advance.ts';
import type { RolloutDecision } from './decide-rollout.ts';
import { proposeRollout, type ProposeDeps } from './propose.ts';
import { withdrawRollout } from './record-stage.ts';
import { readRollout } from './rollout-rows.ts';
import { serial } from '../process/serial.ts';

type Gate = Parameters<typeof proposeRollout>[2];

/** Brings challengers to the champion's place, step by step. */
export interface Rollouts {
  /** @returns the rollout's id. @throws as `proposeRollout`. */
  propose(version: Version, gate: Gate, by: string): Promise<string>;
  /** The champion keeps its place. @throws ApiError 404; 409 `rollout_over`. */
  withdraw(id: string, by: string): Promise<void>;
  /** One decision; the clock calls it once per interval. @param fence see `advanceRollouts`. */
  advance(fence?: SQL): Promise<RolloutDecision | undefined>;
  /** Ops moved the pointer: what is under way sees it now, and not an interval later. */
  noticeManualMove(): Promise<void>;
}

export function rolloutsOf(
  deps: ProposeDeps & AdvanceDeps & { readonly log: (message: string) => void },
): Rollouts {
  const { store, livePointer, nowMs, log } = deps;
  const inTurn = serial();
  const advance = (fence?: SQL) =>
    inTurn(async () => {
      const decision = await advanceRollouts(deps, fence);
      if (decision !== undefined && decision.next.stage !== decision.from.stage)
        log(`rollout of ${decision.from.challenger}: ${decision.why}`);
      return decision;
    });
  return {
    advance,

    async propose(version, gate, by) {
      const id = await inTurn(() => proposeRollout(deps, version, gate, by));
      // The first step takes no waiting; where the edge is down it waits for the next interval.
      await advance().catch((error: unknown) => log(`rollout ${id} waits: ${messageOf(error)}`));
      return id;
    },

    withdraw: (id, by) =>
      inTurn(async () => {
        const row = await readRollout(store, id);
        if (row.endedAt !== null)
          throw new ApiError(409, 'rollout_over', `rollout ${id} is over: it ended ${row.stage}`);
        await store.write(withdrawRollout(store, row, { by, why: 'withdrawn by hand' }, nowMs()));
        await livePointer.refreshTraffic(by);
      }),

    async noticeManualMove() {
      // First that ops moved the pointer, then what follows from where they moved it to.
      for (const look of [advance, advance]) await look().catch(unlessOvertaken);
    },
  };
}

/** Another backend saw it first. */
function unlessOvertaken(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'overtaken')) throw error;
}
