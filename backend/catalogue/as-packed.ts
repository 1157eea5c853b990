import type { ExchangeRates } from '../../shared/domain/exchange-rates.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import { inOneCurrency } from '../../shared/features/columns/in-one-currency.ts';
import { withoutOutdatedValues } from './outdated-values.ts';

/**
 * A stored item as a snapshot of it is packed: its prices in the currency of their columns, and without values that would be refused today.
 * @param onDropped is told why a value is left out, as where its currency has no exchange rate any more.
 */
export const asPacked = (
  item: Item,
  columns: readonly ColumnSpec[],
  rates: ExchangeRates | undefined,
  onDropped: (why: string) => void,
): Item =>
  withoutOutdatedValues(inOneCurrency(item, columns, rates, onDropped), columns, onDropped);
