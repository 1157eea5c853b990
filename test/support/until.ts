import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;
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
  const deadlineMs = performance.now() + PATIENCE_MS;
  let problem: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    await sleep(PAUSE_MS);
  } while (performance.now() < deadlineMs);
  throw new Error(`within ${PATIENCE_MS / 1000} s this did not come true: ${what}`, {
    cause: problem,
  });
}
