/** Counts by kind. */
export type Tally = ReadonlyMap<string, number>;

export const sumOf = (tally: Tally): number =>
  tally.values().reduce((sum, count) => sum + count, 0);

export function addTo(sums: Map<string, number>, tally: Tally): void {
  for (const [kind, count] of tally) sums.set(kind, (sums.get(kind) ?? 0) + count);
}

/** A line for each kind, the most frequent first. */
export const listed = (tally: Tally): string =>
  [...tally]
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${String(count).padStart(10)}  ${kind}`)
    .join('\n');
