export const whole = (n: unknown): string =>
  typeof n === 'number' ? Math.round(n).toLocaleString('en') : '–';

export const percent = (share: unknown, digits = 1): string =>
  typeof share === 'number' ? `${(share * 100).toFixed(digits)} %` : '–';

export const signedPercent = (share: number, digits = 1): string =>
  `${share > 0 ? '+' : ''}${percent(share, digits)}`;

/** An interval of shares, of which an end may be unknown; a dash where nothing was counted. */
export function percentInterval({
  low,
  high,
}: {
  readonly low?: number | null;
  readonly high?: number | null;
}): string {
  if (low === undefined || high === undefined) return '–';
  if (low === null && high === null) return 'not bounded yet';
  if (low === null) return `${percent(high)} or less`;
  if (high === null) return `${percent(low)} or more`;
  return `${percent(low)} to ${percent(high)}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** `3 min`: rounded in the largest unit that fits. */
export function duration(ms: number): string {
  const [unit, sizeMs] = UNITS.find(([, size]) => ms >= size) ?? ['ms', 1];
  return `${Math.round(ms / sizeMs)} ${unit}`;
}

export const ago = (atMs: number, nowMs: number): string =>
  nowMs - atMs < 5000 ? 'just now' : `${duration(nowMs - atMs)} ago`;

/** Three significant figures: 0.0123, 1.23, 123. */
export const figure = (x: number): string =>
  Math.abs(x) >= 1000 ? whole(x) : String(Number(x.toPrecision(3)));

/** Points with their sign: +12, −3.5. */
export const points = (x: number): string =>
  `${x > 0 ? '+' : x < 0 ? '−' : ''}${Number(Math.abs(x).toFixed(2))}`;

export const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;

/** Ids and hashes by their first eight digits, which identify them well enough. */
export const short = (text: string): string =>
  text
    .replace(/^run run_/, 'run ')
    .replaceAll(/\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '$1')
    .replaceAll(/\b([0-9a-f]{8})[0-9a-f]{8,56}\b/g, '$1');

export const isoMinute = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');

export const trainingDataNote = (missing: readonly string[] | null): string =>
  missing === null
    ? 'Whether its training data were enough is unknown.'
    : `Trained below the recommended minimums: ${missing.join(', ')}.`;
