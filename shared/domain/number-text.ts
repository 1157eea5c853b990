const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The number that a text holds, in decimal notation with a point, exponents included. Not what `Number` reads besides:
 * hexadecimal, `Infinity`, an empty text.
 * @returns NaN where it is none, or too large for a double.
 */
export function numberFromText(text: string): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
