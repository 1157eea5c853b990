import type { ExchangeRates } from '../../shared/domain/exchange-rates.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import { inOneCurrency } from '../../shared/features/columns/in-one-currency.ts';
import { packItems, type ListedTable } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { Store } from '../store/open.ts';
import { readRates } from './read-trade.ts';
import { clientOf } from '../store/read-text.ts';

/** Items with their prices converted, packed. @throws ApiError 400 naming the item and the attribute that does not fit. */
export const packPriced = (
  columns: readonly ColumnSpec[],
  items: readonly Item[],
  rates: ExchangeRates | undefined,
): ListedTable =>
  packItems(
    columns,
    items.map((item) => inOneCurrency(item, columns, rates)),
  );

/** @throws ApiError 400 naming the item and the attribute whose value does not fit its column, or whose currency has no exchange rate. */
export async function checkValues(
  store: Pick<Store, 'db'>,
  { columns }: Schema,
  items: readonly Item[],
): Promise<void> {
  packPriced(columns, items, await readRates(clientOf(store.db)));
}
