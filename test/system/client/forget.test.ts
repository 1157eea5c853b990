import { createClient } from '@libsql/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startSystem, type System } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { absent, openRanked, stored, untilSent, visitorOf, why } from './support/chromium.ts';
import { startChromium } from '../../support/chromium.ts';
import { startSite, type Site } from './support/site.ts';

describe.skipIf(absent)(`the client with the whole system${why}`, () => {
  let system: System;
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    system = await startSystem();
    site = await startSite(system.edge.url, system.keys.publishableKey);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    await system?.stop();
  });

  /** What is stored of rankings, by table. */
  async function rows(): Promise<Record<string, number>> {
    const db = createClient({ url: system.databaseUrl });
    try {
      const found: Record<string, number> = {};
      for (const table of ['decisions', 'events', 'deleted_sessions']) {
        const { rows: counted } = await db.execute(`select count(*) as n from ${table}`);
        found[table] = Number(counted[0].n);
      }
      return found;
    } finally {
      db.close();
    }
  }

  test('what a visitor did is stored, and erased with forget(), also where that has to wait for the network', async () => {
    const visitor = await visitorOf(browser, site.url, 'personalise');
    const page = await openRanked(visitor, `${site.url}/list.html`);
    await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
    await page.evaluate(() => trimtab!.flush());
    await untilSent(page);
    await until('ranking and save are stored', async () => {
      const { decisions, events } = await rows();
      // The save, and how long the ranking took.
      return decisions === 1 && events >= 2;
    });
    await visitor.setOffline(true);
    expect(await page.evaluate(() => trimtab!.forget())).toBe(false);
    expect(Object.keys(await stored(page))).toEqual(['trimtab:f']);
    expect(await page.evaluate(() => trimtab!.consent)).toBe('none');
    await page.close();
    await visitor.setOffline(false);
    const next = await openRanked(visitor, `${site.url}/list.html`);
    await until('the device is empty', async () => Object.keys(await stored(next)).length === 0);
    await until('the session is erased', async () => (await rows()).deleted_sessions === 1);
    await until('only what was ranked for nobody is left', async () => {
      const { decisions, events } = await rows();
      return decisions === 1 && events === 0;
    });
    await visitor.close();
  });
});
