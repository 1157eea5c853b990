/** Numbers as the report's sentences and tables show them. */

export const percent = (share: number): string => `${plain(share * 100)} %`;

export const signed = (value: number): string => `${value > 0 ? '+' : ''}${plain(value)}`;

export const spanned = (low: number, high: number): string => `${signed(low)} to ${signed(high)}`;

export const pShown = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** Four significant digits, without an exponent where there need be none; a minus that prints well. */
export function plain(value: number): string {
  const size = Math.abs(value);
  const text =
    size === 0 || (size >= 1e-4 && size < 1e6)
      ? String(Number(value.toPrecision(4)))
      : value.toExponential(2);
  return text.replace('-', '−');
}
