import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;
/** Nothing here takes a tenth of it on a quiet machine. */
const PATIENCE_MS = 180_000;

/**
 * Looks again and again until there is something to see.
 * @param look gives undefined, null or false while there is not; what it throws counts as not yet.
 * @throws Error naming what did not come, and the last failure.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false>,
): Promise<T> {
  const beganMs = performance.now();
  let problem: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    await sleep(pauseMs(performance.now() - beganMs));
  } while (performance.now() - beganMs < PATIENCE_MS);
  throw new Error(`within ${PATIENCE_MS / 1000} s this did not come true: ${what}`, {
    cause: problem,
  });
}

/** Looking costs the servers time that they need for what is waited for: the longer that takes, the more seldom it is done. */
const pauseMs = (waitedMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, waitedMs / 10));
