import type { Browser, BrowserContext, Page } from 'playwright-core';
// Declares what the script makes global in a page.
// oxlint-disable-next-line import/no-unassigned-import
import '../../../../edge/client/page-globals.ts';
import { needsChromium, PATIENCE_MS } from '../../../support/chromium.ts';
import { until } from '../../../support/until.ts';

export const { absent, why } = needsChromium;

/** What the client keeps on the device, by name. */
export const stored = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() =>
    Object.fromEntries(
      Object.entries(localStorage).filter(([name]) => name.startsWith('trimtab:')),
    ),
  );

/** Waits until no event waits on the device. */
export const untilSent = (page: Page): Promise<boolean> =>
  until('no event waits on the device', async () =>
    Object.keys(await stored(page)).every((name) => !name.startsWith('trimtab:e:')),
  );

/** A visitor's browser, which has agreed to this on an earlier page of the site, or has been asked nothing yet. */
export async function visitorOf(
  browser: Browser,
  siteUrl: string,
  consent?: string,
): Promise<BrowserContext> {
  const localStorage = consent === undefined ? [] : [{ name: 'trimtab:c', value: consent }];
  const visitor = await browser.newContext({
    storageState: { cookies: [], origins: [{ origin: siteUrl, localStorage }] },
  });
  visitor.setDefaultTimeout(PATIENCE_MS);
  return visitor;
}

/** The browser says so for a visitor who wants to be left alone (Global Privacy Control). */
export const optOut = (visitor: BrowserContext) =>
  visitor.addInitScript(() =>
    Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }),
  );

/** Opens a page and waits until it shows a ranking. */
export async function openRanked(visitor: BrowserContext, url: string): Promise<Page> {
  const page = await visitor.newPage();
  await page.goto(url);
  await page.waitForSelector('[data-trimtab-ranking]');
  return page;
}

/** Puts the tab behind another, as a browser without a window does not, or to the front again. */
export const hide = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, isHidden);
