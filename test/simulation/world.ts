import type { Traffic } from '../../backend/models/compose-pointer.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../shared/features/schema.ts';
import { snapshotHash, snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import { parseItem } from '../../shared/domain/item.ts';
import type { Task } from '../../backend/log/stored-batches/marks.ts';
import type { ObjectLease } from '../../backend/log/stored-batches/object-lease.ts';
import { Operators } from './actors/operators.ts';
import { Troubles } from './actors/troubles.ts';
import { Visitors } from './actors/visitors.ts';
import { checkStored } from './checks/final-check.ts';
import { checkAccount } from './checks/account-check.ts';
import { TakersCheck } from './checks/takers-check.ts';
import { checkPartitions } from './checks/partitions-check.ts';
import { PointerCheck } from './checks/pointer-check.ts';
import { ServedCheck } from './checks/served-check.ts';
import { takeDown } from './checks/stored-check.ts';
import { inProcess } from './kernel/process.ts';
import { Simulation, WORLD_BEGINS_MS } from './kernel/simulation.ts';
import { Ledger } from './ledger.ts';
import { Backend } from './platform/backend.ts';
import { Database, type DatabaseTemplate } from './platform/database.ts';
import type { DurableObjects } from './platform/durable-objects.ts';
import { Edge } from './platform/edge.ts';
import { LogBucket } from './platform/log-bucket.ts';
import { Bucket } from './platform/object-store.ts';
import type { System } from './system.ts';

const SCHEMA = parseSchema({
  name: 'hotels',
  columns: [{ name: 'stars', type: 'number' }],
  features: [{ name: 'stars', kind: 'quantile', column: 'stars', edges: [2, 4] }],
  rules: { stars: [0, 1, 2, 3] },
});
const BACKENDS = 2;
/** After the last fault: longer than a lease, and than the leader takes to come round to partitions. */
const HEALING_MS = 130_000;
/** By then a shard has what an isolate decided. */
const GATHERING_MS = 10_000;
/** By then everything has arrived, or never will: longer than the longest pauses between attempts together. */
const ARRIVING_MS = 240_000;
/** By then backends have taken what is in the bucket of the log: longer than a lease, and than a turn with what is much. */
const TAKING_MS = 100_000;

/**
 * What a world has most of. Where everything happens at once, what takes minutes hardly ever comes to its end: worlds in which some of it is
 * rare find what those miss (swarm testing, Groce et al. 2012).
 */
export const ALL_FOCI = ['all', 'pointer', 'people', 'bucket'] as const;
export type Focus = (typeof ALL_FOCI)[number];
/** How sealed batches reach backends; `both`: shards change between the two. */
export type LogPath = 'backend' | 'store' | 'both';
export const LOG_PATHS: readonly LogPath[] = ['backend', 'store', 'both'];

const FOCI: readonly Focus[] = ['all', 'all', 'pointer', 'people', 'bucket'];

/** What a world is to be, whatever its seed says. */
export interface WorldWish {
  readonly path?: LogPath | undefined;
  readonly focus?: Focus | undefined;
}

/** Before its faults end: what takes minutes, such as to follow a pointer or to close a day, needs them whatever their number of operations. */
const LEAST_MS: Readonly<Record<Focus, number>> = {
  all: 0,
  pointer: 240_000,
  people: 440_000,
  bucket: 90_000,
};
/** How often a backend is stopped while it takes batches of the bucket, and for how long at most: longer than its lease of them. */
const STOPPED_IN_A_TAKE: Readonly<Record<Focus, number>> = {
  all: 0,
  pointer: 0,
  people: 0,
  bucket: 0.03,
};
const LONGEST_STOP_MS = 45_000;

export interface WorldReport {
  readonly seed: number;
  readonly digest: number;
  readonly operations: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  readonly simulatedMs: number;
}

/** A whole system with its visitors, operators and troubles. */
export class World {
  readonly schema: Schema = SCHEMA;
  readonly simulation: Simulation;
  readonly ledger = new Ledger();
  readonly edge: Edge;
  readonly database: Database;
  readonly bucket: Bucket;
  readonly backends: readonly Backend[];
  readonly objects: readonly DurableObjects[];
  readonly pointerCheck: PointerCheck;
  readonly servedCheck: ServedCheck;
  readonly visitors: Visitors;
  readonly focus: Focus;
  readonly logBucket: LogBucket;
  readonly path: LogPath;
  traffic: Traffic = {};

  readonly #system: System;
  readonly #template: DatabaseTemplate;

  constructor(
    seed: number,
    system: System,
    template: DatabaseTemplate,
    { path, focus }: WorldWish = {},
  ) {
    this.#system = system;
    this.#template = template;
    const simulation = new Simulation(seed);
    const { network } = simulation;
    this.simulation = simulation;
    const drawn = { focus: simulation.random.pick(FOCI), path: simulation.random.pick(LOG_PATHS) };
    this.focus = focus ?? drawn.focus;
    this.path = path ?? (this.focus === 'bucket' ? 'store' : drawn.path);
    this.logBucket = new LogBucket(simulation, network);
    const takersCheck = new TakersCheck(simulation);
    const stopInTakes = ({ process }: Backend) => {
      if (process === undefined) return;
      if (!simulation.strikes('stopped in a take', STOPPED_IN_A_TAKE[this.focus])) return;
      process.pausedUntilMs = simulation.nowMs + simulation.random.between(1000, LONGEST_STOP_MS);
    };
    this.pointerCheck = new PointerCheck(simulation);
    this.servedCheck = new ServedCheck(this);
    this.visitors = new Visitors(this);
    this.database = new Database(simulation, system, template);
    this.bucket = new Bucket(simulation);
    const { logBucket, ledger } = this;
    this.edge = new Edge({ simulation, system, network, logBucket, ledger });
    this.edge.logPath = this.path === 'store' ? 'store' : 'backend';
    this.edge.onAnswer = (isolate, request, response) => takeDown(this, isolate, request, response);
    this.objects = [this.edge.eventLogs, this.edge.liveWeights, this.edge.keepers];
    this.edge.weights.onWrite = (key, value) => {
      if (key === 'active' && value !== null)
        this.pointerCheck.written(new TextDecoder().decode(value));
    };
    const deps = {
      simulation,
      system,
      network,
      database: this.database,
      bucket: this.bucket,
      logBucket,
      onTakes: (backend: Backend, task: Task, lease: ObjectLease) => {
        takersCheck.takes(backend, task, lease);
        stopInTakes(backend);
      },
      schema: SCHEMA,
      pollSeconds: this.path === 'backend' ? 30 : 5,
      traffic: () => this.traffic,
      onLeads: (backend: Backend) => this.#leads(backend),
    };
    this.backends = Array.from({ length: BACKENDS }, (_, i) => new Backend(`backend-${i}`, deps));
    network.hosts.set('backend', (request) => {
      const listening = this.backends.filter(({ process }) => process?.isAlive === true);
      if (listening.length === 0) return undefined;
      const backend = simulation.random.pick(listening);
      return {
        process: backend.process!,
        handle: () => {
          simulation.count('batch shipped');
          return backend.handle(request);
        },
      };
    });
  }

  /** @throws Violation. */
  async run(operations: number): Promise<void> {
    const { simulation } = this;
    await this.database.open();
    await simulation.complete(() => this.#publishCatalogue());
    for (const backend of this.backends) backend.start();
    await simulation.runUntil(() => this.edge.weights.newest('active') !== null);
    const operators = new Operators(this);
    const troubles = new Troubles(this);
    const { visitors } = this;
    for (const actor of [visitors, operators, troubles])
      inProcess(simulation.outside, () => actor.start());
    const beganMs = simulation.nowMs;
    const isLongEnough = () =>
      LEAST_MS[this.focus] === 0 ||
      (!visitors.isAway && simulation.nowMs - beganMs - troubles.awayMs >= LEAST_MS[this.focus]);
    await simulation.runUntil(() => simulation.operationCount >= operations && isLongEnough());
    visitors.isOver = operators.isOver = true;
    troubles.heal();
    const arrivedByMs = simulation.nowMs + ARRIVING_MS;
    await simulation.runFor(HEALING_MS);
    // An isolate tells with its next decisions how many it lost before.
    await simulation.complete(() => this.edge.askEach((cell) => this.visitors.lastAsked(cell)));
    await simulation.runFor(GATHERING_MS);
    // One that was new then has everything by now.
    this.servedCheck.isLive = true;
    await simulation.complete(() => this.edge.askEach((cell) => this.visitors.lastAsked(cell)));
    await simulation.runFor(GATHERING_MS);
    await simulation.runUntil(() => this.hasArrived || simulation.nowMs > arrivedByMs);
    if (this.path !== 'backend') await simulation.runFor(TAKING_MS);
    await checkStored(this);
    await checkPartitions(this);
    await checkAccount(this, this.#system, this.#template);
    simulation.throwIfBroken();
  }

  /** Whether no shard has anything left to send. */
  get hasArrived(): boolean {
    return [...this.edge.eventLogs.objects.values()].every(
      ({ storage }) =>
        storage.rows('SELECT seq FROM entries WHERE body <> zeroblob(sizeBytes) LIMIT 1').length ===
        0,
    );
  }

  get report(): WorldReport {
    const { simulation } = this;
    return {
      seed: simulation.seed,
      digest: simulation.digest,
      operations: simulation.operations,
      faults: simulation.faults,
      simulatedMs: simulation.nowMs - WORLD_BEGINS_MS,
    };
  }

  async close(): Promise<void> {
    for (const backend of this.backends) backend.crash();
    for (const objects of this.objects)
      for (const { storage, process } of objects.objects.values()) {
        process?.end();
        storage.close();
      }
    await this.database.close();
  }

  async #publishCatalogue(): Promise<void> {
    const items = Array.from({ length: 8 }, (_, i) => parseItem({ id: `item-${i}`, stars: i % 6 }));
    const bytes = snapshotToBytes(SCHEMA, packItems(SCHEMA.columns, items));
    const hash = snapshotHash(bytes);
    const kv = this.edge.catalogue.at('publisher');
    await kv.put(`s/${hash}/0`, bytes);
    // Whole milliseconds, as every clock gives them: edges take nothing else for a pointer.
    const at = this.simulation.outside.nowMs;
    const pointer = { hash, parts: 1, sizeBytes: bytes.length, at };
    await kv.put('active', JSON.stringify(pointer));
  }

  #leads(backend: Backend): void {
    const others = this.backends.filter((one) => one !== backend && one.leads);
    if (others.length > 0)
      this.simulation.violate(
        'there is one leader',
        `${backend.name} and ${others.map(({ name }) => name).join(', ')} lead`,
      );
  }
}
