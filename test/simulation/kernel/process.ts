import { AsyncLocalStorage } from 'node:async_hooks';
import type { Simulation } from './simulation.ts';

const context = new AsyncLocalStorage<Process>();

/** Whose code runs now; undefined outside of every world. */
export const currentProcess = (): Process | undefined => context.getStore();

export const inProcess = <T>(process: Process, run: () => T): T => context.run(process, run);

/** What a call came to: its value, what it threw, or nothing, because the process ended first. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown } | 'gone';

/**
 * One life of an isolate, a Durable Object or a backend: from its start until it ends. Everything that reaches beyond its memory goes
 * through seams that resume it by an event of its own, and events of a process that has ended are dropped: so it ends between
 * any two awaits, and nothing that it would have done afterwards happens.
 */
export class Process {
  isAlive = true;
  /** Until then it is stopped, as by SIGSTOP, and does not know. */
  pausedUntilMs = 0;
  /** How far its clock is ahead. */
  clockOffsetMs = 0;
  /** What it sends waits for this: of a Durable Object, until what it has written is on disk. */
  gate: () => Promise<void> = () => Promise.resolve();
  readonly simulation: Simulation;
  readonly name: string;
  /** What shares a network with it: a partition separates zones. */
  readonly zone: string;
  readonly #whenEnds = new Set<() => void>();

  constructor(simulation: Simulation, name: string, zone: string) {
    this.simulation = simulation;
    this.name = name;
    this.zone = zone;
  }

  get nowMs(): number {
    return Math.floor(this.simulation.nowMs + this.clockOffsetMs);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.simulation.after(ms, this, resolve);
    });
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const notify of this.#whenEnds) notify();
    this.#whenEnds.clear();
  }

  /** Runs work in this process for somebody else, who learns of its end as well. */
  serve<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      if (!this.isAlive) return resolve('gone');
      const gone = () => resolve('gone');
      this.#whenEnds.add(gone);
      const settle = (outcome: Outcome<T>) => {
        this.#whenEnds.delete(gone);
        resolve(outcome);
      };
      const begin = () =>
        inProcess(this, () => {
          work().then(
            (value) => settle({ value }),
            (error: unknown) => settle({ error }),
          );
        });
      if (this.pausedUntilMs > this.simulation.nowMs) this.simulation.after(0, this, begin);
      else begin();
    });
  }

  onEnd(notify: () => void): void {
    this.#whenEnds.add(notify);
  }
}
