import { numberFromText } from '../../domain/number-text.ts';

/** The texts that a preference lists: one, several, or none if it is not of that form. */
export function preferredTexts(preference: unknown): ReadonlySet<string> {
  const texts =
    typeof preference === 'string'
      ? [preference]
      : Array.isArray(preference)
        ? (preference as string[])
        : [];
  return new Set(texts.filter((text) => text !== ''));
}

/** The value as a number, also from a text that is one; anything else (an empty text, a list) gives NaN. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'string' ? numberFromText(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN;
}
