/** Settles as `work` does, or resolves to undefined after `limitMs`. The work itself is not cancelled. */
export function waitAtMost<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer ?? null));
}

const SOURCE_TIMEOUT_MS = 2000;

/**
 * Limits how long one source of weights (LiveWeights, KV) may take, so that the next source is tried in time.
 * @throws Error when the source does not answer within two seconds.
 */
export async function withSourceTimeout<T>(work: Promise<T>): Promise<T> {
  const found = await waitAtMost(SOURCE_TIMEOUT_MS, work);
  if (found === undefined) throw new Error(`no answer within ${SOURCE_TIMEOUT_MS} ms`);
  return found;
}
