import type { ItemId } from '../../domain/ids.ts';
import type { ItemTable } from '../../features/columns/item-table.ts';
import type { RowsById } from '../../features/columns/row-index.ts';
import { noRows, type RowBits } from './row-bits.ts';

/** The rows of some items; those that the table does not have are left out. */
export function rowsWith(
  { table, rows }: { readonly table: ItemTable; readonly rows: RowsById },
  ids: readonly ItemId[],
): RowBits {
  const bits = noRows(table.ids.length);
  for (const id of ids) {
    const row = rows.get(id);
    if (row !== undefined) bits[row >> 5] |= 1 << (row & 31);
  }
  return bits;
}
