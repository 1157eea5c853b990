import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exchangeRatesOf } from '../../../../backend/catalogue/trade/exchange-rates.ts';
import { putTradeInForce } from '../../../../backend/catalogue/trade/put-in-force.ts';
import { exchangeRates } from '../../../../backend/catalogue/trade/settings.ts';
import { ratesInForce } from '../../../../backend/catalogue/read-trade.ts';
import { readExchangeRates } from '../../../../backend/monitor/exchange-rates.ts';
import { outboundOf } from '../../../../backend/outbound/outbound.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { parseMarkets } from '../../../../shared/domain/trade.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const NOW_MS = Date.UTC(2026, 10, 30, 12);
const ratesText = (USD: number, date = '2026-11-30') =>
  JSON.stringify({ base: 'EUR', date, rates: { USD } });

/** A source whose answers each test writes, and what reads it. */
async function source() {
  let answer: (response: ServerResponse) => void = (response) => response.end(ratesText(1.08));
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const store = await openStore({ url: `file:${join(temporaryFolder(), 'trimtab.db')}` });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await store.close();
  });
  const { port } = server.address() as AddressInfo;
  const seen = { changed: 0 };
  const rates = exchangeRatesOf({
    store,
    settings: exchangeRates.parse({ url: `http://127.0.0.1:${port}/latest?key=k-4711` }),
    outbound: outboundOf({ privateHosts: [] }),
    changed: () => void seen.changed++,
    onRead: async () => undefined,
    nowMs: () => NOW_MS,
    log: () => undefined,
  });
  return {
    store,
    rates,
    seen,
    answers: (next: typeof answer) => void (answer = next),
    read: (anyChange = false) => rates.read({ actor: 'test', anyChange }),
    inForce: async () => (await ratesInForce(store.db))?.perBase.USD,
  };
}

test('rates of an address are taken once, and whatever is wrong with it leaves those in force', async () => {
  const { rates, seen, answers, read, inForce } = await source();
  expect(rates.source).not.toContain('4711');
  expect(await read()).toMatchObject({ changed: true, currencies: 1, base: 'EUR' });
  expect(await read()).toMatchObject({ changed: false });
  expect(seen.changed).toBe(1);
  const faults: readonly (readonly [answer: (response: ServerResponse) => void, words: string])[] =
    [
      [(response) => response.writeHead(500).end(ratesText(1.09)), 'answers 500'],
      [
        (response) => response.writeHead(302, { location: 'http://10.0.0.1/latest' }).end(),
        'another host',
      ],
      [(response) => response.writeHead(302, { location: '/latest' }).end(), 'sends on more than'],
      [
        (response) => response.end(`${ratesText(1.09)}${' '.repeat(1_000_001)}`),
        'larger than 1000000 bytes',
      ],
      [(response) => void response.write('{"base"', () => response.destroy()), 'refused'],
      [(response) => response.end(ratesText(1.9)), 'USD went from 1.08 to 1.9'],
      [
        (response) => response.end('{"base":"EUR","date":"2026-11-30","rates":{"__proto__":1}}'),
        'codes',
      ],
    ];
  for (const [answer, words] of faults) {
    answers(answer);
    await expect(read()).rejects.toMatchObject({
      code: 'rates_refused',
      message: expect.stringContaining(words),
    });
  }
  expect([await inForce(), seen.changed]).toEqual([1.08, 1]);
  answers((response) => response.end(ratesText(1.9)));
  await read(true);
  expect([await inForce(), seen.changed]).toEqual([1.9, 2]);
});

test('rates end with their source, and markets are those of the configuration', async () => {
  const { store, rates, read, inForce } = await source();
  await read();
  const markets = { default: 'DE', markets: { DE: {}, US: {} } };
  expect(await putTradeInForce(store, markets, rates, NOW_MS)).toBe(true);
  expect(await putTradeInForce(store, markets, rates, NOW_MS)).toBe(false);
  expect(await inForce()).toBe(1.08);
  const without = { ...rates, settings: undefined };
  expect(await putTradeInForce(store, markets, without, NOW_MS)).toBe(true);
  expect(await inForce()).toBeUndefined();
  expect(await putTradeInForce(store, undefined, without, NOW_MS)).toBe(true);
  expect(await putTradeInForce(store, undefined, without, NOW_MS)).toBe(false);
});

test('an alert names the markets whose currency has no rate', async () => {
  const { store, rates, read } = await source();
  const markets = parseMarkets({
    default: 'DE',
    markets: { DE: { currency: 'EUR' }, US: { currency: 'USD' }, UK: { currency: 'GBP' }, X: {} },
  });
  await putTradeInForce(store, markets, rates, NOW_MS);
  const findings = async (settings = rates.settings) =>
    (await readExchangeRates(store, settings, NOW_MS)).findings.map(({ message }) => message);
  // Without any rates it is not known which of them need one.
  expect(await findings()).toEqual([]);
  await read();
  const words = expect.stringContaining('the currency of market UK (GBP)');
  expect(await findings()).toEqual([words]);
  expect(await findings(exchangeRates.parse({ perBase: { USD: 1.08 } }))).toEqual([words]);
});
