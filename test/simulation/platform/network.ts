import type { Process } from '../kernel/process.ts';
import { SimulatedRequest, type SimulatedResponse } from '../kernel/messages.ts';
import type { Simulation } from '../kernel/simulation.ts';

/** Who answers a request now, and how; undefined where nobody listens. */
export type Host = (
  request: SimulatedRequest,
) => { readonly process: Process; handle(): Promise<SimulatedResponse> } | undefined;

/** How often things go wrong on the way, and for how long they take where nothing does. */
export interface Weather {
  lost: number;
  /** A request arrives twice, as where a proxy sends it again. */
  duplicated: number;
  slow: number;
}

export const CALM: Weather = { lost: 0, duplicated: 0, slow: 0 };

/** Between a request's being given up and its arriving all the same. */
const SLOWEST_MS = 60_000;

/**
 * HTTP between the parts of the system: messages take their time, overtake each other, get lost on the way there or back, and arrive twice.
 * Partitions cut pairs of zones off from each other.
 */
export class Network {
  weather: Weather = CALM;
  readonly hosts = new Map<string, Host>();
  readonly #cut = new Set<string>();
  /** By sender, how much longer its next write to an address takes on its way there. */
  readonly #heldUp = new Map<Process, { readonly end: string; readonly forMs: number }>();
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  cut(zone: string, other: string): void {
    this.#cut.add(`${zone} ${other}`).add(`${other} ${zone}`);
  }

  mend(): void {
    this.#cut.clear();
  }

  isCut(zone: string, other: string): boolean {
    return this.#cut.has(`${zone} ${other}`);
  }

  /** How long one message takes. */
  delayMs(nearMs = 5): number {
    const { random } = this.#simulation;
    const usual = nearMs * (0.5 + random.next());
    return this.#simulation.strikes('message delayed', this.weather.slow)
      ? random.between(usual, random.chance(0.3) ? SLOWEST_MS : 2000)
      : usual;
  }

  /** The next write of a process to an address with this end arrives so much later. */
  holdUp(from: Process, end: string, forMs: number): void {
    this.#heldUp.set(from, { end, forMs });
  }

  letGo(from: Process): void {
    this.#heldUp.delete(from);
  }

  #heldUpMs(from: Process, { url, method }: SimulatedRequest): number {
    const heldUp = this.#heldUp.get(from);
    if (heldUp === undefined || this.#simulation.isHealed) return 0;
    if (method !== 'PUT' || !url.endsWith(heldUp.end)) return 0;
    this.#heldUp.delete(from);
    this.#simulation.fault('write held up on its way');
    return heldUp.forMs;
  }

  isLost(): boolean {
    return this.#simulation.strikes('message lost', this.weather.lost);
  }

  fetch(from: Process, url: string, init: RequestInit): Promise<SimulatedResponse> {
    const simulation = this.#simulation;
    const request = new SimulatedRequest(
      url,
      init as ConstructorParameters<typeof SimulatedRequest>[1],
    );
    return new Promise((resolve, reject) => {
      const { signal } = init;
      signal?.addEventListener('abort', () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      });
      const fails = () => {
        simulation.after(this.delayMs(), from, () => reject(new TypeError('fetch failed')));
      };
      const sends = async () => {
        const host = this.hosts.get(new URL(url).host)?.(request);
        if (host === undefined) return fails();
        const { process } = host;
        // A connection that is cut says nothing: the caller waits until it gives up.
        if (this.isCut(from.zone, process.zone) || this.isLost()) return;
        let outcome = await process.serve(() => host.handle());
        // A proxy that missed the answer sends the request again, and answers what comes of that.
        if (simulation.strikes('message duplicated', this.weather.duplicated)) {
          await outside.sleep(this.delayMs() + simulation.random.between(0, 3000));
          const again = this.hosts.get(new URL(url).host)?.(request);
          if (again === undefined) return fails();
          outcome = await again.process.serve(() => again.handle());
        }
        if (this.isCut(from.zone, process.zone) || this.isLost()) return;
        if (outcome === 'gone' || 'error' in outcome) return fails();
        const { value } = outcome;
        simulation.after(this.delayMs(), from, () => resolve(value));
      };
      const { outside } = simulation;
      const onItsWayMs = () => this.delayMs() + this.#heldUpMs(from, request);
      void from.gate().then(() => simulation.after(onItsWayMs(), outside, () => void sends()));
    });
  }
}
