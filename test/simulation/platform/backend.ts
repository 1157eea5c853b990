import { parseTrainingData } from '../../../backend/log/settings.ts';
import type { Traffic } from '../../../backend/models/compose-pointer.ts';
import type { LivePointerService } from '../../../backend/models/live-pointer-service.ts';
import type { Versions } from '../../../backend/models/versions.ts';
import type { Task } from '../../../backend/log/stored-batches/marks.ts';
import type { ObjectLease } from '../../../backend/log/stored-batches/object-lease.ts';
import type { Lease } from '../../../backend/scheduler/lease.ts';
import type { Store } from '../../../backend/store/open.ts';
import { identityKeys } from '../../../shared/domain/identity.ts';
import type { UserId } from '../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import type { SimulatedResponse } from '../kernel/messages.ts';
import { inProcess, Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { System } from '../system.ts';
import type { Database } from './database.ts';
import { SECRETS } from './edge.ts';
import type { Network } from './network.ts';
import type { LogBucket } from './log-bucket.ts';
import type { Bucket } from './object-store.ts';

export const KV_SETTLE_MS = 60_000;
const LEASE_MS = 30_000;
const WATCH_EVERY_MS = 5000;
const MAX_LAG_MS = 15 * 60_000;

export const SETTINGS = parseTrainingData({ attributionDays: 1 });
export const RULES = { attributionDays: SETTINGS.attributionDays, filters: SETTINGS.filters };

/** What the backends of a world share. */
export interface BackendDeps {
  readonly simulation: Simulation;
  readonly system: System;
  readonly network: Network;
  readonly database: Database;
  readonly bucket: Bucket;
  readonly logBucket: LogBucket;
  /** Told when a backend begins to store a batch of the bucket, under a lease that it believes to hold. */
  readonly onTakes: (backend: Backend, task: Task, lease: ObjectLease) => void;
  readonly schema: Schema;
  readonly traffic: () => Traffic;
  /** How often the bucket of the log is looked at. */
  readonly pollSeconds: number;
  /** Told when a backend believes that it leads. */
  readonly onLeads: (backend: Backend) => void;
}

interface Life {
  readonly process: Process;
  readonly store: Store;
  readonly leader: Lease;
  readonly livePointer: LivePointerService;
  readonly versions: Versions;
  readonly publishVersion: (version: Awaited<ReturnType<Versions['add']>>) => Promise<void>;
  readonly deleteUser: (user: UserId) => Promise<unknown>;
  readonly app: { fetch(request: never): unknown };
}

/** One backend: what `backend/main.ts` starts, as far as the log, the pointer and leases go, one life after the other. */
export class Backend {
  readonly name: string;
  life: Life | undefined;
  process: Process | undefined;
  clockOffsetMs = 0;
  /** Until then nobody starts it again. */
  isStopped = false;
  readonly #deps: BackendDeps;
  #lives = 0;

  constructor(name: string, deps: BackendDeps) {
    this.name = name;
    this.#deps = deps;
  }

  /** Whether it believes that it leads for long enough to do something as the leader. */
  get leads(): boolean {
    const { life } = this;
    if (life === undefined || !life.process.isAlive) return false;
    return inProcess(life.process, () => life.leader.isHeld(LEASE_MS / 2));
  }

  crash(): void {
    this.process?.end();
    this.life = undefined;
  }

  start(): void {
    if (this.process?.isAlive === true) return;
    const process = new Process(this.#deps.simulation, this.name, this.name);
    process.clockOffsetMs = this.clockOffsetMs;
    this.process = process;
    const holder = `${this.name}.${++this.#lives}`;
    inProcess(process, () => {
      this.#run(process, holder).catch(() => {
        // As a supervisor does: what cannot start is started again.
        if (!process.isAlive) return;
        process.end();
        this.#deps.simulation.after(1000, this.#deps.simulation.outside, () => this.start());
      });
    });
  }

  async handle(request: unknown): Promise<SimulatedResponse> {
    const { life } = this;
    if (life === undefined) throw new Error('not listening yet');
    return (await life.app.fetch(request as never)) as SimulatedResponse;
  }

  async #run(process: Process, holder: string): Promise<void> {
    const { system, database, bucket, logBucket, schema, traffic, onLeads, onTakes, simulation } =
      this.#deps;
    const { pollSeconds } = this.#deps;
    const nowMs = () => process.nowMs;
    const store = database.storeOf(process);
    const lease = (name: string, ttlMs: number) =>
      system.leaseOf(store, { name, holder, ttlMs, nowMs });
    const log = () => undefined;
    const identity = identityKeys([SECRETS.identity]);
    const kv = system.edgeKv({ edgeUrl: 'http://edge', secretKey: SECRETS.secret });
    const publisher = system.publisher(kv, store, KV_SETTLE_MS, nowMs);
    const versions = system.versions(store, nowMs);
    const livePointer = system.livePointerService({
      store,
      publisher,
      versions,
      traffic: async () => traffic(),
      beforeRelease: () => Promise.resolve(),
      moving: lease('pointer', system.MOVE_MS),
      settleMs: KV_SETTLE_MS,
      nowMs,
      onMoved: () => undefined,
    });
    await system.inTurnWithOthers(lease('keying ids', LEASE_MS), () =>
      versions.ensureRules(schema),
    );
    const presence = lease(`backend ${holder}`, LEASE_MS);
    await presence.renew();
    const leader = lease('leader', LEASE_MS);
    const leadership = system.leadershipOf({ leader, presence, leaseMs: LEASE_MS });
    const metrics = system.backendMetrics();
    const storedBatches = system.storedBatchesOf({
      bucket: logBucket.of(process),
      store,
      settings: { pollSeconds, parallel: 2, keepHours: 1 },
      backend: holder,
      takeIn: system.takeInBy({ store, metrics, tracing: system.NO_TRACING, nowMs }),
      metrics,
      ingestSecrets: [SECRETS.ingest],
      identity: identity[0],
      onFingerprint: () => undefined,
      onTakes: (task, held) => onTakes(this, task, held),
      random: () => simulation.random.next(),
      nowMs,
      log,
    });
    const app = system.router();
    app.onError(system.errorHandler(log));
    app.route(
      '/',
      system.ingestRoutes({
        store,
        metrics,
        ingestSecrets: [SECRETS.ingest],
        identity,
        edgeKey: system.edgeKey(identity, log),
        tracing: system.NO_TRACING,
        nowMs,
      } as never),
    );
    const objects = bucket.storeOf(process);
    const partitions = {
      db: store.db,
      objects,
      accountRules: RULES,
      nowMs,
      maxLagMs: MAX_LAG_MS,
    };
    const updateAccount = system.serial();
    const update = () => updateAccount(() => system.updateAccount(store, RULES, nowMs()));
    this.life = {
      process,
      store,
      leader,
      livePointer,
      versions,
      publishVersion: (version) => publisher.publishVersion(version),
      deleteUser: (user) => system.deleteUser(store, user, 'operator', nowMs()),
      app,
    };
    system.startPointerWatch({
      livePointer,
      renewLeases: () => leadership.renew(),
      everyMs: WATCH_EVERY_MS,
      log,
    });
    const isLeader = async () => {
      const leads = await leadership.isLeader();
      if (leads) onLeads(this);
      return leads;
    };
    system.startScheduler({
      leadership: { isLeader },
      log,
      jobs: [
        ...storedBatches.jobs(),
        { name: 'account', schedule: 20_000, leaderOnly: false, run: update },
        {
          name: 'partitions',
          schedule: 60_000,
          leaderOnly: true,
          run: async () => {
            await update();
            const span = { from: nowMs() - 10 * DAY_MS, to: nowMs() };
            await system.syncPartitions(partitions, schema, span);
            await system.forgetDeleted(partitions);
          },
        },
      ],
    });
  }
}
