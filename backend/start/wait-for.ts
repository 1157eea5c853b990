import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../client/failure.ts';
import { messageOf } from '../../shared/text/message-of.ts';

const POLL_MS = 100;

/**
 * Looks again and again until a look does not throw: what is waited for is starting.
 * @throws CliError naming what did not come and why; the signal's own reason when that aborts.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  look: () => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() > deadlineMs) {
        throw new CliError(
          `${what} was not ready within ${timeoutMs / 1000} s: ${messageOf(error)}`,
        );
      }
    }
    await sleep(POLL_MS);
  }
}
