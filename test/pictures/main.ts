import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startChromium } from '../support/chromium.ts';

/**
 * The pictures of the README, from a system that runs: `npm run pictures -- <edge> <the dashboard's link>`, as `npm start` prints both.
 * The shop's visitors are let in for a while first, so that there is something to see: rankings a second are those of the minutes
 * before the last two.
 */
const [edge, link] = process.argv.slice(2);
if (edge === undefined || link === undefined)
  throw new Error('say where the edge is, and the link that opens the dashboard');
const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const VISITORS_MS = 240_000;
const VIEW = { width: 1280, height: 800 };

await mkdir(FOLDER, { recursive: true });
const browser = await startChromium();
try {
  const context = await browser.newContext({
    viewport: VIEW,
    locale: 'en-GB',
    colorScheme: 'light',
  });
  const shop = await context.newPage();
  const settled = () => shop.waitForSelector('#results:not([aria-busy]) .card');
  await shop.goto(new URL('/shop', edge).href);
  await settled();
  await shop.getByRole('button', { name: 'Yes, remember it' }).click();
  await settled();
  await shop.getByRole('switch').click();
  await shop.waitForTimeout(VISITORS_MS);
  await shop.locator('.open').first().click();
  await shop.keyboard.press('Escape');
  await shop.locator('.card .moved').first().waitFor();
  // The focus that comes back to the trip scrolls to it.
  await shop.waitForTimeout(1000);
  // The search panel scrolls by itself: the switch in it was scrolled to.
  await shop.evaluate(
    "document.activeElement.blur(); scrollTo(0, 0); document.querySelector('aside').scrollTo(0, 0)",
  );
  await shop.waitForTimeout(500);
  await shop.screenshot({ path: `${FOLDER}shop.png` });
  const dashboard = await context.newPage();
  await dashboard.goto(link);
  await dashboard.waitForURL('**/dashboard/now');
  await dashboard.locator('.plot canvas').first().waitFor();
  await dashboard.screenshot({ path: `${FOLDER}dashboard.png` });
} finally {
  await browser.close();
}
