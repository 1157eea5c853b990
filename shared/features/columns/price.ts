import { amountFromText, isCurrency, type Amount } from '../../domain/currency.ts';
import { invalid } from '../../domain/errors.ts';
import { isMissing, type AttributeValue, type Item } from '../../domain/item.ts';
import { nfc } from '../../domain/nfc.ts';
import { numberFromText } from '../../domain/number-text.ts';
import { own } from '../../domain/own.ts';
import { shown } from '../../domain/shown.ts';
import type { ColumnSpec } from './column-spec.ts';

/** Makes an error of what was expected of a value. */
export type Wrong = (expected: string, value: unknown) => Error;

export const wrongOf =
  ({ name }: ColumnSpec, { id }: Item): Wrong =>
  (expected, value) =>
    invalid(`item ${id}: "${name}" must be ${expected}, but was ${shown(value)}`);

/**
 * A price of an item, in the currency that it says itself (`129 EUR`), else that of the attribute `currencyFrom`, else that of its column.
 * @throws ApiError 400 naming the attribute that is no price, or no currency.
 */
export function priceOf(spec: ColumnSpec, item: Item, value: AttributeValue): Amount {
  const { currency, currencyFrom } = spec;
  const stated = typeof value === 'string' ? amountFromText(value) : undefined;
  if (stated !== undefined) return stated;
  const amount = typeof value === 'string' ? numberFromText(value) : value;
  if (typeof amount !== 'number' || !Number.isFinite(amount))
    throw wrongOf(spec, item)(
      'a number, or one with the code of its currency such as "129 EUR"',
      value,
    );
  const given = currencyFrom === undefined ? undefined : own(item.attributes, nfc(currencyFrom));
  if (isMissing(given)) return { amount: amount + 0, currency: currency! };
  if (isCurrency(given)) return { amount: amount + 0, currency: given };
  throw invalid(
    `item ${item.id}: "${currencyFrom}" must be the code of a currency such as EUR, but was ${shown(given)}`,
  );
}
