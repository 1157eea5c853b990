/** @param {unknown} n */
export const whole = (n) => (typeof n === 'number' ? n.toLocaleString('en') : '–');

/** @param {unknown} share @param {number} [digits] */
export const percent = (share, digits = 1) =>
  typeof share === 'number' ? `${(share * 100).toFixed(digits)} %` : '–';

/**
 * An interval of shares, of which an end may be unknown.
 * @param {{ readonly low: number | null, readonly high: number | null }} interval
 */
export function percentInterval({ low, high }) {
  if (low === null && high === null) return 'not bounded yet';
  if (low === null) return `${percent(high)} or less`;
  if (high === null) return `${percent(low)} or more`;
  return `${percent(low)} to ${percent(high)}`;
}

/** @type {readonly (readonly [string, number])[]} */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** `3 min`: rounded in the largest unit that fits. @param {number} ms */
export function duration(ms) {
  const [unit, sizeMs] = UNITS.find(([, size]) => ms >= size) ?? ['ms', 1];
  return `${Math.round(ms / sizeMs)} ${unit}`;
}

/** @param {number} atMs @param {number} nowMs */
export const ago = (atMs, nowMs) =>
  nowMs - atMs < 5000 ? 'just now' : `${duration(nowMs - atMs)} ago`;

/** Three significant figures: 0.0123, 1.23, 123. @param {number} x */
export const figure = (x) =>
  Math.abs(x) >= 1000 ? whole(Math.round(x)) : String(Number(x.toPrecision(3)));

/** @param {string} text */
export const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** @param {readonly string[] | null} missing of the recommended minimums; null: unknown */
export const trainingDataNote = (missing) =>
  missing === null
    ? 'Whether its training data were enough is unknown.'
    : `Trained below the recommended minimums: ${missing.join(', ')}.`;
