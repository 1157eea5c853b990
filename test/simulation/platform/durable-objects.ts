import { currentProcess, inProcess, Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';
import { ObjectStorage } from './object-storage.ts';
import type { Network } from './network.ts';

interface Instance {
  alarm?(): Promise<void>;
  [method: string]: unknown;
}

type Class = new (state: unknown, env: unknown) => Instance;

const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;

/** One Durable Object: its storage outlives its lives in memory. */
export class DurableObjectHost {
  readonly storage = new ObjectStorage();
  readonly name: string;
  process: Process | undefined;
  #instance: Instance | undefined;
  #retries = 0;
  #isRinging = false;
  readonly #namespace: DurableObjects;

  constructor(namespace: DurableObjects, name: string) {
    this.#namespace = namespace;
    this.name = name;
    this.storage.onAlarmSet = (atMs) => this.#ringAt(atMs);
    const { simulation } = namespace;
    // An object that cannot even start is started again, which says nothing of it.
    this.storage.failsToWrite = () =>
      this.#instance !== undefined &&
      simulation.strikes('write of an object failed', namespace.failsToWrite);
  }

  /** The object in memory; it starts where it is not. */
  start(): { readonly process: Process; readonly instance: Instance } {
    if (this.process?.isAlive && this.#instance !== undefined)
      return { process: this.process, instance: this.#instance };
    const { simulation, zoneOf, envOf, constructorOf } = this.#namespace;
    this.#instance = undefined;
    const process = new Process(simulation, this.name, zoneOf(this.name));
    process.gate = () => this.storage.confirmed();
    this.process = process;
    this.storage.openFor(process);
    const state = { storage: this.storage.api, id: { toString: () => idOf(this.name) } };
    this.#instance = inProcess(process, () => new constructorOf(state, envOf(process)));
    if (this.#isRinging) this.#ringAgain();
    else this.#ringAt(this.storage.alarmAtMs);
    return { process, instance: this.#instance };
  }

  /** It leaves memory in the midst of whatever it does. */
  crash(): void {
    this.process?.end();
    this.#instance = undefined;
    this.#namespace.simulation.after(
      this.#namespace.simulation.random.between(10, 3000),
      this.#namespace.simulation.outside,
      () => void this.start(),
    );
  }

  /** Calls a method as another process does: both ways take time and may fail, and no answer leaves before what it says is on disk. */
  call(from: Process, method: string, given: readonly unknown[]): Promise<unknown> {
    const { simulation, network } = this.#namespace;
    simulation.count(`call of ${this.#namespace.label}`);
    const cloned = structuredClone(given);
    return new Promise((resolve, reject) => {
      const fails = () => {
        simulation.after(network.delayMs(2), from, () =>
          reject(new Error('Network connection lost.')),
        );
      };
      const arrives = async () => {
        if (network.isLost()) return fails();
        const { process, instance } = this.start();
        const outcome = await process.serve(async () => {
          const result = await (instance[method] as (...all: unknown[]) => Promise<unknown>)(
            ...cloned,
          );
          await this.storage.confirmed();
          return structuredClone(result);
        });
        if (outcome === 'gone' || network.isLost()) return fails();
        simulation.after(network.delayMs(2), from, () => {
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        });
      };
      void from
        .gate()
        .then(() => simulation.after(network.delayMs(2), simulation.outside, () => void arrives()));
    });
  }

  #ringAt(atMs: number | null): void {
    if (atMs === null || this.#isRinging) return;
    const { simulation } = this.#namespace;
    const owner = this.process!;
    simulation.after(atMs - owner.nowMs, owner, () => {
      if (this.storage.alarmAtMs === atMs && !this.#isRinging) void this.#ring();
    });
  }

  #ringAgain(): void {
    const { simulation } = this.#namespace;
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries++);
    simulation.after(waitMs, this.process!, () => void this.#ring());
  }

  /** Until it has run to its end, an alarm rings again, and now and then once more. */
  async #ring(): Promise<void> {
    const { simulation } = this.#namespace;
    const { process, instance } = this.start();
    this.#isRinging = true;
    simulation.count('alarm');
    this.storage.takeAlarm();
    const outcome = await process.serve(async () => {
      await instance.alarm?.();
      await this.storage.confirmed();
    });
    if (outcome === 'gone') return;
    if ('error' in outcome || simulation.strikes('alarm rang twice', this.#namespace.ringsTwice))
      return this.#ringAgain();
    this.#isRinging = false;
    this.#retries = 0;
    this.#ringAt(this.storage.alarmAtMs);
  }
}

/** A namespace of Durable Objects. */
export class DurableObjects {
  readonly objects = new Map<string, DurableObjectHost>();
  failsToWrite = 0;
  ringsTwice = 0;
  readonly simulation: Simulation;
  readonly network: Network;
  readonly label: string;
  readonly constructorOf: Class;
  readonly envOf: (process: Process) => unknown;
  readonly zoneOf: (name: string) => string;

  constructor(given: {
    readonly simulation: Simulation;
    readonly network: Network;
    readonly label: string;
    readonly constructorOf: Class;
    readonly envOf: (process: Process) => unknown;
    readonly zoneOf: (name: string) => string;
  }) {
    this.simulation = given.simulation;
    this.network = given.network;
    this.label = given.label;
    this.constructorOf = given.constructorOf;
    this.envOf = given.envOf;
    this.zoneOf = given.zoneOf;
  }

  /** As `DurableObjectNamespace`. */
  readonly binding = {
    idFromName: (name: string) => name,
    get: (name: string) =>
      new Proxy(
        {},
        {
          get: (_, method) =>
            method === 'then'
              ? undefined
              : (...given: unknown[]) =>
                  this.hostOf(name).call(currentProcess()!, String(method), given),
        },
      ),
  };

  hostOf(name: string): DurableObjectHost {
    const known = this.objects.get(name);
    if (known !== undefined) return known;
    const host = new DurableObjectHost(this, name);
    this.objects.set(name, host);
    return host;
  }
}

/** Hexadecimal digits that are others for each name, as the platform's ids are. */
function idOf(name: string): string {
  let [high, low] = [0x811c_9dc5, 0x1234_5678];
  for (let i = 0; i < name.length; i++) {
    high = Math.imul(high ^ name.charCodeAt(i), 0x0100_0193);
    low = Math.imul(low + name.charCodeAt(i), 0x9e37_79b1) ^ high;
  }
  return [high, low, high ^ low, high + low]
    .map((part) => (part >>> 0).toString(16).padStart(8, '0'))
    .join('');
}
