import { messageOf } from '../../shared/text/message-of.ts';
import type { Store } from '../store/open.ts';
import type { ExchangeRateSettings } from '../catalogue/trade/settings.ts';
import { readExchangeRates } from './exchange-rates.ts';
import { readRefusedFeeds } from './refused-feeds.ts';
import { runMonitors } from './run-monitors.ts';

/** Opens and ends the alerts of feeds at once: a feed that is whole again is no condition that comes and goes. Does not throw. */
export async function checkFeeds(deps: {
  readonly store: Store;
  readonly feeds: readonly string[];
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Promise<void> {
  const { store, feeds, nowMs, log } = deps;
  const monitors = [
    { kind: 'catalogue feed', check: () => readRefusedFeeds(store, feeds) },
  ] as const;
  try {
    await runMonitors({ store, monitors, clearMs: 0, nowMs, log });
  } catch (error) {
    log(`the alerts of feeds are checked later: ${messageOf(error)}`);
  }
}

/** The same of exchange rates. Does not throw. */
export async function checkExchangeRates(deps: {
  readonly store: Store;
  readonly settings: ExchangeRateSettings | undefined;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Promise<void> {
  const { store, settings, nowMs, log } = deps;
  const monitors = [
    {
      kind: 'exchange rates',
      check: (checkedAt: number) => readExchangeRates(store, settings, checkedAt),
    },
  ] as const;
  try {
    await runMonitors({ store, monitors, clearMs: 0, nowMs, log });
  } catch (error) {
    log(`the alerts of exchange rates are checked later: ${messageOf(error)}`);
  }
}
