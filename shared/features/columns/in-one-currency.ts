import { converted, type ExchangeRates } from '../../domain/exchange-rates.ts';
import { isMissing, type AttributeValue, type Item } from '../../domain/item.ts';
import { nfc } from '../../domain/nfc.ts';
import { own } from '../../domain/own.ts';
import type { ColumnSpec } from './column-spec.ts';
import { messageOf } from '../../text/message-of.ts';
import { priceOf, wrongOf } from './price.ts';

export const isPrice = ({ currency }: ColumnSpec): boolean => currency !== undefined;

/** The one currency that a schema compares prices in; undefined where it has no prices. */
export const currencyOf = ({
  columns,
}: {
  readonly columns: readonly ColumnSpec[];
}): string | undefined => columns.find(isPrice)?.currency;

/**
 * An item with all its prices in the currency of their columns, as plain numbers. What it has no price in stays as it is; an item without
 * prices is returned itself.
 * @param onLost told why a price cannot be converted: it is left out. Absent: that is an error.
 * @throws ApiError 400 naming the attribute that is no price.
 */
export function inOneCurrency(
  item: Item,
  columns: readonly ColumnSpec[],
  rates: ExchangeRates | undefined,
  onLost?: (why: string) => void,
): Item {
  let attributes: Record<string, AttributeValue | undefined> | undefined;
  for (const column of columns) {
    if (!isPrice(column)) continue;
    const name = nfc(column.name);
    const value = own(item.attributes, name);
    if (isMissing(value)) continue;
    try {
      const price = priceOf(column, item, value);
      const amount = converted(price, column.currency!, rates);
      if (amount === undefined)
        throw wrongOf(column, item)(
          `in a currency with an exchange rate to ${column.currency}`,
          price,
        );
      const isOther = own(item.attributes, nfc(column.currencyFrom ?? '')) !== undefined;
      if (amount === value && !isOther) continue;
      attributes ??= { ...item.attributes };
      attributes[name] = amount;
    } catch (error) {
      if (onLost === undefined) throw error;
      onLost(messageOf(error));
      attributes ??= { ...item.attributes };
      delete attributes[name];
    }
  }
  if (attributes === undefined) return item;
  for (const { currencyFrom } of columns)
    if (currencyFrom !== undefined) delete attributes[nfc(currencyFrom)];
  return { id: item.id, attributes };
}
