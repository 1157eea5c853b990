import { firstIndex } from '../features/columns/binary-search.ts';
import { codesWith } from '../features/columns/codes-with-entry.ts';
import type { EncodedRequest } from '../features/encode.ts';

/**
 * Calls for what the schema's filters exclude at a moment: rows whose code of a column is at least `from` and below `to`. A row may
 * be excluded several times.
 */
export function forEachExcluded(
  { schema, table }: Pick<EncodedRequest, 'schema' | 'table'>,
  nowMs: number,
  call: (column: number, from: number, to: number) => void,
): void {
  for (const filter of schema.filters) {
    const index = table.columns.findIndex(({ spec }) => spec.name === filter.column);
    const column = table.columns[index];
    if ('before' in filter) {
      const { values } = column;
      const to = firstIndex(1, values.length, (code) => (values[code] as number) >= nowMs);
      if (to > 1) call(index, 1, to);
    } else {
      for (const value of new Set(filter.exclude))
        for (const code of codesWith(column, value)) call(index, code, code + 1);
    }
  }
}
