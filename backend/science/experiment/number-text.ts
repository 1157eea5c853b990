import type { OpenInterval } from '../statistics/relative-interval.ts';

/** Numbers as text, for the sentences and tables of a report. */

export const percentText = (share: number): string => `${numberText(share * 100)} %`;

export const signedNumber = (value: number): string =>
  `${value > 0 ? '+' : ''}${numberText(value)}`;

export const intervalText = (low: number, high: number): string =>
  `${signedNumber(low)} to ${signedNumber(high)}`;

export const signedPercent = (share: number): string => `${signedNumber(share * 100)} %`;

/** An interval of shares, of which an end may be unknown. */
export function openIntervalText({ low, high }: OpenInterval): string {
  if (low === null && high === null) return 'not bounded yet';
  if (low === null) return `${signedPercent(high!)} or less`;
  if (high === null) return `${signedPercent(low)} or more`;
  return `${signedPercent(low)} to ${signedPercent(high)}`;
}

export const pValueText = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** Four significant digits, with an exponent only where the number is very large or small, and a typographic minus. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const text =
    size === 0 || (size >= 1e-4 && size < 1e6)
      ? String(Number(value.toPrecision(4)))
      : value.toExponential(2);
  return text.replace('-', '−');
}
