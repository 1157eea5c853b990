/**
 * Mean over some cases of the fastest of many rounds, in µs. The fastest round is the one that other work on the
 * machine disturbed least, so the figure is steady where a mean or median of all rounds is not.
 */
export function fastestUs(cases: number, call: (i: number) => unknown, rounds: number): number {
  const fastestMs = Array.from({ length: cases }, () => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < cases; i++) {
      const startedMs = performance.now();
      call(i);
      fastestMs[i] = Math.min(fastestMs[i], performance.now() - startedMs);
    }
  }
  return (fastestMs.reduce((sum, ms) => sum + ms, 0) / cases) * 1000;
}
