import { RefreshingCache } from '../platform/refreshing-cache.ts';
import { waitAtMost } from '../platform/timeout.ts';
import type { CachedWeights } from './cached-weights.ts';

/** How long a ranking waits in all for what is live. */
const MAX_WAIT_MS = 4500;

type Given = ConstructorParameters<typeof RefreshingCache<CachedWeights>>;

/**
 * Weights that no ranking gets as confirmed once they were confirmed more than six refresh intervals ago. While an isolate that was idle
 * reads what is live, others than the ranking that began the reading wait for it as well: a rollback may have been made since.
 */
export class FollowedWeights extends RefreshingCache<CachedWeights> {
  #reading: Promise<CachedWeights> | undefined;
  readonly #mostMs: number;

  constructor(load: Given[0], settings: Given[1], loadSlowParts: Given[2]) {
    super(
      (previous, cell) => {
        const reading = load(previous, cell);
        this.#reading = reading;
        return reading;
      },
      settings,
      loadSlowParts,
    );
    this.#mostMs = 6 * settings.refreshMs;
  }

  override async get(
    ctx: ExecutionContext,
    cell: () => string,
    nowMs: number,
  ): Promise<CachedWeights> {
    const wasOld = (this.ageMs(nowMs) ?? 0) > this.#mostMs;
    const value = await super.get(ctx, cell, nowMs);
    if (!wasOld || value.problem !== undefined || this.#reading === undefined) return value;
    const read = await waitAtMost(Math.max(0, nowMs + MAX_WAIT_MS - Date.now()), this.#reading);
    return read ?? { ...value, problem: `what is live was not read within ${MAX_WAIT_MS} ms` };
  }
}
