import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { exchangeRatesOf } from '../../../../backend/catalogue/trade/exchange-rates.ts';
import { putTradeInForce } from '../../../../backend/catalogue/trade/put-in-force.ts';
import { rateJobs } from '../../../../backend/catalogue/trade/rate-jobs.ts';
import { exchangeRates } from '../../../../backend/catalogue/trade/settings.ts';
import { readRates } from '../../../../backend/catalogue/read-trade.ts';
import { exchangeRatesMonitor } from '../../../../backend/monitor/exchange-rates.ts';
import { outboundOf } from '../../../../backend/outbound/outbound.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { clientOf } from '../../../../backend/store/read-text.ts';
import { audit, exchangeRates as rateRows, feeds } from '../../../../backend/store/tables.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
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
  const ratesOf = (settings: object) =>
    exchangeRatesOf({
      store,
      settings: exchangeRates.parse(settings),
      outbound: outboundOf({ privateHosts: [] }),
      changed: () => void seen.changed++,
      onRead: async () => undefined,
      nowMs: () => NOW_MS,
      log: () => undefined,
    });
  const rates = ratesOf({ url: `http://127.0.0.1:${port}/latest?key=k-4711` });
  return {
    store,
    rates,
    ratesOf,
    seen,
    answers: (next: typeof answer) => void (answer = next),
    read: (anyChange = false) => rates.read({ actor: 'test', anyChange }),
    inForce: async () => (await readRates(clientOf(store.db)))?.perBase.USD,
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

test('a refusal is in the audit log once while it stays as it is', async () => {
  const { store, answers, read } = await source();
  answers((response) => response.writeHead(500).end());
  await expect(read()).rejects.toThrow('answers 500');
  await expect(read()).rejects.toThrow('answers 500');
  answers((response) => response.writeHead(404).end());
  await expect(read()).rejects.toThrow('answers 404');
  const audited = await store.db.select().from(audit);
  expect(audited.map(({ action, details }) => [action, details.problem])).toEqual([
    ['refuse exchange rates', 'their server answers 500'],
    ['refuse exchange rates', 'their server answers 404'],
  ]);
});

test('a file that is not there or too large is refused in words', async () => {
  const { ratesOf } = await source();
  const file = join(temporaryFolder(), 'rates.json');
  const rates = ratesOf({ file });
  await expect(rates.read({ actor: 'test' })).rejects.toThrow(`${file} cannot be read`);
  writeFileSync(file, `${ratesText(1.08)}${' '.repeat(1_000_001)}`);
  await expect(rates.read({ actor: 'test' })).rejects.toThrow('larger than 1000000 bytes');
  writeFileSync(file, ratesText(1.08));
  expect(await rates.read({ actor: 'test' })).toMatchObject({ changed: true });
});

test('of rates that were in force once the newest 1000 stay', async () => {
  const { store, read } = await source();
  const old = { base: 'EUR', day: '2026-11-01', perBase: { USD: 1.07 }, takenAt: 0 };
  for (const id of [1, 2001, 3000])
    await store.write([store.db.insert(rateRows).values({ id, ...old })]);
  await read();
  const left = await store.db.select({ id: rateRows.id }).from(rateRows).orderBy(rateRows.id);
  expect(left.map(({ id }) => id)).toEqual([3000, 3001]);
});

test('rates are read at the start where they are due, and those that the configuration has written out always', async () => {
  const { store, rates, ratesOf, inForce } = await source();
  const startUp = async (own: typeof rates) => {
    const jobs = rateJobs({ store, rates: own, everyMs: 1000, nowMs: () => NOW_MS });
    const overdue = jobs.find(({ name }) => name.startsWith('overdue'))!;
    await overdue.run();
    await overdue.run();
    return jobs.map(({ name }) => name);
  };
  const read = vi.spyOn(rates, 'read');
  expect(await startUp(rates)).toEqual(['exchange rates', 'overdue exchange rates']);
  expect(read).toHaveBeenCalledTimes(1);
  await startUp(rates);
  expect(read).toHaveBeenCalledTimes(1);
  await store.write([store.db.update(feeds).set({ askedAt: NOW_MS - 2 * DAY_MS })]);
  await startUp(rates);
  expect(read).toHaveBeenCalledTimes(2);
  expect(await startUp(ratesOf({ perBase: { USD: 1.2 } }))).toEqual(['overdue exchange rates']);
  expect(await inForce()).toBe(1.2);
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
    (await exchangeRatesMonitor(store, settings).check(NOW_MS)).findings.map(
      ({ message }) => message,
    );
  // Without any rates it is not known which of them need one.
  expect(await findings()).toEqual([]);
  await read();
  const words = expect.stringContaining('the currency of market UK (GBP)');
  expect(await findings()).toEqual([words]);
  expect(await findings(exchangeRates.parse({ perBase: { USD: 1.08 } }))).toEqual([words]);
});
