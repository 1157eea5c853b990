import { waitAtMost } from './timeout.ts';

/** How long a request may wait for a value that is not in memory. */
const MAX_WAIT_MS = 4500;

/** How often a value is loaded while there is nothing yet to answer with: who waits for the first one looks again soon. */
const AWAITED_REFRESH_MS = 500;

/**
 * A second, slower load of parts that no ranking waits for.
 * @returns a patch, to be applied to whatever the value is by then; undefined if there is nothing to load.
 */
type LoadSlowParts<T> = (value: T, cell: string) => Promise<(current: T) => T> | undefined;

/**
 * One value in the isolate's memory, refreshed in the background (stale-while-revalidate). A request is answered from
 * memory at once, and a refresh, if due, goes on after its response. Two kinds of request do wait: the first of an
 * isolate, and one that comes when the last refresh started more than six refresh intervals ago, because an idle
 * isolate may have missed a rollback. So do others while that refresh goes on, unless the value says already that it could not be refreshed.
 */
export class RefreshingCache<T extends { readonly problem?: string }> {
  #value: T | undefined;
  #confirmedAtMs: number | undefined;
  #startedAtMs = 0;
  #loading: Promise<void> | undefined;
  /** The cell of the first request. An isolate does not move, even if later requests come from other continents. */
  #cell: string | undefined;
  readonly #load: (previous: T | undefined, cell: string) => Promise<T>;
  readonly #loadSlowParts: LoadSlowParts<T> | undefined;
  readonly #refreshMs: number;
  readonly #isAwaited: (value: T) => boolean;

  /**
   * @param load never rejects; a failure is reported as the value's `problem`.
   * @param isAwaited whether a value only says that the first one is still to come.
   * @param loadSlowParts never rejects either; it runs after each load.
   */
  constructor(
    load: (previous: T | undefined, cell: string) => Promise<T>,
    {
      refreshMs,
      isAwaited = () => false,
    }: { refreshMs: number; isAwaited?: (value: T) => boolean },
    loadSlowParts?: LoadSlowParts<T>,
  ) {
    this.#load = load;
    this.#loadSlowParts = loadSlowParts;
    this.#refreshMs = refreshMs;
    this.#isAwaited = isAwaited;
  }

  /** @param cell is called once, because reading where a request arrived parses all that is said of it. */
  async get(ctx: ExecutionContext, cell: () => string, nowMs: number): Promise<T> {
    if (this.#value === undefined) return this.#first(ctx, cell, nowMs);
    // A clock that is put back must not keep the value until it has caught up.
    const sinceMs = Math.abs(nowMs - this.#startedAtMs);
    const refreshMs = this.#isAwaited(this.#value)
      ? Math.min(AWAITED_REFRESH_MS, this.#refreshMs)
      : this.#refreshMs;
    const mostMs = 6 * this.#refreshMs;
    if (sinceMs >= refreshMs) {
      const refreshed = this.#refresh(ctx, cell, nowMs);
      if (sinceMs > mostMs) await waitAtMost(MAX_WAIT_MS, refreshed);
    } else if (
      this.#loading !== undefined &&
      this.#value.problem === undefined &&
      (this.ageMs(nowMs) ?? 0) > mostMs
    )
      await waitAtMost(MAX_WAIT_MS, this.#loading);
    return this.#value;
  }

  /** Milliseconds since a load last succeeded; null if none has. */
  ageMs(nowMs: number): number | null {
    return this.#confirmedAtMs === undefined ? null : Math.max(0, nowMs - this.#confirmedAtMs);
  }

  async #first(ctx: ExecutionContext, cell: () => string, nowMs: number): Promise<T> {
    // If the request that loads is cancelled, its promise never settles, so others wait for a limited time only.
    if (this.#loading !== undefined) await waitAtMost(MAX_WAIT_MS, this.#loading);
    if (this.#value !== undefined) return this.#value;
    await this.#refresh(ctx, cell, nowMs);
    return this.#value!;
  }

  /** Resolves when the value is loaded. The slow parts are loaded after the response. */
  #refresh(ctx: ExecutionContext, cell: () => string, nowMs: number): Promise<void> {
    this.#startedAtMs = nowMs;
    const own = (this.#cell ??= cell());
    const loaded = this.#replace(own, nowMs);
    const loading = loaded.then(() => undefined);
    this.#loading = loading;
    ctx.waitUntil(this.#patch(loaded, own));
    return loading;
  }

  async #patch(loaded: Promise<T | undefined>, cell: string): Promise<void> {
    const value = await loaded;
    const patch = value && (await this.#loadSlowParts?.(value, cell));
    if (patch !== undefined) this.#value = patch(this.#value!);
  }

  /** @returns the loaded value; undefined if a load that started later has replaced it. */
  async #replace(cell: string, nowMs: number): Promise<T | undefined> {
    const value = await this.#load(this.#value, cell);
    // A slow load must not overwrite the result of a later one.
    if (this.#startedAtMs !== nowMs && this.#value !== undefined) return undefined;
    this.#value = value;
    this.#loading = undefined;
    if (value.problem === undefined) this.#confirmedAtMs = nowMs;
    return value;
  }
}
