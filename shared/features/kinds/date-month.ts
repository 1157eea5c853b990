import { needsColumn } from './check.ts';
import { columnPlan, STATIC, type BucketKind } from './kind.ts';

/** The month of a date, UTC, as dates are: bucket 1 = January, …, 12 = December. */
export interface DateMonthSpec {
  readonly name: string;
  readonly kind: 'date-month';
  readonly column: string;
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const dateMonth: BucketKind<DateMonthSpec> = {
  check: (spec, input) => needsColumn(input, spec.column, ['date']),
  size: () => MONTHS.length + 1,
  label: (_, bucket) => MONTHS[bucket - 1],
  plan: (spec, input) =>
    columnPlan(input, spec, STATIC, (buckets, { values }) => {
      for (let code = 1; code < values.length; code++)
        buckets[code] = 1 + new Date(values[code] as number).getUTCMonth();
    }),
};
