import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from './lease.ts';

const RENEW_MS = 10_000;
const RETRY_MS = 200;

/**
 * Runs a job while no other process runs one under the same lease: waits for its turn, however long the others take.
 * @param signal ends the waiting, with its reason.
 */
export async function inTurnWithOthers<T>(
  lease: Lease,
  job: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  while (!(await lease.renew())) {
    await sleep(RETRY_MS);
    signal?.throwIfAborted();
  }
  const renewal = setInterval(() => void lease.extend().catch(() => undefined), RENEW_MS);
  try {
    return await job();
  } finally {
    clearInterval(renewal);
    await lease.release();
  }
}
