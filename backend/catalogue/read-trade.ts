import type { Client } from '@libsql/client';
import { parseExchangeRates, type ExchangeRates } from '../../shared/domain/exchange-rates.ts';
import { parseMarkets, type Trade } from '../../shared/domain/trade.ts';

/** The exchange rates that are in force; undefined where there are none. */
export async function readRates(
  client: Pick<Client, 'execute'>,
): Promise<ExchangeRates | undefined> {
  const { rows } = await client.execute(
    'select base, day, "perBase" from exchange_rates order by id desc limit 1',
  );
  const [row] = rows;
  return (
    row &&
    parseExchangeRates({
      base: row.base,
      day: row.day,
      perBase: JSON.parse(row.perBase as string),
    })
  );
}

/** In which markets and currencies the catalogue is sold, as it is published; undefined where nothing is said of it. */
export async function readTrade(client: Pick<Client, 'execute'>): Promise<Trade | undefined> {
  const rates = await readRates(client);
  const [row] = (await client.execute("select value from markets where name = 'markets'")).rows;
  const markets = row && parseMarkets(JSON.parse(row.value as string));
  if (rates === undefined && markets === undefined) return undefined;
  return { ...(rates && { rates }), ...(markets && { markets }) };
}
