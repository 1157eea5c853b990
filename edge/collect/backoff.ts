const FIRST_MS = 1000;
export const LONGEST_BACKOFF_MS = 60_000;

/**
 * Exponential backoff with jitter: the wait doubles with each failure up to a cap, and its upper half is random, so
 * that the shards do not all retry at the same time.
 * @param attempts how many attempts failed before this one.
 * @param random a number in [0, 1).
 */
export function backoffMs(attempts: number, random: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_MS * 2 ** attempts);
  return Math.round(longest / 2 + (longest / 2) * random);
}
