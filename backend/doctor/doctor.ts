import { openObjectStore } from '../log/partitions/open-object-store.ts';
import type { StoreLocation } from '../log/partitions/object-store.ts';
import type { Kv } from '../models/edge-kv.ts';
import { readJobRuns } from '../scheduler/job-runs.ts';
import type { Scheduled } from '../scheduler/scheduler.ts';
import type { Database } from '../store/connect.ts';
import { localPathOf } from '../store/local-path.ts';
import type { Store } from '../store/open.ts';
import type { Upgrade } from '../store/upgrade/finalize.ts';
import { checkAlerts } from './check-alerts.ts';
import { checkDatabase, checkUpgrade } from './check-database.ts';
import { checkDisk } from './check-disk.ts';
import { checkEdge, EDGE_REMEDY, type EdgeAccess } from './check-edge.ts';
import { checkKv } from './check-kv.ts';
import { checkLogStore, type LogStoreToCheck } from './check-log-store.ts';
import { checkRoles } from './check-roles.ts';
import { listBackends } from '../scheduler/live-backends.ts';
import type { RoleName } from '../scheduler/roles.ts';
import { checkObjectStore } from './check-object-store.ts';
import { checkSchedules } from './check-schedules.ts';
import { checkVersions } from './check-versions.ts';
import { looked, type Check } from './check.ts';

export interface DoctorDeps {
  readonly store: Store;
  readonly database: Database;
  readonly kv: Kv;
  readonly edge: EdgeAccess;
  readonly trainingStore: StoreLocation;
  /** Where there is a bucket of the log. */
  readonly logStore: LogStoreToCheck | undefined;
  readonly roles: readonly RoleName[];
  readonly upgrade: Upgrade;
  readonly channels: readonly string[];
  /** What the regular checks of the database have found. */
  readonly storeProblems: () => Promise<readonly string[]>;
  readonly jobs: () => readonly Scheduled[];
  readonly upSinceMs: number;
  readonly nowMs: () => number;
}

/** Looks at every part of a system as its backend sees it. Probes are written and deleted again; nothing else changes. */
export async function examine(deps: DoctorDeps): Promise<Check[]> {
  const { store, database, nowMs } = deps;
  const path = localPathOf(database.url);
  const all = await Promise.all([
    looked('edge', EDGE_REMEDY, () => checkEdge(deps.edge, nowMs)),
    checkKv(deps.kv),
    looked('database', 'restart the backend', async () =>
      checkDatabase(store, database, await deps.storeProblems(), nowMs),
    ),
    looked('database: upgrade', 'restart the backend', async () =>
      checkUpgrade(await deps.upgrade.status(), nowMs()),
    ),
    checkObjectStore(openObjectStore(deps.trainingStore)),
    deps.logStore === undefined ? Promise.resolve([]) : checkLogStore(deps.logStore),
    looked('roles', 'restart the backend', async () =>
      checkRoles(deps.roles, await listBackends(store, nowMs)),
    ),
    looked('schedules', 'restart the backend', async () =>
      checkSchedules(deps.jobs(), await readJobRuns(store), deps.upSinceMs, nowMs()),
    ),
    path === undefined ? Promise.resolve([]) : checkDisk(path),
    looked('alerts', 'restart the backend', () => checkAlerts(store, deps.channels)),
  ]);
  return [...all.flat(), ...checkVersions()];
}
