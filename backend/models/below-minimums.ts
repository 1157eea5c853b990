/**
 * What the training data of a version lacked of the recommended minimums, from its lineage: empty where nothing, or where
 * it was not learned from the log (rules, weights given by hand); null where it is unknown, as of versions from before it
 * was stored.
 */
export function belowMinimumsOf(
  lineage: Readonly<Record<string, unknown>>,
): readonly string[] | null {
  const { belowMinimums } = lineage;
  if (Array.isArray(belowMinimums)) return belowMinimums as string[];
  return 'rules' in lineage || 'givenBy' in lineage ? [] : null;
}

/** For people; undefined where the data were enough. */
export function belowMinimumsText(missing: readonly string[] | null): string | undefined {
  if (missing === null) return 'whether its training data were enough is unknown';
  return missing.length === 0
    ? undefined
    : `trained below the recommended minimums: ${missing.join(', ')}`;
}
