/** Below U+0300 nothing combines: such text is in normal form already, and is most of all text. */
const MAY_COMBINE = /[\u0300-\uffff]/;

/**
 * The text in Unicode normal form C (UAX #15), so that texts which are canonically equal (`ñ` as one character or as `n` with
 * a tilde) are equal, and match. To be applied where texts enter.
 */
export const nfc = (text: string): string =>
  MAY_COMBINE.test(text) ? text.normalize('NFC') : text;

/** The same for every text in a JSON value, names included; the value itself is not changed. */
export function nfcOf(value: unknown): unknown {
  if (typeof value === 'string') return nfc(value);
  if (Array.isArray(value)) return value.map(nfcOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [nfc(name), nfcOf(one)]));
}

/** The list itself where nothing of it changes. */
export const nfcList = (texts: readonly string[]): readonly string[] =>
  texts.some((text) => MAY_COMBINE.test(text)) ? texts.map(nfc) : texts;
