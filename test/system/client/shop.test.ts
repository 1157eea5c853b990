import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { demoCatalogue, type DemoTrip } from '../../../backend/catalogue/demo.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { violationsOn } from '../../support/axe.ts';
import { PATIENCE_MS } from '../../support/chromium.ts';
import { startSystem, type System } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { absent, optOut, stored, why } from './support/chromium.ts';
import { startChromium } from '../../support/chromium.ts';

/** A folder for pictures of the shop, for people to look at. */
const SCREENSHOTS = process.env.TRIMTAB_SCREENSHOTS;
const TRIPS = 1000;
/** What one looked at weighs so much here that it outdoes any draw. */
const BY_HISTORY = { 'seen-themes': [0, 0, 60, 60] };

/** All that the page asks of the Worker. */
const PUBLIC = ['/v1/rank', '/v1/rank/batch', '/v1/events', '/v1/forget', '/shop/items'];

describe.skipIf(absent)(`the shop in Chromium${why}`, () => {
  let system: System;
  let browser: Browser;
  const trips = new Map<string, DemoTrip>();
  const faults: string[] = [];

  beforeAll(async () => {
    for (const trip of demoCatalogue(TRIPS, 7, Date.now())) trips.set(trip.id, trip);
    system = await startSystem({
      edgeEnv: { SHOP: 'on' },
      config: { onlineLearning: { enabled: false } },
    });
    const { backend, edge, keys } = system;
    const key = keys.secretKey;
    const ask = async (path: string, method: string, body?: unknown) => {
      const { status, text } = await backend.ask(path, { method, key, body });
      expect([path, status < 300 || text]).toEqual([path, true]);
    };
    await ask('/v1/items', 'PUT', [...trips.values()]);
    const points = { ...smarttrip.rules, ...BY_HISTORY };
    await ask('/v1/weights', 'POST', { name: 'by history', points });
    await ask('/v1/weights/v000001/promote', 'POST');
    await until('all trips are ranked by v000001', async () => {
      const { weights, items } = (await edge.ask('/v1/version', { key })).json();
      return items === TRIPS && weights === 'v000001';
    });
    const [one] = trips.keys();
    await until('similar trips are known', async () => {
      const known = await backend.ask(`/v1/items/${one}/related`, { key });
      return known.status === 200 && known.json().isKnown === true;
    });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  afterEach(() => {
    const found = faults.splice(0);
    if (found.length > 0) throw new Error(`the page complained: ${found.join('\n')}`);
  });

  async function visitor(
    width = 1280,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<BrowserContext> {
    const viewport = { width, height: 900 };
    const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB' });
    context.setDefaultTimeout(PATIENCE_MS);
    context.on('page', (page) => {
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (said) => said.type() === 'error' && faults.push(said.text()));
    });
    return context;
  }

  const settled = (page: Page) => page.waitForSelector('#results:not([aria-busy]) .card');
  async function open(context: BrowserContext, query = ''): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${system.edge.url}/shop${query}`);
    await settled(page);
    return page;
  }
  /** Does something, and waits until the trips are of another ranking. */
  async function rankedAnew(page: Page, act: () => Promise<unknown>): Promise<void> {
    const before = await page.$('.cards');
    await act();
    await page.waitForFunction((list) => list?.isConnected === false, before);
    await settled(page);
  }
  const agree = (page: Page) =>
    rankedAnew(page, () => page.getByRole('button', { name: 'Yes, remember it' }).click());
  const idsIn = (page: Page, selector: string) =>
    page.$$eval(selector, (cards) =>
      cards.map((card) => (card as HTMLElement).dataset.trimtabItem!),
    );
  const shownIn = (page: Page) => idsIn(page, '.card');
  /** What is posted from now on, by path. */
  function posted(page: Page): (path: string) => string[] {
    const requests: Request[] = [];
    page.on('request', (request) => request.method() === 'POST' && requests.push(request));
    return (path) =>
      requests.flatMap((request) =>
        new URL(request.url()).pathname === path ? (request.postData() ?? '') : [],
      );
  }
  interface Sent {
    readonly type: string;
    readonly itemId?: string;
    readonly value?: number;
  }
  const eventsIn = (bodies: readonly string[]): readonly Sent[] =>
    bodies.flatMap((body) => (JSON.parse(body) as { readonly events: readonly Sent[] }).events);

  test.each([
    [390, 'light', ''],
    [1280, 'dark', '?lang=de&currency=CHF'],
    [2560, 'light', '?lang=de'],
  ] as const)(
    'has no fault that axe finds and runs over no edge at %i px, %s %s',
    async (width, scheme, query) => {
      const context = await visitor(width, scheme);
      const page = await open(context, query);
      const picture = async (name: string) => {
        const path = `${SCREENSHOTS}/shop-${name}-${width}-${scheme}.png`;
        if (SCREENSHOTS !== undefined) await page.screenshot({ path });
      };
      expect(await violationsOn(page)).toEqual([]);
      await picture('consent');
      await rankedAnew(page, () => page.locator('.consent button').first().click());
      await picture('trips');
      await page.locator('.open').first().click();
      await page.locator('dialog [data-trimtab-action=booking_start]').click();
      await page.waitForSelector('dialog .related li');
      expect(await violationsOn(page)).toEqual([]);
      await picture('trip');
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      ).toBeLessThanOrEqual(0);
      await context.close();
    },
  );

  test('shows only trips that fit the search, says how many there are, and names every point', async () => {
    const context = await visitor();
    const page = await open(context);
    const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    for (const [label, value] of [
      ['Where', 'in Europe'],
      ['How hard', '4'],
      ['Budget', '4000'],
    ])
      await rankedAnew(page, () => page.getByLabel(label, { exact: true }).selectOption(value));
    await rankedAnew(page, () => page.getByLabel('Hiking').check());
    await rankedAnew(page, () => page.getByLabel('Leaving from').fill(soon));
    const fitting = [...trips.values()].filter(
      ({ continent, difficulty, price, themes, departure, status }) =>
        continent === 'Europe' &&
        difficulty <= 4 &&
        price <= 4000 &&
        themes.includes('hiking') &&
        departure >= soon &&
        status !== 'full',
    );
    const shown = await shownIn(page);
    expect(shown).toHaveLength(Math.min(24, fitting.length));
    expect(fitting.map(({ id }) => id)).toEqual(expect.arrayContaining(shown));
    expect(await page.locator('#left').innerText()).toBe(`${fitting.length} trips fit`);
    await page
      .getByRole('button', { name: /^Why this trip/ })
      .first()
      .click();
    const points = await page.$$eval('dialog tbody td.number', (cells) =>
      cells.map((cell) => Number(cell.textContent)),
    );
    const [said] = /^[\d.]+/.exec(await page.locator('dialog .muted').last().innerText())!;
    expect(points.reduce((sum, one) => sum + one, 0)).toBeCloseTo(Number(said), 0);
    await context.close();
  });

  test('says prices and reasons in German and in francs', async () => {
    const context = await visitor();
    const page = await open(context);
    await page.locator('#language').selectOption('de');
    await page.locator('#currency').selectOption('CHF');
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    const [id] = await shownIn(page);
    const price = new Intl.NumberFormat('de', {
      style: 'currency',
      currency: 'CHF',
      maximumFractionDigits: 0,
    }).format(trips.get(id)!.price / 1.05);
    expect(await page.locator('.card .price').first().innerText()).toContain(price);
    await page
      .getByRole('button', { name: /^Warum diese Reise/ })
      .first()
      .click();
    expect(await page.locator('dialog tbody tr', { hasText: 'Jede Reise' }).innerText()).toContain(
      'immer',
    );
    await context.close();
  });

  test('sends and stores nothing before the visitor agrees; then a save, a question and a booking arrive, and no name', async () => {
    const context = await visitor();
    const page = await open(context);
    const sent = posted(page);
    const [saved] = await shownIn(page);
    await page.locator('.card .save').first().click();
    await page.locator('.open').first().click();
    await page.keyboard.press('Escape');
    // The browser tells the page a moment later that the window was closed.
    await page.locator('#message', { hasText: 'did not agree' }).waitFor();
    expect(await page.evaluate(() => localStorage.length + document.cookie.length)).toBe(0);
    expect(sent('/v1/events')).toEqual([]);
    await agree(page);
    const [id, ...others] = await shownIn(page);
    // The trip that was saved before would be saved no longer.
    const other = others.find((one) => one !== saved)!;
    await page.locator(`.card[data-trimtab-item=${other}] .save`).click();
    await page.locator('.open').first().click();
    const dialog = page.locator('dialog');
    await dialog.getByRole('button', { name: 'Ask about it' }).click();
    await dialog.getByRole('button', { name: 'Book this trip' }).click();
    await dialog.getByLabel('Name').fill('Ada Lovelace');
    await dialog.getByLabel('Travellers').selectOption('2');
    await dialog.getByRole('button', { name: 'Book', exact: true }).click();
    await dialog.getByText('Booked for').waitFor();
    await page.evaluate(() => trimtab!.flush());
    const value = 2 * trips.get(id)!.price;
    await until('all of it was sent', async () =>
      eventsIn(sent('/v1/events')).some(({ type }) => type === 'booking'),
    );
    const events = eventsIn(sent('/v1/events'));
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'save', itemId: other }),
        expect.objectContaining({ type: 'click', itemId: id }),
        expect.objectContaining({ type: 'contact', itemId: id }),
        expect.objectContaining({ type: 'booking_start', itemId: id }),
        expect.objectContaining({ type: 'booking', itemId: id, value }),
        expect.objectContaining({ type: 'form_progress', itemId: id }),
      ]),
    );
    expect(PUBLIC.flatMap((path) => sent(path)).join('')).not.toContain('Lovelace');
    await until('the backend has it', async () => {
      const status = await system.backend.ask('/v1/status', { key: system.keys.secretKey });
      return status.json<{ counts: { events: number } }>().counts.events >= events.length;
    });
    await context.close();
  });

  test('one’s own click moves the next ranking, by a history that stays on the device', async () => {
    const context = await visitor();
    const page = await open(context);
    await agree(page);
    const sent = posted(page);
    const [id] = await shownIn(page);
    await page.locator('.open').first().click();
    await rankedAnew(page, () => page.keyboard.press('Escape'));
    const moved = await idsIn(page, '.card:has(.moved)');
    const { themes } = trips.get(id)!;
    expect(moved.length).toBeGreaterThan(0);
    for (const one of moved)
      expect(themes.some((theme) => trips.get(one)!.themes.includes(theme))).toBe(true);
    await page.getByText('of these trips have points for it now').waitFor();
    const asked = JSON.parse(sent('/v1/rank').at(-1)!);
    expect(asked.recent.items).toEqual([{ itemId: id, type: 'seen', agoHours: 0 }]);
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByText('Forgotten').waitFor();
    expect(Object.keys(await stored(page))).toEqual([]);
    await context.close();
  });

  test('leaves the question to a consent tool that takes it over, and to a browser that says no', async () => {
    const context = await visitor();
    await context.addInitScript(() =>
      document.addEventListener('shop:ask-consent', (event) => event.preventDefault()),
    );
    const page = await open(context);
    expect(await page.locator('.consent').count()).toBe(0);
    await rankedAnew(page, () =>
      page.evaluate(() =>
        document.dispatchEvent(new CustomEvent('shop:consent', { detail: 'measure' })),
      ),
    );
    expect(await page.evaluate(() => trimtab!.consent)).toBe('measure');
    await context.close();
    const quiet = await visitor();
    await optOut(quiet);
    expect(await (await open(quiet)).locator('.consent').count()).toBe(0);
    await quiet.close();
  });

  test('visitors rank and click through what pages may use, and the version that they met is named', async () => {
    const context = await visitor();
    const page = await open(context);
    const paths = new Set<string>();
    const keys = new Set<string>();
    page.on('request', (request) => {
      paths.add(new URL(request.url()).pathname);
      keys.add(request.headers().authorization);
    });
    const answers: number[] = [];
    page.on('response', (response) => answers.push(response.status()));
    const people = page.getByRole('switch');
    await people.click();
    await page.locator('.crowd tbody tr', { hasText: 'v000001' }).waitFor();
    await page.locator('.crowd svg').waitFor();
    await people.click();
    expect([...paths].filter((path) => !PUBLIC.includes(path))).toEqual([]);
    expect([...keys]).toEqual([`Bearer ${system.keys.publishableKey}`]);
    expect(answers.filter((status) => status >= 300)).toEqual([]);
    expect(await violationsOn(page)).toEqual([]);
    await context.close();
  });
});
