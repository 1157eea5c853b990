import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../../support/until.ts';
import {
  absent,
  hide,
  openRanked,
  optOut,
  stored,
  untilSent,
  visitorOf,
  why,
} from './support/chromium.ts';
import { examplePage } from './support/site.ts';
import { startWorld, type World } from './support/world.ts';

/** Longer than the client gathers events, and than an item is to be looked at. */
const AFTER_A_WHILE_MS = 2500;

describe.skipIf(absent)(`the client in a page${why}`, () => {
  let world: World;
  let visitor: BrowserContext;
  const problems: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    world.log.clear();
    problems.length = 0;
  });
  afterEach(() => visitor?.close());

  const visit = async (consent?: string) => {
    visitor = await visitorOf(world.browser, world.site.url, consent);
    visitor.on('page', (page) => page.on('pageerror', (error) => problems.push(error.message)));
  };
  const order = (page: Page) =>
    page.$$eval('[data-trimtab-item]', (items) =>
      items.map((item) => (item as HTMLElement).dataset.trimtabItem!),
    );
  const TRIPS = ['trip-1', 'trip-2', 'trip-3'];

  describe('without consent', () => {
    /** All that a visitor can do. */
    const doEverything = async (page: Page) => {
      await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
      await page.waitForTimeout(AFTER_A_WHILE_MS);
      await page.click('[data-trimtab-item=trip-2] a');
      await page.waitForURL(/trip\.html/);
      await page.waitForTimeout(AFTER_A_WHILE_MS);
      await page.click('[data-trimtab-action=booking_start]');
      await page.evaluate(() => trimtab!.flush());
    };

    test('before they are asked: it is ranked for nobody, nothing is sent, and nothing is stored', async () => {
      await visit();
      const page = await openRanked(visitor, world.listUrl);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await doEverything(page);
      expect(asked).not.toContain('/v1/events');
      expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
      expect(await visitor.cookies()).toEqual([]);
      await until('the decision is logged', async () => world.log.decisions.length > 0);
      expect(world.log.events).toEqual([]);
      for (const { sessionId, userId, context } of world.log.decisions) {
        expect([sessionId, userId, context?.consent]).toEqual(['', undefined, 'none']);
      }
    });

    test('under Global Privacy Control, whatever was agreed to before: the same, and what was stored is gone', async () => {
      await visit('personalise');
      await optOut(visitor);
      const page = await openRanked(visitor, world.listUrl);
      expect(await page.evaluate(() => trimtab!.consent)).toBe('none');
      await page.evaluate(() => trimtab!.setConsent('personalise'));
      await doEverything(page);
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
      await until('the decision is logged', async () => world.log.decisions.length > 0);
      expect(world.log.events).toEqual([]);
      expect(world.log.decisions[0].context?.consent).toBe('none');
    });

    test('what was ranked for nobody is not tracked when consent comes; the next ranking is', async () => {
      await visit();
      const page = await openRanked(visitor, world.listUrl);
      await page.evaluate(() => trimtab!.setConsent('measure'));
      await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
      await page.evaluate(() => trimtab!.flush());
      await page.reload();
      await page.waitForSelector('[data-trimtab-ranking]');
      await page.click('[data-trimtab-item=trip-3] [data-trimtab-action=save]');
      await world.log.untilLogged('save', 1);
      await untilSent(page);
      expect(world.log.events.filter(({ type }) => type === 'save')).toMatchObject([
        { itemId: 'trip-3' },
      ]);
    });
  });

  describe('where Trimtab does not answer', () => {
    beforeEach(() => visit('measure'));

    test('a script that is blocked: the page is as it was', async () => {
      await visitor.route('**/client.js', (route) => route.abort());
      const page = await visitor.newPage();
      await page.goto(world.listUrl);
      expect(await order(page)).toEqual(TRIPS);
      await page.click('[data-trimtab-item=trip-2] a');
      await page.waitForURL(/trip\.html/);
      expect(problems).toEqual([]);
    });

    test('rankings that are blocked: the own order stands, and the page is told so', async () => {
      await visitor.route('**/v1/**', (route) => route.abort());
      const page = await visitor.newPage();
      await page.goto(world.listUrl);
      await page.waitForFunction(() => globalThis.trimtab !== undefined);
      const ranking = await page.evaluate(() => trimtab!.rank({ candidates: ['b', { id: 'a' }] }));
      expect(ranking).toMatchObject({
        ranked: false,
        items: [
          { id: 'b', position: 1 },
          { id: 'a', position: 2 },
        ],
        error: { code: 'unreachable' },
      });
      expect(await order(page)).toEqual(TRIPS);
      await page.click('[data-trimtab-item=trip-2] a');
      await page.waitForURL(/trip\.html/);
      expect(problems).toEqual([]);
    });

    test('a key that is not known: the own order stands, with what the Worker says', async () => {
      const page = await visitor.newPage();
      world.site.serve(
        '/wrong-key.html',
        (await examplePage('list.html', world.log.url)).replace(
          /data-key="[^"]*"/,
          'data-key="pk_wrong"',
        ),
      );
      await page.goto(`${world.site.url}/wrong-key.html`);
      await page.waitForFunction(() => globalThis.trimtab !== undefined);
      const { ranked, error } = await page.evaluate(() => trimtab!.rank({ timeoutMs: 120_000 }));
      expect([ranked, error?.code]).toEqual([false, 'unauthorized']);
      expect(await order(page)).toEqual(TRIPS);
    });

    test('an answer that comes too late is not shown; the log says how long it took', async () => {
      // An earlier page's ranking has the same items, and is not what this page will show.
      const earlier = await openRanked(visitor, world.listUrl);
      await world.log.untilLogged('timing', 1);
      await world.log.untilLogged('impression', 3);
      await untilSent(earlier);
      await earlier.close();
      world.log.clear();
      await visitor.route('**/v1/rank', async (route) => {
        const response = await route.fetch();
        setTimeout(() => void route.fulfill({ response }), 600);
      });
      world.site.serve(
        '/hasty.html',
        await examplePage('list.html', world.log.url, { timeoutMs: 200 }),
      );
      const page = await visitor.newPage();
      await page.goto(`${world.site.url}/hasty.html`);
      const [timing] = await world.log.untilLogged('timing', 1);
      expect(timing.properties).toEqual({ late: true });
      expect(timing.value).toBeGreaterThanOrEqual(200);
      expect(await order(page)).toEqual(TRIPS);
      expect(await page.$('[data-trimtab-ranking]')).toBeNull();
      // What was not shown was not seen and not clicked.
      await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
      await page.waitForTimeout(AFTER_A_WHILE_MS);
      await untilSent(page);
      expect(world.log.events.map(({ type }) => type)).toEqual(['timing']);
    });
  });

  describe('with consent', () => {
    test('shows the order of the ranking, and records how long it took and what was seen, once', async () => {
      await visit('measure');
      const page = await openRanked(visitor, world.listUrl);
      await until('the decision is logged', async () => world.log.decisions.length > 0);
      expect(await order(page)).toEqual(world.log.decisions[0].itemIds);
      await world.log.untilLogged('impression', 3);
      await page.reload();
      await page.waitForSelector('[data-trimtab-ranking]');
      await world.log.untilLogged('impression', 6);
      await world.log.untilLogged('timing', 2);
      await untilSent(page);
      const seen = world.log.events.filter(({ type }) => type === 'impression');
      expect(seen).toHaveLength(6);
      for (const { rankingId, itemId, position } of seen) {
        const { itemIds } = world.log.decisions.find((one) => one.rankingId === rankingId)!;
        expect(itemIds[position! - 1]).toBe(itemId);
      }
    });

    test('what is out of view is seen once it comes into it; also what a page adds later', async () => {
      await visit('measure');
      const text = await examplePage('list.html', world.log.url);
      world.site.serve('/long.html', text.replace('<h1>', '<h1 style="height:200vh">'));
      const page = await openRanked(visitor, `${world.site.url}/long.html`);
      await page.waitForTimeout(AFTER_A_WHILE_MS);
      expect(world.log.events.filter(({ type }) => type === 'impression')).toEqual([]);
      await page.evaluate(() => {
        const list = document.querySelector('ul')!;
        document.body.prepend(list.cloneNode(true));
        list.remove();
      });
      await world.log.untilLogged('impression', 3);
    });

    test('looking at an item counts while its tab is in front, and leads back to the ranking that led to it', async () => {
      await visit('measure');
      const page = await openRanked(visitor, world.listUrl);
      const ranking = await page.getAttribute('[data-trimtab-ranking]', 'data-trimtab-ranking');
      const [item] = await Promise.all([
        visitor.waitForEvent('page'),
        page.click('[data-trimtab-item=trip-2] a', { button: 'middle' }),
      ]);
      await item.waitForSelector('[data-trimtab-item=trip-2]');
      await item.waitForFunction(() => globalThis.trimtab !== undefined);
      // A newer ranking with the same item, which did not lead there.
      await openRanked(visitor, world.listUrl);
      const began = Date.now();
      await item.waitForTimeout(1500);
      await hide(item, true);
      const looked = Date.now() - began;
      await item.waitForTimeout(3000);
      await hide(item, false);
      const [dwell] = await world.log.untilLogged('dwell', 1);
      const [click] = await world.log.untilLogged('click', 1);
      expect([click.rankingId, dwell.rankingId]).toEqual([ranking, ranking]);
      expect(dwell.itemId).toBe('trip-2');
      expect(dwell.value).toBeGreaterThanOrEqual(1000);
      // Since the tab was opened, which is a little before.
      expect(dwell.value).toBeLessThan(looked + 3000 + 60_000);
    });

    test('with consent to personalise, what was done and wished stays on the device and comes with the next ranking', async () => {
      await visit('personalise');
      const page = await openRanked(visitor, world.listUrl);
      await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
      await page.click('[data-trimtab-item=trip-2] [data-trimtab-action=not_interested]');
      await page.evaluate(() =>
        trimtab!.rank({ preferences: { themes: ['hiking'] }, timeoutMs: 120_000 }),
      );
      const asked = page.waitForRequest('**/v1/rank');
      await page.evaluate(() => {
        void trimtab!.rank({ demographics: { ageGroup: '35-44' } });
      });
      expect((await asked).postDataJSON()).toMatchObject({
        consent: 'personalise',
        context: { device: 'desktop', utcOffsetMinutes: expect.any(Number), visitor: 'new' },
        demographics: { ageGroup: '35-44' },
        recent: {
          items: [
            { itemId: 'trip-1', type: 'saved', agoHours: 0 },
            { itemId: 'trip-2', type: 'skipped', agoHours: 0 },
          ],
          searches: [{ preferences: { themes: ['hiking'] }, agoHours: 0 }],
        },
      });
      expect(await world.log.untilLogged('not_interested', 1)).toMatchObject([
        { itemId: 'trip-2' },
      ]);
      const next = page.waitForRequest('**/v1/rank');
      await page.evaluate(() => {
        trimtab!.setConsent('measure');
        void trimtab!.rank({ demographics: { ageGroup: '35-44' } });
      });
      const { recent, demographics, consent } = (await next).postDataJSON();
      expect([consent, recent, demographics]).toEqual(['measure', undefined, undefined]);
      expect(await stored(page)).not.toHaveProperty('trimtab:h');
    });
  });
});
