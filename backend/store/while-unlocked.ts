import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than a migration of a large log takes. */
const PATIENCE_MS = 600_000;
const PAUSE_MS = 50;

/**
 * Tries again for as long as another process has the database locked. The driver waits for a lock only where SQLite
 * lets it: not where two connections would wait for each other, and not when the journal mode changes.
 * @throws what the attempt throws, when that is something else or the lock lasts for ten minutes.
 */
export async function whileUnlocked<T>(attempt: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLocked(error) || performance.now() - beganMs > PATIENCE_MS) throw error;
    }
    await sleep(PAUSE_MS * (1 + Math.random()));
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && /^SQLITE_(BUSY|LOCKED)/.test(String(error.code))) || isLocked(error.cause));
