import { eq } from 'drizzle-orm';
import type { Markets } from '../../../shared/domain/trade.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { exchangeRates, feeds, markets as rows } from '../../store/tables.ts';
import { RATES_FEED, type ExchangeRatesService } from './exchange-rates.ts';

/**
 * What the configuration says of markets and exchange rates, put where whatever packs the catalogue reads it.
 * @returns whether anything is other than before, so that the catalogue has to be published again.
 */
export async function putTradeInForce(
  store: Store,
  markets: Markets | undefined,
  rates: ExchangeRatesService,
  nowMs: number,
): Promise<boolean> {
  const { db } = store;
  const [before] = await db.select().from(rows).where(eq(rows.name, 'markets'));
  const isSame = JSON.stringify(before?.value) === JSON.stringify(markets);
  if (!isSame) {
    const now = markets && { name: 'markets', value: markets, since: nowMs };
    await store.write([
      now === undefined
        ? db.delete(rows).where(eq(rows.name, 'markets'))
        : db.insert(rows).values(now).onConflictDoUpdate({ target: rows.name, set: now }),
      recordAudit(store, {
        at: nowMs,
        actor: 'backend',
        action: 'change markets',
        subject: Object.keys(markets?.markets ?? {}).join(', ') || 'none',
        details: {},
      }),
    ]);
  }
  const [known] = await db.select({ id: exchangeRates.id }).from(exchangeRates).limit(1);
  if (rates.settings !== undefined || known === undefined) return !isSame;
  // Nobody keeps them up to date any more.
  await store.write([
    db.delete(exchangeRates),
    db.delete(feeds).where(eq(feeds.name, RATES_FEED)),
    recordAudit(store, {
      at: nowMs,
      actor: 'backend',
      action: 'end exchange rates',
      subject: 'none',
      details: {},
    }),
  ]);
  return true;
}
