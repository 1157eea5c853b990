import { eq } from 'drizzle-orm';
import { rateOf } from '../../shared/domain/exchange-rates.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { RATES_FEED } from '../catalogue/trade/exchange-rates.ts';
import { readRates } from '../catalogue/read-trade.ts';
import { clientOf } from '../store/read-text.ts';
import type { ExchangeRateSettings } from '../catalogue/trade/settings.ts';
import type { Store } from '../store/open.ts';
import { feeds, markets } from '../store/tables.ts';
import { found, NOTHING, type Finding, type Observation } from './finding.ts';
import type { Monitor } from './run-monitors.ts';

const KIND = 'exchange rates';

/** @param settings absent: there are none. */
export const exchangeRatesMonitor = (
  store: Store,
  settings: ExchangeRateSettings | undefined,
): Monitor => ({ kind: KIND, check: (nowMs) => readExchangeRates(store, settings, nowMs) });

/** Finds rates that were refused when they were last asked for, or are too old, and markets whose currency has none. */
async function readExchangeRates(
  store: Store,
  settings: ExchangeRateSettings | undefined,
  nowMs: number,
): Promise<Observation> {
  if (settings === undefined) return NOTHING;
  const rates = await readRates(clientOf(store.db));
  const findings: Finding[] = [];
  const [sold] = await store.db.select().from(markets).where(eq(markets.name, 'markets'));
  const lacking = Object.entries(sold?.value.markets ?? {}).flatMap(([name, { currency }]) =>
    rates !== undefined && currency !== undefined && rateOf(rates, currency) === undefined
      ? [`${name} (${currency})`]
      : [],
  );
  if (lacking.length > 0)
    findings.push({
      key: `${KIND}: markets`,
      kind: KIND,
      message: `there is no exchange rate of the currency of ${lacking.length === 1 ? 'market' : 'markets'} ${lacking.join(', ')}: requests of theirs that state amounts are refused`,
      details: { markets: lacking.length },
    });
  if (settings.perBase !== undefined) return found(...findings);
  const [state] = await store.db.select().from(feeds).where(eq(feeds.name, RATES_FEED));
  if (state !== undefined && state.problem !== null)
    findings.push({
      key: `${KIND}: refused`,
      kind: KIND,
      message: `exchange rates are refused, and those in force stay: ${state.problem}`,
      details: { since: state.refusedSince, takenAt: state.takenAt },
    });
  const ageDays = rates === undefined ? 0 : (nowMs - Date.parse(rates.day)) / DAY_MS;
  if (ageDays > settings.maxAgeDays)
    findings.push({
      key: `${KIND}: old`,
      kind: KIND,
      message: `exchange rates are of ${rates!.day}, over ${settings.maxAgeDays} days ago`,
      details: { ageDays: Math.floor(ageDays) },
    });
  return found(...findings);
}
