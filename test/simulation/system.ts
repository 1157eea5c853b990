import type { errorHandler } from '../../backend/http/contract/problem.ts';
import type { router } from '../../backend/http/contract/openapi.ts';
import type { ingestRoutes } from '../../backend/http/routes/ingest.ts';
import type { edgeKey } from '../../backend/log/identity/edge-key.ts';
import type { takeInBy } from '../../backend/log/ingest/take-in.ts';
import type { storedBatchesOf } from '../../backend/log/stored-batches/service.ts';
import type { updateAccount } from '../../backend/log/account/update-account.ts';
import type { forgetDeleted, syncPartitions } from '../../backend/log/partitions/partitions.ts';
import type { deleteUser } from '../../backend/log/retention/delete-user.ts';
import type { edgeKv } from '../../backend/models/edge-kv.ts';
import type { livePointerService } from '../../backend/models/live-pointer-service.ts';
import type { startPointerWatch } from '../../backend/models/pointer-watch.ts';
import type { publisher } from '../../backend/models/publisher.ts';
import type { versions } from '../../backend/models/versions.ts';
import type { backendMetrics } from '../../backend/process/metrics.ts';
import type { NO_TRACING } from '../../backend/process/tracing.ts';
import type { leadershipOf } from '../../backend/scheduler/leadership.ts';
import type { leaseOf } from '../../backend/scheduler/lease.ts';
import type { startScheduler } from '../../backend/scheduler/scheduler.ts';
import type { inTurnWithOthers } from '../../backend/scheduler/in-turn-with-others.ts';
import type { serial } from '../../backend/process/serial.ts';
import type { connect } from '../../backend/store/connect.ts';
import type { groupCommits } from '../../backend/store/group-commits.ts';
import type { localWriter } from '../../backend/store/local-writer.ts';
import type { migrate } from '../../backend/store/upgrade/migrate.ts';
import type { bindLocally } from '../../backend/store/statements.ts';
import type { SimulatedRequest, SimulatedResponse } from './kernel/messages.ts';
import { addressOf } from './loader/hooks.ts';
import type { Mutation } from './loader/mutations.ts';

type DurableObjectClass = new (
  state: unknown,
  env: unknown,
) => { alarm?(): Promise<void>; [method: string]: unknown };

/** The Worker: typed by hand, as its own types are those of another platform than the simulation's. */
export interface Worker {
  fetch(
    request: SimulatedRequest,
    env: unknown,
    ctx: { waitUntil(work: Promise<unknown>): void },
  ): SimulatedResponse | Promise<SimulatedResponse>;
}

/** The production code that a world runs. */
export interface System {
  readonly worker: Worker;
  readonly EventLog: DurableObjectClass;
  readonly LiveWeights: DurableObjectClass;
  readonly SnapshotKeeper: DurableObjectClass;
  readonly connect: typeof connect;
  readonly migrate: typeof migrate;
  readonly localWriter: typeof localWriter;
  readonly groupCommits: typeof groupCommits;
  readonly bindLocally: typeof bindLocally;
  readonly leaseOf: typeof leaseOf;
  readonly inTurnWithOthers: typeof inTurnWithOthers;
  readonly serial: typeof serial;
  readonly leadershipOf: typeof leadershipOf;
  readonly startScheduler: typeof startScheduler;
  readonly edgeKv: typeof edgeKv;
  readonly publisher: typeof publisher;
  readonly versions: typeof versions;
  readonly livePointerService: typeof livePointerService;
  readonly MOVE_MS: number;
  readonly startPointerWatch: typeof startPointerWatch;
  readonly router: typeof router;
  readonly errorHandler: typeof errorHandler;
  readonly ingestRoutes: typeof ingestRoutes;
  readonly takeInBy: typeof takeInBy;
  readonly storedBatchesOf: typeof storedBatchesOf;
  readonly backendMetrics: typeof backendMetrics;
  readonly NO_TRACING: typeof NO_TRACING;
  readonly edgeKey: typeof edgeKey;
  readonly updateAccount: typeof updateAccount;
  readonly syncPartitions: typeof syncPartitions;
  readonly forgetDeleted: typeof forgetDeleted;
  readonly deleteUser: typeof deleteUser;
}

/** What is named after itself, and where it lies. */
const BACKEND: Readonly<Record<string, readonly string[]>> = {
  'backend/store/connect.ts': ['connect'],
  'backend/store/upgrade/migrate.ts': ['migrate'],
  'backend/store/local-writer.ts': ['localWriter'],
  'backend/store/group-commits.ts': ['groupCommits'],
  'backend/store/statements.ts': ['bindLocally'],
  'backend/scheduler/lease.ts': ['leaseOf'],
  'backend/scheduler/in-turn-with-others.ts': ['inTurnWithOthers'],
  'backend/process/serial.ts': ['serial'],
  'backend/scheduler/leadership.ts': ['leadershipOf'],
  'backend/scheduler/scheduler.ts': ['startScheduler'],
  'backend/models/edge-kv.ts': ['edgeKv'],
  'backend/models/publisher.ts': ['publisher'],
  'backend/models/versions.ts': ['versions'],
  'backend/models/live-pointer-service.ts': ['livePointerService'],
  'backend/models/write-pointer.ts': ['MOVE_MS'],
  'backend/models/pointer-watch.ts': ['startPointerWatch'],
  'backend/http/contract/openapi.ts': ['router'],
  'backend/http/contract/problem.ts': ['errorHandler'],
  'backend/http/routes/ingest.ts': ['ingestRoutes'],
  'backend/log/ingest/take-in.ts': ['takeInBy'],
  'backend/log/stored-batches/service.ts': ['storedBatchesOf'],
  'backend/process/metrics.ts': ['backendMetrics'],
  'backend/process/tracing.ts': ['NO_TRACING'],
  'backend/log/identity/edge-key.ts': ['edgeKey'],
  'backend/log/account/update-account.ts': ['updateAccount'],
  'backend/log/partitions/partitions.ts': ['syncPartitions', 'forgetDeleted'],
  'backend/log/retention/delete-user.ts': ['deleteUser'],
};

/** Loads it, with a mutation or without one. */
export async function loadSystem(mutation?: Mutation): Promise<System> {
  const load = (path: string) =>
    import(addressOf(path, mutation)) as Promise<Record<string, unknown>>;
  const edge = await load('edge/worker.ts');
  const parts = await Promise.all(
    Object.entries(BACKEND).map(async ([path, names]) => {
      const loaded = await load(path);
      return names.map((name) => [name, loaded[name]] as const);
    }),
  );
  const { default: worker, EventLog, LiveWeights, SnapshotKeeper } = edge;
  return {
    ...Object.fromEntries(parts.flat()),
    worker,
    EventLog,
    LiveWeights,
    SnapshotKeeper,
  } as unknown as System;
}
