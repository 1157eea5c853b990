import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../../support/until.ts';
import { absent, openRanked, stored, untilSent, visitorOf, why } from './support/chromium.ts';
import { startWorld, type World } from './support/world.ts';

const MINUTE_MS = 60_000;
const HOURS_OFF_MS = 3 * 60 * MINUTE_MS;

describe.skipIf(absent)(`what a visitor does reaches the log exactly once${why}`, () => {
  let world: World;
  let visitor: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    world.log.clear();
    visitor = await visitorOf(world.browser, world.site.url, 'measure');
    page = await openRanked(visitor, world.listUrl);
  });
  afterEach(() => visitor.close());

  const save = (at: Page, trip: string) =>
    at.click(`[data-trimtab-item=${trip}] [data-trimtab-action=save]`);
  const logged = (type: string) => world.log.events.filter((event) => event.type === type);
  /** Nothing waits on the device, and no event was logged twice. */
  const settled = async (at: Page) => {
    await untilSent(at);
    const ids = world.log.events.map(({ rankingId, eventId }) => `${rankingId} ${eventId}`);
    expect(new Set(ids).size).toBe(ids.length);
  };

  test('navigation: the click that leads away', async () => {
    await page.click('[data-trimtab-item=trip-2] a');
    await page.waitForURL(/trip\.html/);
    await world.log.untilLogged('click', 1);
    await settled(page);
    expect(logged('click')).toMatchObject([{ itemId: 'trip-2', position: expect.any(Number) }]);
  });

  test('closing the tab, without another page that sends what is left', async () => {
    await save(page, 'trip-1');
    await page.close({ runBeforeUnload: true });
    await world.log.untilLogged('save', 1);
    await settled(await openRanked(visitor, world.listUrl));
    expect(logged('save')).toMatchObject([{ itemId: 'trip-1' }]);
  });

  test('offline for a while', async () => {
    await visitor.setOffline(true);
    await save(page, 'trip-1');
    // Longer than events are gathered: sending has been tried.
    await page.waitForTimeout(1500);
    expect(logged('save')).toEqual([]);
    await visitor.setOffline(false);
    await world.log.untilLogged('save', 1);
    await settled(page);
    expect(logged('save')).toHaveLength(1);
  });

  test('offline, and the page is opened anew when the network is back', async () => {
    await visitor.setOffline(true);
    await save(page, 'trip-3');
    // It is asked to close, and does so a little later.
    const closed = page.waitForEvent('close');
    await page.close({ runBeforeUnload: true });
    await closed;
    await visitor.setOffline(false);
    const next = await visitor.newPage();
    await next.goto(`${world.tripUrl}?id=trip-3`);
    await world.log.untilLogged('save', 1);
    await settled(next);
    expect(logged('save')).toMatchObject([{ itemId: 'trip-3' }]);
  });

  test('a request that arrived, but whose answer was lost, is sent again', async () => {
    let lost = 0;
    await visitor.route('**/v1/events', async (route) => {
      const isFirst = lost === 0;
      if (isFirst) lost++;
      const response = await route.fetch();
      await (isFirst ? route.abort() : route.fulfill({ response }));
    });
    await save(page, 'trip-2');
    await world.log.untilLogged('save', 1);
    await settled(page);
    expect([lost, logged('save').length]).toEqual([1, 1]);
  });

  test('two tabs, offline at once, each with a ranking of its own', async () => {
    const other = await openRanked(visitor, world.listUrl);
    const [own, others] = await Promise.all(
      [page, other].map((tab) =>
        tab.getAttribute('[data-trimtab-ranking]', 'data-trimtab-ranking'),
      ),
    );
    await visitor.setOffline(true);
    await save(page, 'trip-1');
    await save(other, 'trip-1');
    await save(other, 'trip-2');
    await visitor.setOffline(false);
    await world.log.untilLogged('save', 3);
    await settled(page);
    await settled(other);
    expect(
      logged('save')
        .map(({ rankingId, itemId }) => `${rankingId} ${itemId}`)
        .toSorted(),
    ).toEqual([`${own} trip-1`, `${others} trip-1`, `${others} trip-2`].toSorted());
    const sessions = new Set(world.log.decisions.map(({ sessionId }) => sessionId));
    expect(sessions.size).toBe(1);
  });

  test.each([HOURS_OFF_MS, -HOURS_OFF_MS])('a clock that is %i ms off', async (offMs) => {
    const late = await visitorOf(world.browser, world.site.url, 'measure');
    await late.addInitScript((ms) => {
      const { now } = Date;
      Date.now = () => now() + ms;
    }, offMs);
    const there = await openRanked(late, world.listUrl);
    await save(there, 'trip-2');
    // This page has no ranking of its own to set its clock by.
    await there.click('[data-trimtab-item=trip-2] a');
    await there.waitForURL(/trip\.html/);
    await there.click('[data-trimtab-action=booking_start]');
    const events = [
      ...(await world.log.untilLogged('save', 1)),
      ...(await world.log.untilLogged('booking_start', 1)),
    ];
    await settled(there);
    for (const { timestamp, receivedAt, clockOffsetMs } of events) {
      expect(Math.abs(receivedAt - timestamp)).toBeLessThan(30 * MINUTE_MS);
      expect(clockOffsetMs).toBeUndefined();
    }
    await late.close();
  });

  test('consent withdrawn while events wait: they are gone, and nothing more comes', async () => {
    await visitor.setOffline(true);
    await save(page, 'trip-1');
    expect(Object.keys(await stored(page)).some((name) => name.startsWith('trimtab:e:'))).toBe(
      true,
    );
    const other = await visitor.newPage();
    await visitor.setOffline(false);
    await visitor.route('**/v1/events', (route) => route.abort());
    await other.goto(`${world.tripUrl}?id=trip-1`);
    await other.waitForFunction(() => globalThis.trimtab !== undefined);
    await page.evaluate(() => trimtab!.setConsent('none'));
    expect(await stored(page)).toEqual({});
    await until('the other tab knows', () =>
      other.evaluate(() => globalThis.trimtab!.consent === 'none'),
    );
    await visitor.unroute('**/v1/events');
    world.log.clear();
    await save(page, 'trip-2');
    await other.click('[data-trimtab-action=booking_start]');
    await page.evaluate(() => trimtab!.flush());
    await page.click('[data-trimtab-item=trip-2] a');
    await page.waitForURL(/trip\.html/);
    await page.waitForTimeout(1500);
    expect(world.log.events).toEqual([]);
    expect(await stored(page)).toEqual({});
  });
});
