import { combineStrata } from '../../../../backend/science/statistics/strata.ts';
import { bringUpToDate } from '../../log/support/bring-up-to-date.ts';
import { collectStatistics } from '../../experiments/support/collect-statistics.ts';
import { edgeKv } from '../../../../backend/models/edge-kv.ts';
import { publisher as publisherOf } from '../../../../backend/models/publisher.ts';
import {
  livePointerService,
  type LivePointerService,
} from '../../../../backend/models/live-pointer-service.ts';
import { dataDoubts } from '../../../../backend/rollouts/data-doubts.ts';
import { gatherEvidence } from '../../../../backend/rollouts/evidence.ts';
import { leaseOf } from '../../../../backend/scheduler/lease.ts';
import { rolloutsOf, type Rollouts } from '../../../../backend/rollouts/rollouts.ts';
import { parseRollout } from '../../../../backend/rollouts/settings.ts';
import { trafficNow } from '../../../../backend/rollouts/traffic-now.ts';
import { versions as versionsOf, type Versions } from '../../../../backend/models/versions.ts';
import type { Store } from '../../../../backend/store/open.ts';
import type { Version } from '../../../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../../../shared/domain/pointer.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { borrowStore } from '../../../support/borrow-store.ts';
import { SECRET_KEY } from '../../support/backend.ts';
import { startKvServer, type KvServer } from '../../support/kv-server.ts';

/** The services that a rollout goes through, on a clock that the test winds: no cron, no HTTP but the KV server's. */
export interface RolloutTestServices {
  readonly store: Store;
  readonly kv: KvServer;
  readonly versions: Versions;
  readonly livePointer: LivePointerService;
  readonly rollouts: Rollouts;
  readonly clock: { nowMs: number };
  readonly log: string[];
  /** As an edge reads it. */
  pointer(): Pointer;
  /** A version of its own, and in KV. */
  newVersion(name: string): Promise<Version>;
  close(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 9, 1);

/** @param settings as in `rollout` of the configuration file. @param beforeDecision runs when its evidence is gathered. */
export async function openRolloutServices(
  settings: Record<string, unknown> = {},
  beforeDecision: () => void = () => {},
): Promise<RolloutTestServices> {
  const store = await borrowStore();
  const kv = await startKvServer(SECRET_KEY);
  const clock = { nowMs: START_MS };
  const nowMs = () => clock.nowMs;
  const parsed = parseRollout(settings);
  const log: string[] = [];
  const access = { edgeUrl: kv.url, secretKey: SECRET_KEY, retryPausesMs: [1, 1] };
  const publisher = publisherOf(edgeKv(access), store, 0, nowMs);
  const versions = versionsOf(store, nowMs);
  await versions.ensureRules(smarttrip);
  const livePointer = livePointerService({
    store,
    publisher,
    versions,
    traffic: () => trafficNow(store, parsed.shadowShare, nowMs()),
    beforeRelease: () => rollouts.noticeManualMove(),
    moving: leaseOf(store, { name: 'pointer', holder: 'test', ttlMs: 15_000, nowMs }),
    settleMs: 0,
    nowMs,
    onMoved: () => {},
  });
  let ids = 0;
  const rollouts = rolloutsOf({
    store,
    versions,
    settings: parsed,
    livePointer,
    gather: (row, at) =>
      gatherEvidence(
        {
          store,
          account: { update: () => bringUpToDate(store, { nowMs: clock.nowMs }) },
          collect: (experiment, { from, to, revisions }) =>
            collectStatistics(store, experiment, { from, to: to - 1, revisions }),
          combine: combineStrata,
          doubts: async () => {
            beforeDecision();
            return dataDoubts(store);
          },
          alpha: parsed.alpha,
          settleMs: 0,
        },
        row,
        at,
      ),
    nowMs,
    newId: () => `id${++ids}`,
    log: (line) => void log.push(line),
  });
  await livePointer.reconcile();
  return {
    store,
    kv,
    versions,
    livePointer,
    rollouts,
    clock,
    log,
    pointer: () => parsePointer(kv.text('WEIGHTS/active')!)!,
    async newVersion(name) {
      const { version: _, ...scorer } = additiveFromPoints(smarttrip, smarttrip.rules, {
        version: 'v000000' as Version,
        name,
      });
      const version = await versions.add(scorer, {});
      await publisher.publishVersion(version);
      return version;
    },
    async close() {
      await store.close();
      await kv.close();
    },
  };
}
