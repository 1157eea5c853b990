import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { createClient, type Ranking } from '../../../edge/client/index.ts';
import { absent, untilSent, visitorOf, why } from './support/chromium.ts';
import { KEY } from './support/edge-log.ts';
import { TRIPS, TripsApp } from './support/trips-app.ts';
import { startWorld, type World } from './support/world.ts';

describe.skipIf(absent)(`the client in React, rendered on a server${why}`, () => {
  let world: World;
  let visitor: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    world = await startWorld();
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('support/trips-page.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      write: false,
      // The development build says what does not fit.
      define: { 'process.env.NODE_ENV': '"development"' },
      logLevel: 'error',
    });
    world.site.serve('/app.js', outputFiles[0].text);
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    world.log.clear();
    visitor = await visitorOf(world.browser, world.site.url, 'measure');
    page = await visitor.newPage();
    problems = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
  });
  afterEach(() => visitor.close());

  const client = () => createClient({ url: world.log.url, key: KEY, consent: 'measure' });
  async function open(initial?: Ranking) {
    const html = renderToString(createElement(TripsApp, { client: client(), initial }));
    const site = JSON.stringify({ url: world.log.url, key: KEY, initial });
    world.site.serve(
      '/app.html',
      `<!doctype html><link rel="icon" href="data:,"><div id="app">${html}</div><script>site = ${site}</script><script type="module" src="/app.js"></script>`,
    );
    await page.goto(`${world.site.url}/app.html`);
    await page.waitForSelector('main[data-busy=false]');
    return html;
  }
  const shown = () =>
    page.$$eval('[data-trimtab-item]', (items) =>
      items.map((item) => (item as HTMLElement).dataset.trimtabItem!),
    );

  test('renders the own order on the server and at hydration alike, and then the ranking', async () => {
    const html = await open();
    expect([...html.matchAll(/data-trimtab-item="([^"]*)"/g)].map(([, id]) => id)).toEqual(TRIPS);
    const ranked = await page.getAttribute('[data-trimtab-item]', 'data-trimtab-ranking');
    await world.log.untilLogged('timing', 1);
    const decision = world.log.decisions.find(({ rankingId }) => rankingId === ranked)!;
    expect(await shown()).toEqual(decision.itemIds);
    await page.click('[data-trimtab-item=trip-3] a');
    await page.click('[data-trimtab-item=trip-2] button');
    expect(await world.log.untilLogged('click', 1)).toMatchObject([
      { itemId: 'trip-3', rankingId: ranked },
    ]);
    expect(await world.log.untilLogged('save', 1)).toMatchObject([{ itemId: 'trip-2' }]);
    await world.log.untilLogged('impression', 4);
    await page.click('#food');
    await page.waitForFunction(
      (before) =>
        document.querySelector<HTMLElement>('[data-trimtab-item]')?.dataset.trimtabRanking !==
        before,
      ranked,
    );
    await page.waitForSelector('main[data-busy=false]');
    // Seen again, in another ranking.
    await world.log.untilLogged('impression', 8);
    await untilSent(page);
    expect(await page.evaluate(() => globalThis.mismatches)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a ranking that the server made is shown at once, asked for once, and tracked', async () => {
    const initial = await client().rank({
      candidates: TRIPS,
      preferences: { themes: ['hiking'] },
      sessionId: 'a-session-of-the-server',
      timeoutMs: 120_000,
    });
    expect(initial).toMatchObject({ ranked: true, consent: 'measure' });
    const html = await open(initial);
    const order = initial.items.map(({ id }) => id);
    expect([...html.matchAll(/data-trimtab-item="([^"]*)"/g)].map(([, id]) => id)).toEqual(order);
    expect(await shown()).toEqual(order);
    await page.click(`[data-trimtab-item=${order[1]}] a`);
    expect(await world.log.untilLogged('click', 1)).toMatchObject([
      { itemId: order[1], position: 2, rankingId: initial.rankingId },
    ]);
    await untilSent(page);
    expect(world.log.decisions).toHaveLength(1);
    expect(await page.evaluate(() => globalThis.mismatches)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
