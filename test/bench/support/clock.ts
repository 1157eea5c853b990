/**
 * Median time of one call in µs: rounds of a fixed number of calls, after as many to warm up. The median of
 * rounds is steady on a machine that others use too.
 */
export function medianUs(calls: number, call: (i: number) => unknown, rounds = 15): number {
  for (let i = 0; i < calls; i++) call(i);
  const times = Array.from({ length: rounds }, () => {
    const startedMs = performance.now();
    for (let i = 0; i < calls; i++) call(i);
    return ((performance.now() - startedMs) * 1000) / calls;
  });
  return times.toSorted((a, b) => a - b)[rounds >> 1]!;
}
