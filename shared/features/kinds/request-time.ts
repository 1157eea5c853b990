import { own } from '../../domain/own.ts';
import type { RequestContext } from '../../domain/rank-request.ts';
import { needsRising } from './check.ts';
import { MONTHS } from './date-month.ts';
import { stepOf, type BucketKind } from './kind.ts';

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
    if (spec.edges !== undefined) {
      const edge = spec.edges[bucket - 1];
      return edge === undefined
        ? `${spec.part} above ${spec.edges.at(-1)}`
        : `${spec.part} up to ${edge}`;
    }
    if (spec.part === 'hour') return `from ${bucket - 1}:00`;
    return spec.part === 'month' ? MONTHS[bucket - 1] : WEEKDAYS[bucket - 1];
  },
  plan(spec, { visit, nowMs }) {
    const local = new Date(nowMs + offsetOf(visit.context, spec) * MINUTE_MS);
    const value = {
      hour: local.getUTCHours(),
      weekday: 1 + ((local.getUTCDay() + 6) % 7),
      month: 1 + local.getUTCMonth(),
    }[spec.part];
    const first = spec.part === 'hour' ? 0 : 1;
    return {
      from: 'constant',
      bucket: 1 + (spec.edges === undefined ? value - first : stepOf(spec.edges, value)),
    };
  },
};

const isOffset = (value: unknown): value is number =>
  Number.isFinite(value) && Math.abs(value as number) <= FARTHEST_MINUTES;

function offsetOf(context: RequestContext, { utcOffsetMinutes = 0 }: RequestTimeSpec): number {
  const sent = own(context, 'utcOffsetMinutes');
  return isOffset(sent) ? sent : utcOffsetMinutes;
}
