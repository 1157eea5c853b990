import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/** What a moment may be, in epoch ms: far from every number of seconds, microseconds or days that could be taken for one. */
export const FIRST_MOMENT = Date.UTC(1990, 0, 1);
/** Exclusive. */
export const END_OF_MOMENTS = Date.UTC(2100, 0, 1);

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const DIGITS = /^[+-]?\d+(?:\.\d+)?$/;
const WANTED = 'write 2027-05-06, 2027-05-06T10:00:00Z or 1809597600000';

/** Units that epoch time is often given in, as how many of them make a millisecond. */
const OTHER_UNITS = [
  ['seconds', 1 / 1000],
  ['microseconds', 1000],
  ['nanoseconds', 1_000_000],
] as const;

export const isMoment = (ms: number): boolean => ms >= FIRST_MOMENT && ms < END_OF_MOMENTS;

/**
 * Reads a moment the same way on every machine: an ISO 8601 date (its first millisecond) or date and time, UTC where no zone
 * is written, or epoch milliseconds as a number or digits, in [1990-01-01, 2100-01-01).
 * @param what names the value in the error, such as `item a: "departure"`.
 * @returns epoch ms, whole. @throws ApiError 400 naming the value and the form wanted.
 */
export function parseMoment(value: unknown, what: string): number {
  const found = typeof value === 'string' ? readText(value.trim()) : readNumber(value);
  if (typeof found === 'number') return found;
  throw invalid(
    `${what} must be an ISO date or epoch milliseconds, but was ${shown(value)}: ${found}`,
  );
}

/** @returns epoch ms, or why there are none. */
function readText(text: string): number | string {
  if (DIGITS.test(text)) return readNumber(Number(text));
  const separator = text.search(/[Tt ]/);
  const date = DATE.exec(separator < 0 ? text : text.slice(0, separator));
  const time = separator < 0 ? undefined : TIME.exec(text.slice(separator + 1));
  if (date === null || time === null) return WANTED;
  const [year, month, day] = date.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
    return `there is no such day; ${WANTED}`;
  const ms = startOfDay(year, month, day);
  const ofDay = time === undefined ? 0 : msOfDay(time);
  return ofDay === undefined ? `there is no such time; ${WANTED}` : withinRange(ms + ofDay);
}

/** Not `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999. @param day 1-based; 0 is the last one of the month before. */
const startOfDay = (year: number, month: number, day: number): number =>
  new Date(0).setUTCFullYear(year, month - 1, day);

const daysIn = (year: number, month: number): number =>
  new Date(startOfDay(year, month + 1, 0)).getUTCDate();

/** Milliseconds after midnight UTC; undefined where a clock never shows it. 24:00 is the end of a day (ISO 8601). */
function msOfDay([, hours, minutes, seconds = '0', fraction = '', zone = 'Z']: RegExpExecArray) {
  const [hour, minute, second] = [hours, minutes, seconds].map(Number);
  const ms = Math.floor(Number(`0.${fraction}0`) * 1000);
  const isEnd = hour === 24 && minute + second + ms === 0;
  if ((hour > 23 && !isEnd) || minute > 59 || second > 59) return undefined;
  const offset = offsetMinutes(zone);
  return offset === undefined
    ? undefined
    : ((hour * 60 + minute - offset) * 60 + second) * 1000 + ms;
}

/** East of UTC; undefined beyond the ±18 hours that any zone may have. */
function offsetMinutes(zone: string): number | undefined {
  if (zone.length === 1) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))];
  if (minutes > 59 || hours * 60 + minutes > 18 * 60) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function readNumber(value: unknown): number | string {
  if (typeof value !== 'number' || Number.isNaN(value)) return WANTED;
  // Clocks of browsers give fractions of a millisecond.
  return withinRange(Math.floor(value));
}

function withinRange(ms: number): number | string {
  if (isMoment(ms)) return ms;
  const unit = OTHER_UNITS.find(([, perMs]) => isMoment(ms / perMs));
  return unit === undefined
    ? `it must lie from 1990 to 2099; ${WANTED}`
    : `that would be ${unit[0]} since 1970: give milliseconds, ${Math.floor(ms / unit[1])}`;
}
