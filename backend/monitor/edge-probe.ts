import { reasonOf } from '../process/logger.ts';

export interface Probe {
  /** Epoch ms. */
  readonly at: number;
  /** Round trip, or until it failed, ms. */
  readonly tookMs: number;
  /** Why it failed; absent where it was answered. */
  readonly problem?: string;
  /** What the isolate that answered serves. */
  readonly weights?: string;
  readonly degraded?: boolean;
  readonly cache?: CacheCounts;
}

/** Of the isolate that answered, since it began: rankings of the catalogue, by whether their best rows were those of an earlier request. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

export interface EdgeProbe {
  /** Oldest first. */
  readonly probes: () => readonly Probe[];
  stop(): Promise<void>;
}

export interface EdgeProbeDeps {
  readonly edgeUrl: string;
  readonly secretKey: string;
  /** 0: never. */
  readonly everyMs: number;
  readonly nowMs: () => number;
}

const TIMEOUT_MS = 5000;
/** An hour, at the default pace. */
const KEPT = 240;

/**
 * Asks the edge again and again what it serves, as one who stands where this backend stands. It ranks nothing: a ranking would be
 * logged, and learned from. What it found is kept in memory, and gone when this backend ends.
 */
export function startEdgeProbe({ edgeUrl, secretKey, everyMs, nowMs }: EdgeProbeDeps): EdgeProbe {
  const found: Probe[] = [];
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const once = async () => {
    const [at, beganMs] = [nowMs(), performance.now()];
    const seen = await askOnce(`${edgeUrl}/v1/version`, secretKey, ending.signal);
    if (ending.signal.aborted) return;
    found.push({ at, tookMs: performance.now() - beganMs, ...seen });
    if (found.length > KEPT) found.shift();
    goOn();
  };
  const goOn = () => {
    timer = setTimeout(() => void (running = once()), everyMs).unref();
  };
  if (everyMs > 0) goOn();
  return {
    probes: () => found,
    async stop() {
      clearTimeout(timer);
      ending.abort();
      await running;
    },
  };
}

async function askOnce(
  url: string,
  secretKey: string,
  ending: AbortSignal,
): Promise<Pick<Probe, 'problem' | 'weights' | 'degraded' | 'cache'>> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${secretKey}` },
      signal: AbortSignal.any([ending, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await response.text();
    if (!response.ok) return { problem: `it answered ${response.status}` };
    const { weights, degraded, pools } = JSON.parse(text) as Record<string, unknown>;
    const cache = cacheCounts(pools);
    return {
      ...(typeof weights === 'string' && { weights }),
      ...(typeof degraded === 'boolean' && { degraded }),
      ...(cache && { cache }),
    };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** What is never kept, such as where a visitor's history counts, is a miss. Undefined where the edge does not say. */
function cacheCounts(pools: unknown): CacheCounts | undefined {
  const { hits, misses, unkept } = (pools ?? {}) as Record<string, unknown>;
  return typeof hits === 'number' && typeof misses === 'number' && typeof unkept === 'number'
    ? { hits, misses: misses + unkept }
    : undefined;
}
