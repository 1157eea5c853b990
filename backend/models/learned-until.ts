/**
 * Epoch ms of the end of the data that a version learned from; 0 for one that learned from none.
 * @param lineage of the version.
 */
export function learnedUntil(lineage: Readonly<Record<string, unknown>>): number {
  const { window, trainedUntil = 0 } = lineage as {
    readonly window?: { readonly to?: number };
    /** Of a version that was trained elsewhere, as whoever imported it says. */
    readonly trainedUntil?: number;
  };
  return window?.to ?? trainedUntil;
}
