import type { Client } from '@libsql/client';
import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { parseExchangeRates, type ExchangeRates } from '../../shared/domain/exchange-rates.ts';
import { parseMarkets, type Trade } from '../../shared/domain/trade.ts';

/** Whatever reads rows of the database. */
type Rows = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const rowsOf =
  (client: Pick<Client, 'execute'>): Rows =>
  async (text) =>
    (await client.execute(text)).rows;

const NEWEST = 'select base, day, "perBase" from exchange_rates order by id desc limit 1';

/** The exchange rates that are in force; undefined where there are none. */
export const readRates = (client: Pick<Client, 'execute'>): Promise<ExchangeRates | undefined> =>
  ratesIn(rowsOf(client));

/** The same by drizzle. */
export const ratesInForce = (db: LibSQLDatabase): Promise<ExchangeRates | undefined> =>
  ratesIn((text) => db.all(sql.raw(text)));

async function ratesIn(rows: Rows): Promise<ExchangeRates | undefined> {
  const [row] = await rows(NEWEST);
  return row && parseExchangeRates({ ...row, perBase: JSON.parse(row.perBase as string) });
}

/** In which markets and currencies the catalogue is sold, as it is published; undefined where nothing is said of it. */
export async function readTrade(client: Pick<Client, 'execute'>): Promise<Trade | undefined> {
  const rates = await readRates(client);
  const [row] = (await client.execute("select value from markets where name = 'markets'")).rows;
  const markets = row && parseMarkets(JSON.parse(row.value as string));
  if (rates === undefined && markets === undefined) return undefined;
  return { ...(rates && { rates }), ...(markets && { markets }) };
}
