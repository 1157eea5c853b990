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
    traffic: () => trafficNow(store, settings.shadowShare),
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
  return { livePointer, rollouts };
}
