import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { until } from '../../support/until.ts';
import { absent, agreed, startChromium, stored, untilRanked, why } from './support/chromium.ts';
import { startEdgeLog, type EdgeLog } from './support/edge-log.ts';
import { startSite, type Site } from './support/site.ts';

describe.skipIf(absent)(`what a visitor does reaches the log exactly once${why}`, () => {
  let log: EdgeLog;
  let site: Site;
  let browser: Browser;
  let visitor: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    log = await startEdgeLog();
    site = await startSite(log.url);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    await log?.close();
  });
  beforeEach(async () => {
    log.clear();
    visitor = await agreed(browser, site.url, 'measure');
    page = await visitor.newPage();
    await page.goto(`${site.url}/list.html`);
    await untilRanked(page);
  });
  afterEach(() => visitor.close());

  /** Nothing waits on the device any more, and each event was logged once. */
  const settled = async (at: Page) => {
    await until('nothing waits on the device', async () =>
      Object.keys(await stored(at)).every((name) => !name.startsWith('trimtab:e:')),
    );
    const ids = log.events.map(({ rankingId, eventId }) => `${rankingId} ${eventId}`);
    expect(new Set(ids).size).toBe(ids.length);
  };

  test('navigation: a click on a link that leads away', async () => {
    await page.click('[data-trimtab-item=trip-2] a');
    await page.waitForURL(/trip/);
    const [click] = await log.untilLogged('click', 1);
    expect(click).toMatchObject({ itemId: 'trip-2', position: expect.any(Number) });
    await settled(page);
    expect(log.events.filter(({ type }) => type === 'click')).toHaveLength(1);
  });

  test('closing the tab', async () => {
    await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
    await page.close({ runBeforeUnload: true });
    expect(await log.untilLogged('save', 1)).toMatchObject([{ itemId: 'trip-1' }]);
    const next = await visitor.newPage();
    await next.goto(`${site.url}/trip.html?id=trip-1`);
    await settled(next);
    expect(log.events.filter(({ type }) => type === 'save')).toHaveLength(1);
  });
});
