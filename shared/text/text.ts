import { DAY_MS } from '../domain/utc-day.ts';

/** Columns padded to their widest cell, two spaces apart; numbers lean right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map((cell) => shown(cell)));
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i].length)));
  const leansRight = head.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (leansRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(head), ...cells.map(line)].join('\n');
}

export type Cell = string | number | null | undefined;

const shown = (cell: Cell): string => {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'number' ? count(cell) : cell;
};

/** `name  value`, one per line. */
export function facts(entries: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n');
}

/** `1 item`, `10,000 items`. */
export const counted = (n: number, one: string): string =>
  `${count(n)} ${n === 1 ? one : `${one}s`}`;

export const count = (n: number): string => n.toLocaleString('en');

export interface PercentFormat {
  /** Exactly so many decimals; default two at most. */
  readonly digits?: number;
  /** With a `+` where it is above 0. */
  readonly signed?: boolean;
}

/** `12.5 %`. @param share 1 is 100 %. */
export function percent(share: number, { digits, signed = false }: PercentFormat = {}): string {
  const fixed = (100 * share).toFixed(digits ?? 2);
  return `${signed && share > 0 ? '+' : ''}${digits === undefined ? Number(fixed) : fixed} %`;
}

/** Rounded down, so that a share under its limit never reads as the limit, and 100 % means all. */
export function percentAtMost(share: number): string {
  // In floating point 0.0003 · 10,000 is a little less than 3: that much is not rounded down.
  const hundredths = Number((share * 10_000).toFixed(9));
  return `${Math.floor(hundredths) / 100} %`;
}

/** `2026-11-22 03:06:23 UTC`. */
export const moment = (atMs: number | null | undefined): string =>
  typeof atMs === 'number'
    ? `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
    : '–';

/** `2026-11-22 03:06`, UTC. */
export const minuteOf = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');

/** `3 min`, `2 h`, `5 d`: how long a duration is, roughly. */
export function duration(ms: number): string {
  const [minute, hour] = [60_000, 3_600_000];
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < minute) return `${Math.round(ms / 1000)} s`;
  if (ms < hour) return `${Math.round(ms / minute)} min`;
  return ms < 2 * DAY_MS ? `${Math.round(ms / hour)} h` : `${Math.round(ms / DAY_MS)} d`;
}

/** What is longer than `most` characters ends in `…`. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;
