import { within } from './within.ts';

/** How long a request may wait for what memory does not hold. */
const PATIENCE_MS = 4500;

/** @returns what was found for a value, to be added to the value of then; undefined where there is nothing to add. */
type Complete<T> = (value: T, cell: string) => Promise<(current: T) => T> | undefined;

/**
 * A value from afar, kept in isolate memory. The warm path answers from memory and refreshes behind the
 * answer. Only a cold isolate waits, or the first request after six refreshes' time without any: an isolate
 * that slept through a rollback must not serve what it dreamt of.
 */
export class Kept<T extends { readonly problem?: string }> {
  #value: T | undefined;
  #confirmedAtMs: number | undefined;
  #startedAtMs = 0;
  #loading: Promise<void> | undefined;
  /** Of the first request: an isolate stays in one place, whatever continents its visitors are on. */
  #cell: string | undefined;
  readonly #load: (previous: T | undefined, cell: string) => Promise<T>;
  readonly #complete: Complete<T> | undefined;
  readonly #refreshMs: number;

  /**
   * @param load never rejects: what failed is the value's `problem`. @param complete nor does this; it adds what no
   * ranking waits for.
   */
  constructor(
    load: (previous: T | undefined, cell: string) => Promise<T>,
    { refreshMs }: { refreshMs: number },
    complete?: Complete<T>,
  ) {
    this.#load = load;
    this.#complete = complete;
    this.#refreshMs = refreshMs;
  }

  async get(ctx: ExecutionContext, cell: string, nowMs: number): Promise<T> {
    if (this.#value === undefined) return this.#first(ctx, cell, nowMs);
    const sinceMs = nowMs - this.#startedAtMs;
    if (sinceMs >= this.#refreshMs) {
      const refreshed = this.#refresh(ctx, cell, nowMs);
      if (sinceMs > 6 * this.#refreshMs) await within(PATIENCE_MS, refreshed);
    }
    return this.#value;
  }

  /** Milliseconds since this was last confirmed to be what is live; null when it never was. */
  ageMs(nowMs: number): number | null {
    return this.#confirmedAtMs === undefined ? null : Math.max(0, nowMs - this.#confirmedAtMs);
  }

  async #first(ctx: ExecutionContext, cell: string, nowMs: number): Promise<T> {
    // The request that loads may be cancelled, and its promise with it: whoever waits on it waits in vain.
    if (this.#loading !== undefined) await within(PATIENCE_MS, this.#loading);
    if (this.#value !== undefined) return this.#value;
    await this.#refresh(ctx, cell, nowMs);
    return this.#value!;
  }

  /** @returns once there is a value; it is completed behind the answer. */
  #refresh(ctx: ExecutionContext, cell: string, nowMs: number): Promise<void> {
    this.#startedAtMs = nowMs;
    const own = (this.#cell ??= cell);
    const loaded = this.#replace(own, nowMs);
    const loading = loaded.then(() => undefined);
    this.#loading = loading;
    ctx.waitUntil(this.#add(loaded, own));
    return loading;
  }

  async #add(loaded: Promise<T | undefined>, cell: string): Promise<void> {
    const value = await loaded;
    const added = value && (await this.#complete?.(value, cell));
    if (added !== undefined) this.#value = added(this.#value!);
  }

  /** @returns the value, unless a later one was found meanwhile. */
  async #replace(cell: string, nowMs: number): Promise<T | undefined> {
    const value = await this.#load(this.#value, cell);
    // A slow load must not undo what a later one found.
    if (this.#startedAtMs !== nowMs && this.#value !== undefined) return undefined;
    this.#value = value;
    this.#loading = undefined;
    if (value.problem === undefined) this.#confirmedAtMs = nowMs;
    return value;
  }
}
