import { setTimeout as sleep } from 'node:timers/promises';

/** A step of the story that did not happen. */
export class Missed extends Error {
  override readonly name = 'Missed';
}

const PAUSE_MS = 200;

/**
 * Looks again and again until there is something to see.
 * @param look gives undefined while there is not. @param instead says what there was at last.
 * @throws Missed when it does not come in time; the signal's reason when that aborts.
 */
export async function within<T>(
  limitMs: number,
  what: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined> | T | undefined,
  instead: () => string = () => '',
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) {
      const last = instead();
      throw new Missed(
        `within ${Math.round(limitMs / 1000)} s this did not happen: ${what}${last && ` (${last})`}`,
      );
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
