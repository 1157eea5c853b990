const MOST_KEPT = 20;

/**
 * Everybody who asks for the same within `freshMs` shares one reading of the log. One that failed is not kept.
 * @returns a function that takes what is asked for as a key, and how it is read.
 */
export function sharedReadings(nowMs: () => number, freshMs: number) {
  const kept = new Map<string, { readonly at: number; readonly reading: Promise<unknown> }>();
  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const found = kept.get(key);
    const at = nowMs();
    if (found !== undefined && Math.abs(at - found.at) < freshMs)
      return found.reading as Promise<T>;
    kept.delete(key);
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
    const reading = read();
    kept.set(key, { at, reading });
    reading.catch(() => {
      // One that takes longer than it would be kept has a successor by now.
      if (kept.get(key)?.reading === reading) kept.delete(key);
    });
    return reading;
  };
}
