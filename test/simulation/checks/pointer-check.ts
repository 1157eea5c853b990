import { parsePointer, type Pointer } from '../../../shared/domain/pointer.ts';
import type { Simulation } from '../kernel/simulation.ts';

/** A rollback or a release that somebody asked for. Where nobody knows what came of it, it may still take effect for a while. */
interface Asked {
  readonly kind: 'rollback' | 'release';
  readonly version: string | undefined;
  readonly sinceMs: number;
  untilMs: number;
}

/** What acknowledged rollbacks hold: since when, and which versions, several where they were asked for at the same time. */
interface Held {
  readonly versions: Set<string>;
  readonly sinceMs: number;
}

/** A request may be on its way for so long after whoever sent it gave up. */
const LINGERS_MS = 120_000;

/** What KV may hold as the pointer: after a rollback was acknowledged, nothing else until somebody asks for a release. */
export class PointerCheck {
  held: Held | undefined;
  /** Every pointer that was ever published, by its revision. */
  readonly published = new Map<number, Pointer>();
  /** When KV was given another one, by revision, simulated ms. */
  readonly replacedAtMs = new Map<number, number>();
  /** Told of each write of the pointer to KV, once it is checked. */
  readonly onWritten: (() => void)[] = [];
  #newest: number | undefined;
  #asked: Asked[] = [];
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** @returns to be told whether it was acknowledged. */
  asks(kind: Asked['kind'], version?: string): (isDone: boolean) => void {
    const simulation = this.#simulation;
    const asked: Asked = { kind, version, sinceMs: simulation.nowMs, untilMs: Infinity };
    this.#asked = this.#asked.filter(({ untilMs }) => untilMs > simulation.nowMs - LINGERS_MS);
    this.#asked.push(asked);
    if (kind === 'release') this.held = undefined;
    else if (version !== undefined) this.held?.versions.add(version);
    return (isDone) => {
      asked.untilMs = isDone ? simulation.nowMs : simulation.nowMs + LINGERS_MS;
      if (kind !== 'rollback' || !isDone) return;
      const others = this.#asked.filter(
        (one) => one !== asked && one.untilMs > asked.sinceMs && one.sinceMs < asked.untilMs,
      );
      if (others.some((one) => one.kind === 'release')) return;
      const versions = [asked, ...others].flatMap((one) => one.version ?? []);
      this.held = { versions: new Set(versions), sinceMs: simulation.nowMs };
    };
  }

  written(text: string): void {
    this.#check(text);
    for (const notify of this.onWritten) notify();
  }

  #check(text: string): void {
    const pointer = parsePointer(text);
    const revision = pointer?.revision;
    if (this.#newest !== undefined && this.#newest !== revision)
      this.replacedAtMs.set(this.#newest, this.#simulation.nowMs);
    if (revision !== undefined && pointer !== undefined) {
      this.published.set(revision, pointer);
      this.replacedAtMs.delete(revision);
    }
    this.#newest = revision;
    const { held } = this;
    if (held === undefined) return;
    if (pointer?.hold === true && held.versions.has(pointer.champion)) return;
    this.#simulation.violate(
      'a rollback is never undone',
      `KV was given ${text.slice(0, 200)} while ${[...held.versions].join(' or ')} is held`,
    );
  }
}
