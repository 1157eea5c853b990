import { DAY_MS } from '../../domain/utc-day.ts';
import { needsColumn, needsRising } from './check.ts';
import { runsPlan, stepOf, type BucketKind } from './kind.ts';

/**
 * How soon a date comes: bucket i + 1 if within `days[i]` days of the request, the last bucket if later. Past dates
 * are missing.
 */
export interface DateSoonSpec {
  readonly name: string;
  readonly kind: 'date-soon';
  readonly column: string;
  readonly days: readonly number[];
}

export const dateSoon: BucketKind<DateSoonSpec> = {
  check: (spec, input) =>
    needsColumn(input, spec.column, ['date']) ?? needsRising('days', spec.days),
  size: (spec) => spec.days.length + 2,
  label({ days }, bucket) {
    if (bucket === 1) return `within ${days[0]} days`;
    return bucket > days.length
      ? `in more than ${days.at(-1)} days`
      : `in ${days[bucket - 2]} to ${days[bucket - 1]} days`;
  },
  plan: (spec, input) =>
    runsPlan(input, spec, undefined, (date) => {
      const days = (date - input.nowMs) / DAY_MS;
      return days < 0 ? 0 : 1 + stepOf(spec.days, days);
    }),
};
