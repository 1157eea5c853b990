import { withUnseenEscaped } from './unseen.ts';

const MAX_LENGTH = 80;

/** A value as refusals show it: as JSON, except that JSON has no infinite numbers and no −0, and would write `null` and `0`. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return withUnseenEscaped(cut(jsonOf(value)));
}

/** Writing JSON is recursive where reading it is not: what can be sent may be nested deeper than can be written. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'nested too deeply to be shown';
  }
}

/** Never within a surrogate pair. */
const cut = (text: string): string =>
  text.length <= MAX_LENGTH
    ? text
    : `${text.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;
