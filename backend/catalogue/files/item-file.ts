import type { NumberStyle } from '../../table/read-cell.ts';

/** A date that a file has in three columns. */
export interface DateParts {
  readonly column: string;
  /** Names of year, month and day. */
  readonly from: readonly string[];
}

/** Which of the first two numbers of `05/06/2027` is the day. */
export const DATE_ORDERS = ['day-first', 'month-first'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** How the cells of a row become the attributes of an item. */
export interface RowRules extends NumberStyle {
  readonly idColumn?: string;
  readonly date?: readonly DateParts[];
  /** How dates such as `05/06/2027` are written; without it they are refused. */
  readonly dateOrder?: DateOrder;
  /** Column of a set → what stands between its values; `|` where a table's column is not named. */
  readonly sets?: Readonly<Record<string, string>>;
  /** Further texts that mean a missing value, such as `-`. */
  readonly missing?: readonly string[];
}

/** How a file of items is to be read, where its content does not say. */
export interface ItemFile extends RowRules {
  readonly format?: string;
  /** Between the columns of a table. */
  readonly delimiter?: string;
  /** Rows with one id become one item; else the second one is refused. */
  readonly merge?: boolean;
}
