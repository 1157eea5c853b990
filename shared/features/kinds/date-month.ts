import type { Column } from '../columns/item-table.ts';
import { needsColumn } from './check.ts';
import { columnOf, type BucketKind } from './kind.ts';

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
  plan(spec, input) {
    const column = columnOf(input, spec.column);
    return { from: 'column', column, buckets: monthsOf(input.table.columns[column]) };
  },
};

/** No request changes them, so they are found once per column and live as long. */
const known = new WeakMap<Column, Uint8Array>();

function monthsOf(column: Column): Uint8Array {
  let months = known.get(column);
  if (months === undefined) {
    months = Uint8Array.from(column.values, (value, code) =>
      code === 0 ? 0 : 1 + new Date(value as number).getUTCMonth(),
    );
    known.set(column, months);
  }
  return months;
}
