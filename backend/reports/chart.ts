import { escapeHtml } from './html.ts';

export const WIDTH = 860;

/** A share as axes show it: as few digits as make all ticks different. */
export function shareLabels(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0.01;
  const digits = Math.max(0, Math.min(4, -Math.floor(Math.log10(step * 100) + 1e-9)));
  return ticks.map((tick) => `${(100 * tick).toFixed(digits)} %`);
}

/** @param label says what the chart shows, for screen readers. */
export const chart = (height: number, label: string, parts: readonly string[]): string =>
  `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`;

export const line = (name: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${name}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;

export const label = (
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  name = '',
): string =>
  `<text${name === '' ? '' : ` class="${name}"`} x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;

export const px = (value: number): string => value.toFixed(1);

/** Colours go by the place of a version in the report, so that it has the same colour in every chart. */
export const MOST_COLOURS = 6;
export const colourOf = (place: number): string => (place < MOST_COLOURS ? `c${place}` : 'other');

/** The days of a month that an axis names. */
export const labelledDates = (days: number): number[] => [
  1,
  ...Array.from({ length: Math.floor(days / 5) }, (_, i) => 5 * (i + 1)),
];

/** All of the shares, and a margin on both sides. @param margin in parts of what lies between the least and the most. */
export function rangeOfShares(shares: readonly number[], margin: number): [number, number] {
  const [low, high] = [Math.min(...shares), Math.max(...shares)];
  const room = Math.max((high - low) * margin, 1e-4);
  return [Math.max(0, low - room), Math.min(1, high + room)];
}
