import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { needs } from '../../../support/needs.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export const { absent, why } = needs(CHROMIUM === undefined ? 'there is no chromium' : '');

/** Headless, with the back/forward cache that Playwright switches off. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });

/** What the client keeps on the device, by name. */
export const stored = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() =>
    Object.fromEntries(
      Object.entries(localStorage).filter(([name]) => name.startsWith('trimtab:')),
    ),
  );

/** Makes a visitor's browser that has agreed, as on an earlier page of the site. */
export async function agreed(
  browser: Browser,
  siteUrl: string,
  consent: string,
): Promise<BrowserContext> {
  return browser.newContext({
    storageState: {
      cookies: [],
      origins: [{ origin: siteUrl, localStorage: [{ name: 'trimtab:c', value: consent }] }],
    },
  });
}

/** Waits until the page shows a ranking. */
export const untilRanked = (page: Page) => page.waitForSelector('[data-trimtab-ranking]');
