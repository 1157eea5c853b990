import type { ItemTable } from '../../shared/features/columns/item-table.ts';
import { codesWith } from '../../shared/features/columns/codes-with-entry.ts';
import type { FilterSpec, Schema } from '../../shared/features/schema.ts';

/** What one filter of a schema keeps out of a ranking. */
export interface FilteredOut {
  /** In words, such as `status is sold_out`. */
  readonly filter: string;
  readonly items: number;
}

/** How many items each filter keeps out; one that several keep out is counted by each. */
export function filteredOut(
  { filters }: Pick<Schema, 'filters'>,
  { columns }: ItemTable,
  nowMs: number,
): FilteredOut[] {
  return filters.map((filter) => {
    const column = columns.find(({ spec }) => spec.name === filter.column);
    if (column === undefined) return { filter: wordsOf(filter), items: 0 };
    const codes = new Set(
      'before' in filter
        ? column.values.flatMap((value, code) =>
            code > 0 && (value as number) < nowMs ? [code] : [],
          )
        : filter.exclude.flatMap((value) => [...codesWith(column, value)]),
    );
    let items = 0;
    for (const code of column.codes) if (codes.has(code)) items++;
    return { filter: wordsOf(filter), items };
  });
}

const wordsOf = (filter: FilterSpec): string =>
  'before' in filter
    ? `${filter.column} is over`
    : `${filter.column} is ${filter.exclude.join(' or ')}`;
