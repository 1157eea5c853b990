import { messageOf } from '../../shared/text/message-of.ts';
import { combineStrata } from '../science/statistics/strata.ts';
import type { Collector } from '../experiments/collector.ts';
import type { Account } from '../log/account/account.ts';
import type { Publisher } from '../models/publisher.ts';
import type { Store } from '../store/open.ts';
import { livePointerService, type LivePointerService } from '../models/live-pointer-service.ts';
import { dataDoubts } from './data-doubts.ts';
import { gatherEvidence, type EvidenceDeps } from './evidence.ts';
import type { Lease } from '../scheduler/lease.ts';
import { rolloutsOf, type Rollouts } from './rollouts.ts';
import type { RolloutSettings } from './settings.ts';
import { trafficNow } from './traffic-now.ts';
import type { Versions } from '../models/versions.ts';

/** The service that moves the pointer, and the one that decides where to. */
export interface RolloutServices {
  /** Of whose moves the rollout under way takes note at once. */
  readonly livePointer: LivePointerService;
  readonly rollouts: Rollouts;
}

export interface RolloutServicesDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly publisher: Publisher;
  readonly versions: Versions;
  readonly settings: RolloutSettings;
  /** How long KV may still answer with the previous value. */
  readonly settleMs: number;
  /** Held during a move, so that only one backend makes one. */
  readonly moving: Lease;
  /** Counts the sessions of a canary. It is called only after all services are made. */
  readonly collectWithin: Collector['collectWithin'];
  /** Another scorer is live; or KV had lost everything. */
  readonly onMoved: (kvWasLost: boolean) => void;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

export function rolloutServices(deps: RolloutServicesDeps): RolloutServices {
  const { store, publisher, versions, settings, settleMs, moving, onMoved, nowMs, log } = deps;
  const livePointer = livePointerService({
    store,
    publisher,
    versions,
    traffic: () => trafficNow(store, settings.shadowShare, nowMs()),
    beforeRelease: () => rollouts.noticeManualMove(),
    moving,
    settleMs,
    nowMs,
    onMoved,
  });
  const evidence: EvidenceDeps = {
    store,
    account: deps.account,
    collect: async (experiment, { from, to, revisions }) =>
      (await deps.collectWithin(experiment, { from, to: to - 1, revisions })).statistics,
    combine: combineStrata,
    doubts: () => dataDoubts(store),
    alpha: settings.alpha,
    settleMs,
  };
  const rollouts = rolloutsOf({
    store,
    versions,
    settings,
    livePointer,
    gather: (row, at) => gatherEvidence(evidence, row, at),
    nowMs,
    log,
  });
  return { livePointer: noticed(livePointer, rollouts, log), rollouts };
}

/**
 * The service for all but rollouts themselves. Whoever else moves the pointer (an operator, a training that goes live at once, a
 * schema that is applied), the rollout that is under way ends then: until its next decision it would go on to show and score
 * a challenger that was compared with another champion, perhaps of another schema.
 */
function noticed(
  livePointer: LivePointerService,
  rollouts: Pick<Rollouts, 'noticeManualMove'>,
  log: (message: string) => void,
): LivePointerService {
  // The pointer has moved: if a rollout under way cannot take note of it yet, the move has not failed.
  const notice = () =>
    rollouts.noticeManualMove().catch((error: unknown) => log(`rollouts: ${messageOf(error)}`));
  return {
    ...livePointer,
    async promote(...move) {
      await livePointer.promote(...move);
      await notice();
    },
    async rollback(...move) {
      await livePointer.rollback(...move);
      await notice();
    },
    async release(...move) {
      await livePointer.release(...move);
      await notice();
    },
    async end(...move) {
      await livePointer.end(...move);
      await notice();
    },
  };
}
