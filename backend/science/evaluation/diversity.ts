import { STRIDE } from '../../../shared/score/scorer.ts';

/**
 * Intra-list diversity (Ziegler et al., WWW 2005): the mean over all pairs of items of the share of features in which
 * they differ, which is the Hamming distance of their bucket codes.
 * @param codes feature-major: `codes[feature * rows + row]`. @param list rows of the items shown.
 * @returns 0 (all equal) to 1; undefined with fewer than two items.
 */
export function intraListDiversity(
  codes: Uint8Array,
  rows: number,
  list: ArrayLike<number>,
): number | undefined {
  const items = list.length;
  if (items < 2 || rows === 0) return undefined;
  const features = codes.length / rows;
  const pairs = (items * (items - 1)) / 2;
  const seen = new Uint16Array(STRIDE);
  let equalPairs = 0;
  for (let feature = 0; feature < features; feature++) {
    // An item equals each earlier one that has the same bucket.
    for (let i = 0; i < items; i++) equalPairs += seen[codes[feature * rows + list[i]]]++;
    for (let i = 0; i < items; i++) seen[codes[feature * rows + list[i]]] = 0;
  }
  return 1 - equalPairs / (pairs * features);
}

/** Share of the catalogue that was shown at least once; undefined without a catalogue. */
export function coverage(shown: Iterable<number>, catalogueSize: number): number | undefined {
  return catalogueSize > 0 ? new Set(shown).size / catalogueSize : undefined;
}
