import type { Browser } from 'playwright-core';
import { startChromium } from '../../../support/chromium.ts';
import { startEdgeLog, type EdgeLog } from './edge-log.ts';
import { startSite, type Site } from './site.ts';

/** The Worker, a site, and a browser. */
export interface World {
  readonly log: EdgeLog;
  readonly site: Site;
  readonly browser: Browser;
  readonly listUrl: string;
  readonly tripUrl: string;
  close(): Promise<void>;
}

export async function startWorld(start = startChromium): Promise<World> {
  const log = await startEdgeLog();
  const site = await startSite(log.url);
  const browser = await start();
  return {
    log,
    site,
    browser,
    listUrl: `${site.url}/list.html`,
    tripUrl: `${site.url}/trip.html`,
    async close() {
      await browser.close();
      site.close();
      await log.close();
    },
  };
}
