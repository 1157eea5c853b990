import { own } from '../../domain/own.ts';
import type { RequestContext } from '../../domain/rank-request.ts';
import { wholeBin } from './bin-words.ts';
import { needsRising } from './check.ts';
import { MONTHS } from './date-month.ts';
import { constantPlan, stepOf, type BucketKind } from './kind.ts';

/**
 * When the request was made, by the visitor's local time: the hour (0 to 23), the weekday (1 = Monday to 7) or the month
 * (1 to 12), each in a bucket of its own, or in bins by `edges`.
 *
 * Local time is UTC plus `utcOffsetMinutes`: of the request's context if it states one (in a browser
 * `-new Date().getTimezoneOffset()`), else of this feature, for a site of one market, else 0. Names of time zones
 * are not read: what they mean differs between engines and changes with their data, and a ranking must replay exactly.
 */
export interface RequestTimeSpec {
  readonly name: string;
  readonly kind: 'request-time';
  readonly part: 'hour' | 'weekday' | 'month';
  readonly edges?: readonly number[];
  readonly utcOffsetMinutes?: number;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const COUNTS = { hour: 24, weekday: 7, month: 12 };
const MINUTE_MS = 60_000;
/** No zone is further from UTC. */
const FARTHEST_MINUTES = 14 * 60;

export const requestTime: BucketKind<RequestTimeSpec> = {
  check(spec) {
    if (!Object.hasOwn(COUNTS, spec.part)) return 'part must be hour, weekday or month';
    if (spec.utcOffsetMinutes !== undefined && !isOffset(spec.utcOffsetMinutes))
      return `utcOffsetMinutes must be a number from -${FARTHEST_MINUTES} to ${FARTHEST_MINUTES}`;
    return spec.edges === undefined ? undefined : needsRising('edges', spec.edges);
  },
  size: (spec) => (spec.edges === undefined ? COUNTS[spec.part] : spec.edges.length + 1) + 1,
  label(spec, bucket) {
    const first = firstOf(spec);
    if (spec.edges === undefined) return wordsOf(spec, first + bucket - 1, first + bucket - 1);
    const whole = wholeBin(spec.edges, bucket - 1, [first, first + COUNTS[spec.part] - 1]);
    return whole === undefined ? 'never' : wordsOf(spec, ...whole);
  },
  plan(spec, { visit, nowMs }) {
    const local = new Date(nowMs + offsetOf(visit.context, spec) * MINUTE_MS);
    const value = partOf(local, spec.part);
    return constantPlan(
      1 + (spec.edges === undefined ? value - firstOf(spec) : stepOf(spec.edges, value)),
    );
  },
};

function partOf(local: Date, part: RequestTimeSpec['part']): number {
  switch (part) {
    case 'hour':
      return local.getUTCHours();
    case 'weekday':
      return 1 + ((local.getUTCDay() + 6) % 7);
    case 'month':
      return 1 + local.getUTCMonth();
    default:
      throw part satisfies never;
  }
}

const firstOf = ({ part }: RequestTimeSpec) => (part === 'hour' ? 0 : 1);

/** Of the whole values `from` to `to`, such as `Monday to Friday` and `6:00 to 11:59`. */
function wordsOf({ part }: RequestTimeSpec, from: number, to: number): string {
  if (part === 'hour') return `${from}:00 to ${to}:59`;
  const names = part === 'month' ? MONTHS : WEEKDAYS;
  return from === to ? names[from - 1] : `${names[from - 1]} to ${names[to - 1]}`;
}

const isOffset = (value: unknown): value is number =>
  Number.isFinite(value) && Math.abs(value as number) <= FARTHEST_MINUTES;

function offsetOf(context: RequestContext, { utcOffsetMinutes = 0 }: RequestTimeSpec): number {
  const sent = own(context, 'utcOffsetMinutes');
  return isOffset(sent) ? sent : utcOffsetMinutes;
}
