import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { seededRandom } from '../../../shared/explore/random.ts';
import { sizedForHours } from '../../support/size.ts';
import { absent, hide, openRanked, untilSent, visitorOf, why } from './support/chromium.ts';
import { examplePage } from './support/site.ts';
import { startWorld, type World } from './support/world.ts';

const CLICKS = sizedForHours(12, 150);
const PROMISED_SHARE = 0.99;

describe.skipIf(absent)(`a visitor${why}`, () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());
  beforeEach(() => world.log.clear());

  test(`whose ${CLICKS} clicks lead away, open tabs and go back has at least 99 % of them attributed`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const visitor: BrowserContext = await visitorOf(world.browser, world.site.url, 'measure');
    let page: Page = await openRanked(visitor, world.listUrl);
    const clicked: string[] = [];
    for (let i = 0; i < CLICKS; i++) {
      const trip = `trip-${1 + Math.floor(random() * 3)}`;
      const ranking = await page.getAttribute('[data-trimtab-ranking]', 'data-trimtab-ranking');
      const link = `[data-trimtab-item=${trip}] a`;
      const how = random();
      if (how < 0.3) {
        const [tab] = await Promise.all([
          visitor.waitForEvent('page'),
          page.click(link, { button: 'middle' }),
        ]);
        await tab.close({ runBeforeUnload: true });
      } else {
        await page.click(link);
        await page.waitForURL(/trip\.html/);
        if (how < 0.5) {
          await page.goBack({ waitUntil: 'commit' });
        } else if (how < 0.75) {
          await page.close({ runBeforeUnload: true });
          page = await visitor.newPage();
          await page.goto(world.listUrl);
        } else {
          await page.click('a');
        }
        await page.waitForSelector('[data-trimtab-ranking]');
      }
      clicked.push(`${ranking} ${trip}`);
    }
    await page.evaluate(() => trimtab!.flush());
    await untilSent(page);
    await world.log.untilLogged('click', Math.ceil(PROMISED_SHARE * CLICKS));
    const logged = world.log.events
      .filter(({ type }) => type === 'click')
      .map(({ rankingId, itemId }) => `${rankingId} ${itemId}`);
    expect(logged.length).toBeLessThanOrEqual(CLICKS);
    const left = [...logged];
    const attributed = clicked.filter((click) => {
      const found = left.indexOf(click);
      if (found >= 0) left.splice(found, 1);
      return found >= 0;
    });
    expect([seed, left]).toEqual([seed, []]);
    expect(attributed.length / CLICKS).toBeGreaterThanOrEqual(PROMISED_SHARE);
    await visitor.close();
  });

  test('who scrolls, points, fills in a form, uses the map and answers: it is told in shares, cells and names, and never what is in a field', async () => {
    const visitor = await visitorOf(world.browser, world.site.url, 'measure');
    const list = await examplePage('list.html', world.log.url);
    const form = `
      <button data-trimtab-feature="map">Map</button>
      <form data-trimtab-form="booking">
        <input data-trimtab-field="name" value="">
        <input data-trimtab-field="people" value="">
        <input id="secret" name="secret">
      </form>
      <p id="below" style="margin-top: 300vh">the end</p>`;
    world.site.serve(
      '/extras.html',
      list
        .replace('</body>', `${form}</body>`)
        .replace('<head>', `<head><script async src="${world.log.url}/client.extras.js"></script>`),
    );
    const page = await openRanked(visitor, `${world.site.url}/extras.html`);
    await page.waitForFunction(() => globalThis.trimtabExtras !== undefined);
    await page.fill('[data-trimtab-field=name]', 'Ada of the fields');
    await page.fill('#secret', 'nobody may know');
    for (const x of [10, 20, 30]) {
      // Waits until the page has come to rest: where the field was a moment ago there may be none any more.
      await page.hover('#secret', { position: { x, y: 5 } });
      await page.waitForTimeout(300);
    }
    await hide(page, true);
    await hide(page, false);
    const pointed = () => world.log.events.filter(({ type }) => type === 'pointer_activity');
    await world.log.untilLogged('form_progress', 1);
    expect(pointed()).toEqual([]);
    await page.mouse.move(5, 5);
    await page.waitForTimeout(300);
    await page.click('[data-trimtab-feature=map]');
    await page.locator('#below').scrollIntoViewIfNeeded();
    await page.evaluate(() => {
      trimtabExtras!.askSatisfaction(trimtab!, {
        question: 'Did you find what you were looking for?',
        answers: ['No', 'Nearly', 'Yes'],
        parent: document.body,
      });
    });
    await page.click('.trimtab-survey button:nth-of-type(2)');
    expect(await page.$('.trimtab-survey')).toBeNull();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await hide(page, true);
    const [used] = await world.log.untilLogged('feature_use', 1);
    const [answer] = await world.log.untilLogged('survey', 1);
    const depths = await world.log.untilLogged('scroll_depth', 1);
    await world.log.untilLogged('pointer_activity', 1);
    await untilSent(page);
    expect(used.properties).toEqual({ feature: 'map' });
    expect([answer.value, answer.properties]).toEqual([0.5, { survey: 'satisfaction' }]);
    expect(Math.max(...depths.map(({ value }) => value!))).toBeGreaterThan(0.9);
    for (const { properties } of pointed())
      expect(properties).toEqual({ cell: expect.stringMatching(/^\d,\d$/) });
    const progress = world.log.events.filter(({ type }) => type === 'form_progress');
    expect(progress).toMatchObject([
      { value: 0.5, properties: { form: 'booking', fields: 'name' } },
    ]);
    const all = JSON.stringify(world.log.events);
    for (const secret of ['Ada', 'nobody may know', 'secret']) expect(all).not.toContain(secret);
    await visitor.close();
  });
});
