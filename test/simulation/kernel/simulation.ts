import { EventQueue, type QueuedEvent } from './event-queue.ts';
import { Process, inProcess } from './process.ts';
import { Network } from '../platform/network.ts';
import { seededRandom, type Random } from './random.ts';

/** What a simulated world broke, and when. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;
  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

/** Before anything else is replaced: runs what is left of promises, and then goes on. */
const turn = (
  (real: typeof setImmediate) => () =>
    new Promise<void>((resolve) => {
      real(resolve);
    })
)(setImmediate);

/** The time at which each world begins: noon of a day, UTC. */
export const WORLD_BEGINS_MS = Date.UTC(2026, 2, 10, 12);

/**
 * One world: simulated time, the queue of what happens next, and the one source of chance. A single thread takes one event after the
 * other, and runs all promises that it settled before it takes the next one. So a seed always gives the same world.
 */
export class Simulation {
  nowMs = WORLD_BEGINS_MS;
  readonly seed: number;
  readonly random: Random;
  /** What production code draws: kept apart, so that a world stays the same where that code draws once more. */
  readonly codeRandom: Random;
  /** What belongs to no part of the system: visitors, operators, and faults. */
  readonly outside: Process;
  readonly network = new Network(this);
  readonly operations = new Map<string, number>();
  readonly faults = new Map<string, number>();
  /** FNV-1a over all that happened and when: equal worlds have equal digests. */
  digest = 0x811c_9dc5;
  isHealed = false;
  readonly #queue = new EventQueue();
  #broken: Violation | undefined;

  constructor(seed: number) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.codeRandom = seededRandom(seed ^ 0x5bd1_e995);
    this.outside = new Process(this, 'outside', 'outside');
  }

  get operationCount(): number {
    return sumOf(this.operations);
  }

  get faultCount(): number {
    return sumOf(this.faults);
  }

  /** Counts what crossed a seam: a request, a call of an object, a read or write of a store. */
  count(operation: string): void {
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1);
    this.#note(operation);
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.#note(kind);
  }

  /** Whether a fault of this probability happens now; none does once the world is healed. */
  strikes(kind: string, probability: number): boolean {
    if (this.isHealed || !this.random.chance(probability)) return false;
    this.fault(kind);
    return true;
  }

  /** Does something later, in a process, if that is still there then. */
  after(ms: number, owner: Process, run: () => void): QueuedEvent {
    return this.#queue.add(this.nowMs + Math.max(0, ms), owner, run);
  }

  /** Says that an invariant is broken; the run ends with the first one. */
  violate(invariant: string, what: string): void {
    this.#broken ??= new Violation(
      invariant,
      `${what} (at ${((this.nowMs - WORLD_BEGINS_MS) / 1000).toFixed(3)} s)`,
    );
  }

  /** @throws Violation where there is one. */
  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** @throws Violation as soon as there is one. */
  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const event = this.#queue.next();
      if (event === undefined) return;
      const { owner } = event;
      if (event.isCancelled || !owner.isAlive) continue;
      this.nowMs = Math.max(this.nowMs, event.atMs);
      if (owner.pausedUntilMs > this.nowMs) {
        this.#queue.put(event, owner.pausedUntilMs);
        continue;
      }
      inProcess(owner, event.run);
      await turn();
      this.throwIfBroken();
    }
  }

  async runFor(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    let isOver = false;
    this.after(ms, this.outside, () => (isOver = true));
    await this.runUntil(() => isOver || this.nowMs > endMs);
  }

  /** Runs a job of the outside to its end. */
  async complete<T>(job: () => Promise<T>): Promise<T> {
    const settled: { value?: { readonly of: T }; error?: { readonly of: unknown } } = {};
    inProcess(this.outside, () => {
      job().then(
        (of) => (settled.value = { of }),
        (of: unknown) => (settled.error = { of }),
      );
    });
    await turn();
    await this.runUntil(() => settled.value !== undefined || settled.error !== undefined);
    if (settled.error !== undefined) throw settled.error.of;
    if (settled.value === undefined) throw new Error('nothing is left that could end the job');
    return settled.value.of;
  }

  #note(kind: string): void {
    let { digest } = this;
    const text = `${kind}${this.nowMs}`;
    for (let i = 0; i < text.length; i++)
      digest = Math.imul(digest ^ text.charCodeAt(i), 0x0100_0193);
    this.digest = digest >>> 0;
  }
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  counts.values().reduce((sum, count) => sum + count, 0);
