import type { Ledger } from '../ledger.ts';
import { SimulatedRequest, type SimulatedResponse } from '../kernel/messages.ts';
import { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { System } from '../system.ts';
import { DurableObjects } from './durable-objects.ts';
import { KvStore } from './kv.ts';
import type { LogBucket } from './log-bucket.ts';
import type { Network } from './network.ts';

export const CELLS = ['EU', 'NA'] as const;
export type Cell = (typeof CELLS)[number];

export const SHARDS = 3;
const LOCATIONS = 2;
export const REFRESH_MS = 5000;
export const KV_CACHE_S = 30;

export const SECRETS = {
  publishable: 'pk_of_the_simulation_00',
  secret: 'sk_of_the_simulation_00',
  token: 'token secret of the simulation',
  ingest: 'ingest secret of the simulation',
  identity: 'identity secret of the simulation',
};

/** One life of a Worker in one location of a cell. */
export class Isolate {
  readonly process: Process;
  readonly cell: Cell;
  readonly #env: unknown;
  readonly #system: System;
  endedAtMs: number | undefined;
  /** What it served last, and by which pointer. */
  lastServed: { readonly weights: string; readonly atMs: number } | undefined;

  constructor(process: Process, cell: Cell, env: unknown, system: System) {
    this.process = process;
    this.cell = cell;
    this.#env = env;
    this.#system = system;
    process.onEnd(() => (this.endedAtMs = process.simulation.nowMs));
  }

  async fetch({ url, method, headers, bytes }: SimulatedRequest): Promise<SimulatedResponse> {
    const request = new SimulatedRequest(url, {
      method,
      headers,
      body: bytes,
      cf: { continent: this.cell },
    });
    return this.#system.worker.fetch(request, this.#env, {
      waitUntil: (work) => void work.catch(() => undefined),
    });
  }
}

/** The edge: isolates in the cells, the objects, and KV. */
export class Edge {
  readonly weights: KvStore;
  readonly catalogue: KvStore;
  readonly eventLogs: DurableObjects;
  readonly liveWeights: DurableObjects;
  readonly keepers: DurableObjects;
  readonly isolates: Isolate[] = [];
  /** Told of every answer, where it is made. */
  onAnswer: (isolate: Isolate, request: SimulatedRequest, response: SimulatedResponse) => void =
    () => undefined;
  /** How shards that start from now on ship. */
  logPath: 'backend' | 'store' = 'backend';
  readonly #logBucket: LogBucket;
  readonly #simulation: Simulation;
  readonly #system: System;

  constructor(given: {
    readonly simulation: Simulation;
    readonly logBucket: LogBucket;
    readonly system: System;
    readonly network: Network;
    readonly ledger: Ledger;
  }) {
    const { simulation, system, network } = given;
    this.#simulation = simulation;
    this.#system = system;
    this.#logBucket = given.logBucket;
    this.weights = new KvStore(simulation, 'WEIGHTS');
    this.catalogue = new KvStore(simulation, 'CATALOGUE');
    const objectsOf = (
      label: string,
      constructorOf: System['EventLog'],
      zoneOf: (name: string) => string,
    ) =>
      new DurableObjects({
        simulation,
        network,
        label,
        constructorOf,
        // It may start in another location each time, whose cache knows something else.
        envOf: () => this.#envAt(`object ${simulation.random.below(LOCATIONS)}`),
        zoneOf,
      });
    this.eventLogs = objectsOf('EventLog', system.EventLog, (name) => `edge ${name}`);
    this.liveWeights = objectsOf(
      'LiveWeights',
      system.LiveWeights,
      (name) => `edge ${name.slice(0, 2)}`,
    );
    this.keepers = objectsOf(
      'SnapshotKeeper',
      system.SnapshotKeeper,
      (name) => `edge ${name.slice(0, 2)}`,
    );
    for (const cell of CELLS) {
      network.hosts.set(`${cell.toLowerCase()}.edge`, (request) => this.#answers(cell, request));
      for (let i = 0; i < LOCATIONS; i++) this.isolates.push(this.#isolateIn(cell, i));
    }
    network.hosts.set('edge', (request) => this.#answers(simulation.random.pick(CELLS), request));
  }

  /** Ends an isolate; another one takes its place. */
  restart(isolate: Isolate): void {
    const at = this.isolates.indexOf(isolate);
    isolate.process.end();
    this.isolates[at] = this.#isolateIn(isolate.cell, at % LOCATIONS);
  }

  /** Asks each isolate once, whichever a request would find. */
  async askEach(requestTo: (cell: Cell) => SimulatedRequest): Promise<void> {
    for (const isolate of this.isolates)
      await isolate.process.serve(async () => {
        const request = requestTo(isolate.cell);
        this.onAnswer(isolate, request, await isolate.fetch(request));
      });
  }

  #answers(cell: Cell, request: SimulatedRequest) {
    const isolate = this.#simulation.random.pick(this.isolates.filter((one) => one.cell === cell));
    return {
      process: isolate.process,
      handle: async () => {
        this.#simulation.count(`request ${operationOf(request)}`);
        const response = await isolate.fetch(request);
        this.onAnswer(isolate, request, response);
        return response;
      },
    };
  }

  #isolateIn(cell: Cell, location: number): Isolate {
    const process = new Process(this.#simulation, `isolate ${cell} ${location}`, `edge ${cell}`);
    return new Isolate(process, cell, this.#envAt(`${cell} ${location}`), this.#system);
  }

  #envAt(location: string): unknown {
    return {
      WEIGHTS: this.weights.at(location),
      CATALOGUE: this.catalogue.at(location),
      EVENT_LOG: this.eventLogs.binding,
      LIVE_WEIGHTS: this.liveWeights.binding,
      SNAPSHOT_KEEPER: this.keepers.binding,
      PUBLISHABLE_KEYS: SECRETS.publishable,
      SECRET_KEYS: SECRETS.secret,
      TOKEN_SECRET: SECRETS.token,
      INGEST_SECRET: SECRETS.ingest,
      IDENTITY_SECRET: SECRETS.identity,
      BACKEND_URL: 'http://backend',
      REFRESH_MS: String(REFRESH_MS),
      KV_CACHE_TTL_S: String(KV_CACHE_S),
      EVENT_SHARDS: String(SHARDS),
      LOG_PATH: this.logPath,
      LOGS: this.#logBucket.binding,
    };
  }
}

const operationOf = ({ url, method }: SimulatedRequest): string => {
  const path = new URL(url).pathname;
  return path.startsWith('/v1/kv/') ? `${method} /v1/kv` : path;
};
