/** Settles as `work` does, or resolves to undefined after `limitMs`. */
export function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer ?? null));
}
