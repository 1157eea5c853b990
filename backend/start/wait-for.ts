import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../client/failure.ts';
import { messageOf } from '../../shared/text/message-of.ts';

const POLL_MS = 100;

/**
 * Repeats the attempt until it does not throw. @returns its result.
 * @throws CliError naming what was not ready in time and why; the signal's reason when that aborts.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
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
