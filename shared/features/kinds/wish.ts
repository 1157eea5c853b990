/** The texts a wish names: one, several, or none where it is of another form. */
export function wishedTexts(wish: unknown): ReadonlySet<string> {
  const texts = typeof wish === 'string' ? [wish] : Array.isArray(wish) ? (wish as string[]) : [];
  return new Set(texts.filter((text) => text !== ''));
}

/** A number, or a text that reads as one; anything else (an empty text, a list) is NaN. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN;
}
