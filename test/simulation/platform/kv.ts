import type { Process } from '../kernel/process.ts';
import { currentProcess } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';

interface Written {
  readonly atMs: number;
  /** null: deleted, or never written. */
  readonly value: Uint8Array | null;
  readonly metadata: unknown;
}

interface Cached {
  readonly atMs: number;
  readonly untilMs: number;
  readonly written: Written;
}

const NOTHING: Written = { atMs: Number.NEGATIVE_INFINITY, value: null, metadata: null };
/** Cloudflare: changes may take up to 60 seconds to be seen elsewhere. What a location cached for 30 s may have been as old as that. */
export const KV_STALE_MS = 60_000;
const LEAST_CACHE_S = 30;
const DEFAULT_CACHE_S = 60;
/** Cloudflare: one write per second to the same key. */
const WRITE_EVERY_MS = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One namespace of Workers KV as its documentation describes it. Each location caches what it read, also that a key is absent, for as long as the
 * read asks (30 s or more). What is not cached comes from a place that may not have the newest writes yet; a write is seen everywhere 60 s
 * after it was made. Nothing promises that a reader never sees an older value after a newer one.
 */
export class KvStore {
  /** Told of each write to the central store. */
  onWrite: ((key: string, value: Uint8Array | null) => void) | undefined;
  isDown = false;
  isSlow = false;
  readonly #simulation: Simulation;
  readonly #history = new Map<string, Written[]>();
  readonly #caches = new Map<string, Map<string, Cached>>();
  readonly #name: string;

  constructor(simulation: Simulation, name: string) {
    this.#simulation = simulation;
    this.#name = name;
  }

  /** The binding of one location. */
  at(location: string) {
    const cache = this.#caches.get(location) ?? new Map<string, Cached>();
    this.#caches.set(location, cache);
    const read = async (key: string, cacheTtl = DEFAULT_CACHE_S) => {
      await this.#answers('KV read');
      return this.#seenAt(cache, key, Math.max(LEAST_CACHE_S, cacheTtl));
    };
    return {
      get: async (key: string, { type, cacheTtl }: { type?: string; cacheTtl?: number } = {}) => {
        const { value } = await read(key, cacheTtl);
        if (value === null) return null;
        return type === 'arrayBuffer' ? value.slice().buffer : decoder.decode(value);
      },
      getWithMetadata: async (key: string, { cacheTtl }: { cacheTtl?: number } = {}) => {
        const { value, metadata } = await read(key, cacheTtl);
        return { value, metadata };
      },
      put: async (
        key: string,
        given: string | Uint8Array,
        { metadata = null }: { metadata?: unknown } = {},
      ) => {
        await this.#answers('KV write');
        const value = typeof given === 'string' ? encoder.encode(given) : given.slice();
        this.#write(cache, key, value, metadata);
        await this.#process().sleep(this.#simulation.random.between(1, 20));
      },
      delete: async (key: string) => {
        await this.#answers('KV write');
        this.#write(cache, key, null, null);
      },
    };
  }

  /** What the central store has. */
  newest(key: string): Uint8Array | null {
    return (this.#history.get(key)?.at(-1) ?? NOTHING).value;
  }

  /** Loses a key everywhere, at once. */
  lose(key: string): void {
    this.#history.delete(key);
    for (const cache of this.#caches.values()) cache.delete(key);
    this.onWrite?.(key, null);
  }

  #write(
    cache: Map<string, Cached>,
    key: string,
    value: Uint8Array | null,
    metadata: unknown,
  ): void {
    const { nowMs } = this.#simulation;
    const history = this.#history.get(key) ?? [];
    const last = history.at(-1);
    if (last !== undefined && nowMs - last.atMs < WRITE_EVERY_MS)
      throw new Error(`KV PUT failed: 429 Too Many Requests`);
    // What everybody has seen by now needs no history.
    const settled = history.findLastIndex(({ atMs }) => atMs < nowMs - 2 * KV_STALE_MS);
    const written = { atMs: nowMs, value, metadata };
    this.#history.set(key, [...history.slice(Math.max(0, settled)), written]);
    // The location that wrote mostly sees its own write at once.
    if (this.#simulation.random.chance(0.8)) cache.delete(key);
    this.onWrite?.(key, value);
  }

  #seenAt(cache: Map<string, Cached>, key: string, cacheTtlS: number): Written {
    const { nowMs, random } = this.#simulation;
    const known = cache.get(key);
    // Who asks for what is at most so old gets that, for however long somebody else had it cached.
    if (known !== undefined && Math.min(known.untilMs, known.atMs + cacheTtlS * 1000) > nowMs)
      return known.written;
    const history = this.#history.get(key) ?? [];
    // Together with the time in the cache never more than what is documented; parts that never change are cached for longer.
    const lagMs = random.chance(0.5) ? 0 : random.between(0, KV_STALE_MS - LEAST_CACHE_S * 1000);
    const written = history.findLast(({ atMs }) => atMs <= nowMs - lagMs) ?? NOTHING;
    if (written !== (history.at(-1) ?? NOTHING))
      this.#simulation.fault(`stale read of ${this.#name}`);
    cache.set(key, { atMs: nowMs, untilMs: nowMs + cacheTtlS * 1000, written });
    return written;
  }

  async #answers(operation: string): Promise<void> {
    const { random } = this.#simulation;
    this.#simulation.count(operation);
    if (this.isSlow) await this.#process().sleep(random.between(500, 6000));
    await this.#process().sleep(random.between(1, 10));
    if (!this.isDown) return;
    this.#simulation.fault('KV call failed');
    // Some calls fail, and some hang.
    if (random.chance(0.3)) await this.#process().sleep(30_000);
    throw new Error('KV is unavailable');
  }

  #process(): Process {
    return currentProcess()!;
  }
}
