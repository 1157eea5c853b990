const FIRST_MS = 1000;
const CAP_MS = 60_000;

/**
 * How long to wait after failure number `attempts + 1`: doubling, capped, with the upper half drawn at random
 * so that shards do not come back all at once.
 * @param random in [0, 1).
 */
export function backoffMs(attempts: number, random: number): number {
  const longest = Math.min(CAP_MS, FIRST_MS * 2 ** attempts);
  return Math.round(longest / 2 + (longest / 2) * random);
}
