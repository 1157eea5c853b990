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
 * Limits how long one source (a Durable Object, KV) may take, so that the next source is tried in time.
 * @param work never resolves to undefined.
 * @throws Error when the source does not answer within `limitMs`, two seconds unless given.
 */
export async function withSourceTimeout<T>(
  work: Promise<T>,
  limitMs = SOURCE_TIMEOUT_MS,
): Promise<T> {
  const found = await waitAtMost(limitMs, work);
  if (found === undefined) throw new Error(`no answer within ${limitMs} ms`);
  return found;
}
