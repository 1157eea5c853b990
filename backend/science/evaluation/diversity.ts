import { STRIDE } from '../../../shared/score/scorer.ts';

/**
 * Intra-list diversity: the share of features by which two items of the list differ, in the mean over all pairs
 * (Ziegler et al., WWW 2005, with the Hamming distance of bucket codes).
 * @param codes feature-major: `codes[feature * rows + row]`. @param list rows of the items shown.
 * @returns 0 (all alike) to 1; undefined for fewer than two items.
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
  let alike = 0;
  for (let feature = 0; feature < features; feature++) {
    // An item is alike to each earlier one in its bucket.
    for (let i = 0; i < items; i++) alike += seen[codes[feature * rows + list[i]]]++;
    for (let i = 0; i < items; i++) seen[codes[feature * rows + list[i]]] = 0;
  }
  return 1 - alike / (pairs * features);
}

/** Share of the catalogue that was shown at least once; undefined without a catalogue. */
export function coverage(shown: Iterable<number>, catalogueSize: number): number | undefined {
  return catalogueSize > 0 ? new Set(shown).size / catalogueSize : undefined;
}
