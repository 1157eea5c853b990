import { expect, test } from 'vitest';
import { needsBackForwardCache, startCachingChromium } from '../../support/chromium.ts';
import { openRanked, untilSent, visitorOf } from './support/chromium.ts';
import { startWorld } from './support/world.ts';

const { absent, why } = needsBackForwardCache;

test.skipIf(absent)(
  `back and forward: the page that comes out of the cache goes on, and nothing is logged twice${why}`,
  async () => {
    const world = await startWorld(startCachingChromium);
    const visitor = await visitorOf(world.browser, world.site.url, 'measure');
    const page = await openRanked(visitor, world.listUrl);
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        document.body.dataset.persisted = String(persisted);
      });
    });
    await page.click('[data-trimtab-item=trip-2] a');
    await page.waitForURL(/trip\.html/);
    // A page out of the cache does not load.
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForSelector('body[data-persisted]');
    // Under this very listener the page lived on, so nothing of the client keeps pages out of the cache.
    expect(await page.evaluate(() => document.body.dataset.persisted)).toBe('true');
    await page.click('[data-trimtab-item=trip-1] [data-trimtab-action=save]');
    const [click] = await world.log.untilLogged('click', 1);
    const [saved] = await world.log.untilLogged('save', 1);
    await untilSent(page);
    expect(saved.rankingId).toBe(click.rankingId);
    const ids = world.log.events.map(({ rankingId, eventId }) => `${rankingId} ${eventId}`);
    expect(new Set(ids).size).toBe(ids.length);
    const seen = world.log.events
      .filter(({ type }) => type === 'impression')
      .map(({ rankingId, itemId }) => `${rankingId} ${itemId}`);
    expect(new Set(seen).size).toBe(seen.length);
    await visitor.close();
    await world.close();
  },
);
