import type { Item } from '../../../shared/domain/item.ts';
import { parseExchangeRates } from '../../../shared/domain/exchange-rates.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { inOneCurrency, isPrice } from '../../../shared/features/columns/in-one-currency.ts';
import { dayOf } from '../../../shared/domain/utc-day.ts';
import { counted } from '../../../shared/text/text.ts';
import { note } from '../../client/print.ts';

/**
 * Items with their prices in the currency of the column, as they are when they are published, by the exchange rates that the configuration
 * states. Without a rate a price counts as missing, which is said: the rates of an address or a file are in the backend.
 * @throws Error as `loadSettings`.
 */
export async function asCompared(
  items: readonly Item[],
  columns: readonly ColumnSpec[],
): Promise<readonly Item[]> {
  if (!columns.some(isPrice)) return items;
  const { loadSettings } = await import('../../config/config.ts');
  const { settings } = await loadSettings({ env: process.env, directory: process.cwd() });
  const { base, perBase } = settings.exchangeRates ?? {};
  const rates =
    perBase === undefined
      ? undefined
      : parseExchangeRates({ base, perBase, day: dayOf(Date.now()) });
  const lost: string[] = [];
  const compared = items.map((item) =>
    inOneCurrency(item, columns, rates, (why) => lost.push(why)),
  );
  if (lost.length > 0)
    note(
      `${counted(lost.length, 'price')} left out, as perBase of exchangeRates in the configuration has no rate for them. The first: ${lost[0]}`,
    );
  return compared;
}
