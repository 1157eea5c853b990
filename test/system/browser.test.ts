import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from '../../backend/dashboard/pages.ts';
import type { ReviewedSession } from '../../backend/log/review/sessions.ts';
import { updateAlerts } from '../../backend/monitor/alerts.ts';
import { monthBefore } from '../../backend/reports/months.ts';
import { storeMonthlyReport } from '../../backend/reports/store-monthly-report.ts';
import { openStore } from '../../backend/store/open.ts';
import { armKey } from '../../shared/domain/experiment.ts';
import { parseSessionId, versionOf } from '../../shared/domain/ids.ts';
import type { IngestBatch } from '../../shared/format/ingest-bytes.ts';
import {
  startFeedServer,
  table,
  type FeedServer,
} from '../backend/catalogue/feeds/support/feed-server.ts';
import { until } from '../support/until.ts';
import { bringUpToDate } from '../backend/log/support/bring-up-to-date.ts';
import { happened } from '../backend/log/support/log.ts';
import { startTestBackend, type TestBackend } from '../backend/support/backend.ts';
import { send } from '../backend/support/batches.ts';
import { decisionOf } from '../backend/support/decisions.ts';
import { violationsOn } from '../support/axe.ts';
import { needsChromium, PATIENCE_MS, startChromium } from '../support/chromium.ts';

const { absent, why } = needsChromium;
const WIDTHS = [390, 1280, 2560];
/** A folder for pictures of all pages, for people to look at. */
const SCREENSHOTS = process.env.TRIMTAB_SCREENSHOTS;
/** Of what one page loads, as it is before it is packed. */
const MAX_SCRIPT_BYTES = 100_000;

/** What a form says of what was typed into it: beside a field, or else below them all. */
const SAID = '.problem, [role="alert"]:not([hidden])';

/** What those are told of a field who hear it, beside its name. */
const saidOf = (field: Locator): Promise<string> =>
  field.evaluate((of: any) =>
    (of.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id: string) => of.ownerDocument.getElementById(id)?.textContent ?? '')
      .join(' '),
  );

/** Sixty visitors on two days, by two versions, who click, look and book. */
function visits(): IngestBatch {
  const decisions = Array.from({ length: 120 }, (_, n) =>
    decisionOf(`visit-${n}`, {
      at: Date.now() - (n < 60 ? 2 : 1) * 3 * 3_600_000 * 9 + n * 1000,
      sessionId: parseSessionId(`visitor-${n % 60}`),
      weights: versionOf(n % 3 === 0 ? 1 : 0),
      request: JSON.stringify({ preferences: { themes: [n % 4 === 0 ? 'beach' : 'food'] } }),
    }),
  );
  const events = decisions.flatMap((decision, n) => [
    ...(n % 2 === 0
      ? [
          happened(decision, 'click', { afterMs: 2000, slot: n % 3 }),
          happened(decision, 'dwell', { afterMs: 9000, slot: n % 3, value: 5000 + 100 * n }),
        ]
      : []),
    ...(n % 4 === 0 ? [happened(decision, 'booking_start', { afterMs: 12_000, slot: n % 3 })] : []),
    ...(n % 8 === 0
      ? [happened(decision, 'booking', { afterMs: 15_000, slot: n % 3, value: 100 + n })]
      : []),
    ...(n % 3 === 0
      ? [happened(decision, 'survey', { afterMs: 20_000, itemId: undefined, value: (n % 2) / 2 })]
      : []),
    ...(n % 10 === 0
      ? [happened(decision, 'not_interested', { afterMs: 21_000, slot: n % 3 })]
      : []),
    happened(decision, 'scroll_depth', { afterMs: 3000, itemId: undefined, value: (n % 10) / 10 }),
    happened(decision, 'pointer_activity', {
      afterMs: 4000,
      itemId: undefined,
      value: 1 + (n % 5),
      properties: { cell: `${n % 10},${Math.floor(n / 12)}` },
    }),
  ]);
  return { batchId: 'visits', decisions, events };
}

describe.skipIf(absent)(`the dashboard in Chromium${why}`, () => {
  let backend: TestBackend;
  let browser: Browser;
  let shop: FeedServer;
  let experiment: string;
  let candidate: string;
  beforeAll(async () => {
    shop = await startFeedServer();
    const feed = {
      name: 'trips',
      url: `${shop.url}/trips.csv`,
      schedule: '',
      read: {},
      redirectHosts: [],
      maxWithdrawnShare: 0.5,
      maxRefusedShare: 0,
      maxBytes: 1000,
      timeoutMs: 60_000,
    };
    backend = await startTestBackend({ feeds: [feed] });
    browser = await startChromium();
    candidate = await seed(backend);
  });
  afterAll(async () => {
    await browser?.close();
    await backend?.close();
    await shop?.close();
  });

  /** Something on every page. */
  async function seed(of: TestBackend): Promise<string> {
    const { config } = of;
    const call: TestBackend['call'] = (...args) => of.call(...args);
    await call('POST', '/v1/weights', { name: 'other', points: {} });
    const asked = {
      name: 'bolder <b>themes</b>',
      arms: [
        { name: 'control', weight: 50 },
        { name: 'bold', weight: 50, version: 'v000001' },
      ],
      metrics: ['click_through', 'saves', 'contacts'],
      guardrails: [{ metric: 'click_through', margin: 0.05 }],
      minimumPerArm: 40,
      start: true,
    };
    experiment = (await call('POST', '/v1/experiments', asked)).body.id;
    await call('PUT', '/v1/metric-weights/smarttrip', {
      weights: { click: -1, booking: 20 },
      author: 'bea',
      reason: 'bookings pay',
      expiresAt: Date.UTC(2099, 0, 1),
    });
    await send(of, visits());
    const { version } = (await call('POST', '/v1/weights', { name: 'new', points: {} })).body;
    await call('POST', '/v1/rollouts', { version, force: true });
    const store = await openStore(config.database);
    const drifted = (key: string, message: string) =>
      updateAlerts(store, [{ key, kind: 'drift', message, details: {} }], [], Date.now(), {
        clearMs: 0,
      });
    await drifted('a', 'it <b>drifted</b>');
    await drifted('b', 'too');
    await updateAlerts(store, [], ['drift'], Date.now(), { clearMs: 0, unknown: ['a'] });
    await store.close();
    return version;
  }

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  }

  async function signedIn(role: 'viewer' | 'operator', name: string): Promise<BrowserContext> {
    const { path } = (await backend.call('POST', '/v1/logins', { role, name })).body;
    const context = await newContext();
    const page = await context.newPage();
    await page.goto(backend.url + path);
    await page.waitForURL('**/dashboard/now');
    await page.close();
    return context;
  }

  async function open(page: Page, path: string): Promise<void> {
    await page.goto(`${backend.url}/dashboard/${path}`, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector('#sections > section, #problem .notice');
  }

  const textOf = (page: Page) => page.locator('main').innerText();

  test('shows how to sign in to whoever is not, and comes back to where they wanted to go', async () => {
    const context = await newContext();
    const page = await context.newPage();
    await page.goto(`${backend.url}/dashboard/audit?text=weights`);
    expect(await page.locator('h1').innerText()).toBe('Sign in');
    expect(await violationsOn(page)).toEqual([]);
    const { token } = (await backend.call('POST', '/v1/logins', { name: 'dora' })).body;
    await page.getByLabel('Token of the link').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/dashboard/audit?text=weights');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${backend.url}/`);
    await page.goto(`${backend.url}/dashboard/now`);
    expect(await page.locator('h1').innerText()).toBe('Sign in');
    await context.close();
  });

  test('has no fault that axe finds, runs over no edge and loads little, on every page at every width, light and dark', async () => {
    const context = await signedIn('operator', 'anna');
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (line) => {
      if (line.type() === 'error') faults.push(line.text());
    });
    for (const { path, title } of PAGES) {
      await open(page, path);
      expect(await page.locator('h1').innerText()).toBe(title);
      const bytes = await page.evaluate<number>(
        `performance.getEntriesByType('resource').filter(({ name }) => name.includes('.js')).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
      );
      expect({ path, isSmall: bytes > 0 && bytes < MAX_SCRIPT_BYTES }).toEqual({
        path,
        isSmall: true,
      });
      // While it is open: charts are drawn anew in another width and under another theme.
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: width === 1280 ? 'dark' : 'light' });
        const wider = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect({ path, width, wider }).toEqual({ path, width, wider: 0 });
        expect(await violationsOn(page)).toEqual([]);
        if (SCREENSHOTS !== undefined)
          await page.screenshot({ path: `${SCREENSHOTS}/${path}-${width}.png`, fullPage: true });
      }
      expect(await page.locator('#problem').innerText()).toBe('');
    }
    expect(faults).toEqual([]);
    await context.close();
  });

  test('shows what is live, how far an experiment is, and what came out with its interval', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    await open(page, 'now');
    expect(await page.locator('#section-live').innerText()).toContain('v000000');
    await open(page, `experiments?id=${experiment}`);
    expect(await textOf(page)).toContain('bolder <b>themes</b>');
    expect(await textOf(page)).toMatch(/Not enough data yet: \w+ has 0 of the 40 sessions/);
    expect(await page.locator('progress').count()).toBe(1);
    const decisions = Array.from({ length: 100 }, (_, n) =>
      decisionOf(`r-${n}`, {
        at: Date.now() - 9000,
        sessionId: parseSessionId(`s-${n}`),
        arm: armKey(experiment, n % 2 ? 'control' : 'bold'),
      }),
    );
    const events = decisions
      .filter((_, n) => n % 4 === 0 || n % 5 === 0)
      .map((decision) => happened(decision, 'click', { afterMs: 900 }));
    await send(backend, { batchId: 'b', decisions, events });
    await open(page, `experiments?id=${experiment}`);
    const full = await textOf(page);
    expect(full).toContain('bold against control');
    expect(full).toMatch(/Guardrail: click_through at most 5.0 % worse/);
    expect(full).toContain('saves, contacts: no variance: every unit of both arms has the same');
    expect(await page.locator('svg.interval .mean').count()).toBeGreaterThan(0);
    await page.locator('#effect-over-time canvas').waitFor();
    await page.locator('#effect-over-time summary').click();
    expect(await page.locator('#effect-over-time table').innerText()).toMatch(/bold, low/);
    await open(page, 'ranking?id=r-1');
    expect(await textOf(page)).toContain('Ranking r-1');
    await context.close();
  });

  test('shows overrides and that their history holds, a rollout and why, alerts and what was one, and reports', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    await open(page, 'metric-weights');
    for (const text of [
      'bookings pay. By bea',
      '2099-01-01 00:00',
      'click changes its sign: 1 to -1',
      'chain verified',
    ])
      expect(await textOf(page)).toContain(text);
    await open(page, 'weights');
    expect(await page.locator('.stages [aria-current="step"]').innerText()).toBe('shadow');
    expect(await textOf(page)).toContain(`At candidate, ${candidate} had 0 sessions`);
    await open(page, 'alerts');
    expect(await page.locator('#section-open').innerText()).toContain('it <b>drifted</b>');
    expect(await page.locator('#section-over').innerText()).toContain('too');
    const store = await openStore(backend.config.database);
    const account = { update: () => bringUpToDate(store) };
    await send(backend, {
      batchId: 'of the report',
      decisions: [decisionOf('r-report', { at: Date.now() - 5000 })],
      events: [],
    });
    await storeMonthlyReport({ store, account, nowMs: Date.now, log: () => {} });
    await store.close();
    await open(page, 'business');
    expect(
      await page.locator(`a[href="/v1/reports/${monthBefore(Date.now())}?format=html"]`).count(),
    ).toBe(1);
    await context.close();
  });

  test('shows what visitors did: by version, by item and by search, and says so when an item was not shown', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    await open(page, 'business?days=7&searches=leads');
    for (const chart of [
      'click-through',
      'conversion',
      'dwell',
      'revenue',
      'satisfaction',
      'not-interested',
      'effective-items',
    ])
      await page.locator(`#${chart}-by-day canvas`).waitFor();
    const rows = await page.locator('#section-versions tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s+/)[0]).toSorted()).toEqual(['v000000', 'v000001']);
    expect(await page.locator('#section-items').innerText()).toContain('lisbon');
    const [best] = await page.locator('#section-searches tbody tr').allInnerTexts();
    expect(best).toContain('themes: beach');
    const saved = page.waitForEvent('download');
    await page.locator('#section-items').getByRole('button', { name: 'CSV' }).click();
    expect((await saved).suggestedFilename()).toBe('items.csv');
    await page.getByLabel('Last').selectOption('30');
    await page.waitForURL('**/business?days=30&searches=leads');
    await open(page, 'business?item=nowhere');
    expect(await page.locator('#section-items').innerText()).toContain('nowhere was not shown');
    await context.close();
  });

  test('says what an override would change before it is set', async () => {
    const context = await signedIn('operator', 'olga');
    const page = await context.newPage();
    await open(page, 'metric-weights');
    const { history } = (await backend.call('GET', '/v1/metric-weights/smarttrip')).body;
    await page.getByRole('button', { name: 'Override …' }).click();
    const dialog = page.locator('#dialog');
    await dialog.getByLabel('Weights').fill('{"click": 1, "booking": 80}');
    await dialog.getByLabel('Reason').fill('a trial');
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await dialog.getByText('booking moves by +300 %: 20 to 80').waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await backend.call('GET', '/v1/metric-weights/smarttrip')).body.history).toEqual(
      history,
    );
    await context.close();
  });

  test('shows sessions as they were seen, and leaves one out of training with a reason until that is taken back', async () => {
    const context = await signedIn('operator', 'rita');
    const page = await context.newPage();
    const { sessions: sample } = (await backend.call('GET', '/v1/data/sessions?limit=50')).body as {
      sessions: ReviewedSession[];
    };
    const didClick = ({ type }: { readonly type: string }) => type === 'click';
    const { sessionId, rankings } = sample.find(({ rankings: own }) =>
      own.some(({ events }) => events.some(didClick)),
    )!;
    const click = rankings.flatMap(({ events }) => events).find(didClick)!;
    await open(page, `training?kind=session&subject=${encodeURIComponent(sessionId)}`);
    const sessions = page.locator('#section-sessions');
    await sessions.locator('summary').click();
    expect(await sessions.locator('table').innerText()).toMatch(
      new RegExp(`click ${click.itemId} after \\d+ m?s`),
    );
    await sessions.getByRole('button', { name: 'Leave out …' }).click();
    const dialog = page.locator('#dialog');
    await dialog.getByLabel('Reason').fill('our own monitor');
    expect(await violationsOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Leave out' }).click();
    await page.locator('#section-exclusions', { hasText: 'our own monitor' }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
    if (SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${SCREENSHOTS}/training-review.png`, fullPage: true });
    const { exclusions } = (await backend.call('GET', '/v1/data/exclusions')).body;
    expect(exclusions).toMatchObject([{ subject: sessionId, by: 'rita', liftedAt: null }]);
    await page.getByRole('button', { name: 'Learn from again …' }).click();
    await dialog.getByLabel('Reason').fill('it was a customer');
    await dialog.getByRole('button', { name: 'Learn from again' }).click();
    await page.locator('#section-exclusions', { hasText: 'it was a customer' }).waitFor();
    await context.close();
  });

  test('lets an operator act, once they typed what they mean, and tells everybody who looks', async () => {
    const context = await signedIn('operator', 'carla');
    const [page, beside] = [await context.newPage(), await context.newPage()];
    await open(beside, 'audit');
    await open(page, 'weights?version=v000001');
    await page.getByRole('button', { name: 'Roll back …' }).click();
    const dialog = page.locator('#dialog');
    const field = dialog.getByLabel('Type v000001 to confirm');
    await field.fill('v000000');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    expect(await saidOf(field)).toBe('That is not v000001.');
    expect(await violationsOn(page)).toEqual([]);
    await field.fill('v000001');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.locator('#section-version .badge', { hasText: 'held' }).waitFor();
    // Nobody touched the other page: the server told it.
    await beside.locator('#section-entries tr', { hasText: 'carla' }).first().waitFor();
    const { weights } = (await backend.call('GET', '/v1/status')).body;
    expect(weights).toMatchObject({ version: 'v000001', hold: true, by: 'carla' });
    await page.getByRole('button', { name: 'Release the hold …' }).click();
    await dialog.getByLabel('Type v000001 to confirm').fill('v000001');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await page
      .locator('#section-version .badge', { hasText: 'held' })
      .waitFor({ state: 'detached' });
    await open(page, 'alerts');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('seen by carla').waitFor();
    await page.getByRole('button', { name: 'Silence …' }).click();
    await dialog.getByLabel('Hours').fill('2');
    await dialog.getByLabel('Reason').fill('we know');
    await dialog.getByRole('button', { name: 'Silence' }).click();
    await page.getByText('by carla: we know').waitFor();
    await context.close();
  });

  test('shows what backend and edge take and answer, and asks no other address for anything', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    const asked: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (line) => {
      if (line.type() === 'error') faults.push(line.text());
    });
    // Also what the policy kept from being asked would be a fault.
    await page.addInitScript(
      `globalThis.refused = []; document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => refused.push(violatedDirective + ' ' + blockedURI))`,
    );
    await open(page, 'now').then(() => page.getByRole('link', { name: 'API' }).click());
    await page.waitForURL('**/dashboard/api');
    const main = page.locator('main');
    // Scalar lays itself out; each loading of its 5 MB takes a while.
    for (const width of SCREENSHOTS === undefined ? [1280] : WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: width === 1280 ? 'dark' : 'light' });
      await page.goto(`${backend.url}/dashboard/api?api=backend`);
      await main.getByRole('heading', { name: 'Trimtab backend' }).waitFor();
      await main.getByText('/v1/alerts/silence').first().waitFor();
      expect(await violationsOn(page)).toEqual([]);
      if (SCREENSHOTS !== undefined)
        await page.screenshot({ path: `${SCREENSHOTS}/api-${width}.png` });
    }
    await page.goto(`${backend.url}/dashboard/api?api=edge`);
    await main.getByRole('heading', { name: 'Trimtab edge' }).waitFor();
    await main.getByText('/v1/rank').first().waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await violationsOn(page)).toEqual([]);
    }
    expect(asked.length).toBeGreaterThan(5);
    const own = [`${backend.url}/`, 'data:', 'blob:'];
    expect(asked.filter((url) => !own.some((start) => url.startsWith(start)))).toEqual([]);
    // Scalar looks whether it may make functions of texts, and goes on without where it may not.
    expect(await page.evaluate('refused')).toEqual(['script-src eval']);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('shows what became of a feed, reads it when it is told to, and says why it was refused', async () => {
    const context = await signedIn('operator', 'fred');
    const page = await context.newPage();
    await open(page, 'catalogue');
    const feed = page.locator('#section-feed-trips');
    await feed.getByText('not read yet').waitFor();
    const read = async () => {
      await feed.getByRole('button', { name: 'Read now' }).click();
      await page.locator('#dialog').getByRole('button', { name: 'Read' }).click();
    };
    shop.answer = table(['id,price', 'a,1', 'b,2', 'c,3']);
    await read();
    await feed.getByText('taken', { exact: true }).waitFor();
    expect(await feed.locator('table').innerText()).toMatch(/New\s+3/);
    shop.answer = table(['id,price', 'a,4']);
    await read();
    // It takes out two of three.
    await page.locator('#dialog').getByRole('alert').waitFor();
    await page.locator('#dialog').getByRole('button', { name: 'Cancel' }).click();
    await feed.getByText('refused', { exact: true }).waitFor();
    expect(await feed.innerText()).toMatch(/Refused, whole: .*2 of .*3/);
    expect(await violationsOn(page)).toEqual([]);
    if (SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${SCREENSHOTS}/catalogue-refused.png`, fullPage: true });
    await feed.getByRole('button', { name: 'Take it' }).click();
    await page.locator('#dialog').getByLabel('Type trips to confirm').fill('trips');
    await page.locator('#dialog').getByRole('button', { name: 'Read' }).click();
    await feed.getByText('taken', { exact: true }).waitFor();
    expect(await feed.locator('table').innerText()).toMatch(/Changed\s+1[\s\S]*Withdrawn\s+2/);
    await context.close();
  });

  test('lists what operators ask of lists, takes a rule in once it was typed what that is, and takes it out', async () => {
    const context = await signedIn('operator', 'paul');
    const page = await context.newPage();
    const rules = async () => (await backend.call('GET', '/v1/slate-rules')).body.rules;
    await open(page, 'slate-rules');
    const inForce = page.locator('#section-in-force');
    expect(await inForce.innerText()).toContain('No operator asks anything of lists.');
    await page.getByRole('button', { name: 'Add …' }).click();
    const dialog = page.locator('#dialog');
    const say = async (text: string) => {
      await dialog.getByLabel('Rules').fill(text);
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await dialog.locator(SAID).waitFor();
    };
    await dialog.getByLabel('Placement').fill('home');
    await dialog.getByLabel('Hours').fill('48');
    await dialog.getByLabel('Note').fill('spring <i>campaign</i>');
    await dialog.getByLabel('Type add rule to confirm').fill('add');
    await say('{}');
    expect(await saidOf(dialog.getByLabel('Type add rule to confirm'))).toBe(
      'That is not add rule.',
    );
    await dialog.getByLabel('Type add rule to confirm').fill('add rule');
    for (const [text, reason] of [
      ['{"caps"', 'Rules are no JSON'],
      ['{}', 'must have caps, quotas, pins or boosts'],
      ['{"caps": [{"column": "colour", "most": 3}]}', 'colour'],
    ]) {
      await say(text);
      await dialog.locator(SAID).filter({ hasText: reason }).waitFor();
    }
    expect(await violationsOn(page)).toEqual([]);
    expect(await rules()).toEqual([]);
    await dialog.getByLabel('Rules').fill(
      JSON.stringify({
        caps: [{ column: 'country', most: 3 }],
        quotas: [{ where: { column: 'continent', in: ['Africa', 'Asia'] }, least: 2, within: 10 }],
        pins: [{ id: 'lisbon', position: 3 }],
        boosts: [{ where: { column: 'price', to: 800 }, points: -6 }],
      }),
    );
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await inForce.getByText('rule-1', { exact: true }).waitFor();
    for (const text of [
      'home',
      'at most 3 of each country on a page',
      'at least 2 among the first 10 with continent Africa or Asia',
      'lisbon at position 3',
      '−6 points for price up to 800',
      'spring <i>campaign</i>',
      'paul',
    ])
      expect(await inForce.innerText()).toContain(text);
    expect(await rules()).toMatchObject([
      { id: 'rule-1', placement: 'home', by: 'paul', until: expect.any(Number) },
    ]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const wider = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(wider).toBe(0);
      expect(await violationsOn(page)).toEqual([]);
      if (SCREENSHOTS !== undefined)
        await page.screenshot({ path: `${SCREENSHOTS}/slate-rules-${width}-one.png` });
    }
    // Who only looks sees it, and cannot take it out, not even by asking the route with a token of theirs.
    const looks = await (await signedIn('viewer', 'vera')).newPage();
    await open(looks, 'slate-rules');
    expect(await looks.locator('#section-in-force').innerText()).toContain('lisbon at position 3');
    expect(await looks.locator('#section-in-force button').count()).toBe(0);
    const refused = await looks.evaluate<number>(
      `fetch('/v1/slate-rules/rule-1', { method: 'DELETE', headers: { 'x-csrf-token': document.querySelector('main').dataset.csrf } }).then(({ status }) => status)`,
    );
    const unsigned = await page.evaluate<number>(
      `fetch('/v1/slate-rules/rule-1', { method: 'DELETE' }).then(({ status }) => status)`,
    );
    expect([refused, unsigned, (await rules()).length]).toEqual([403, 403, 1]);
    await looks.context().close();
    await page.getByRole('button', { name: 'Remove …' }).click();
    await dialog.getByLabel('Type rule-1 to confirm').fill('rule-1');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await inForce.getByText('No operator asks anything of lists.').waitFor();
    await page.locator('#section-changes', { hasText: 'remove slate rule' }).waitFor();
    expect(await rules()).toEqual([]);
    await context.close();
  });

  test('gives a viewer nothing to press that changes anything', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    const offered: string[] = [];
    for (const { path } of PAGES) {
      await open(page, path);
      offered.push(...(await page.locator('#sections button').allInnerTexts()));
    }
    const reads = new Set([
      'CSV',
      'Rank',
      'Look it up',
      'Filter',
      'Calculate',
      'Older',
      'Newest',
      'Others',
    ]);
    expect(offered.filter((label) => !reads.has(label))).toEqual([]);
    await context.close();
  });

  test('is open in more tabs than a browser has connections to a server', async () => {
    const context = await signedIn('operator', 'tom');
    for (let tab = 0; tab < 8; tab++) {
      const page = await context.newPage();
      await open(page, 'now');
      // A tab without a window is never hidden by itself.
      await page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    }
    await context.close();
  });

  test('is found by keyboard alone: the content is one press away, and so is everything that has a name', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    await open(page, 'now');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('bolder');
    await page.locator('#hits li', { hasText: 'experiment' }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/dashboard/experiments?id=${experiment}`);
    await context.close();
  });

  test('tries a request by two versions beside each other, and says what the request keeps out', async () => {
    const context = await signedIn('viewer', 'vera');
    const page = await context.newPage();
    await open(page, 'ranking');
    const request = {
      sessionId: 'try-1',
      candidates: [
        { id: 'cheap', price: 90 },
        { id: 'dear', price: 9000 },
        { id: 'gone', price: 80 },
      ],
      preferences: { budget: 100 },
      exclude: ['gone'],
    };
    await page.getByRole('textbox', { name: 'Request' }).fill('{"sessionId"');
    await page.getByRole('button', { name: 'Rank', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'The request is not JSON' }).waitFor();
    await page.getByRole('textbox', { name: 'Request' }).fill(JSON.stringify(request));
    await page.getByLabel('Ranked by').selectOption('v000000');
    await page.getByLabel('beside').selectOption('v000001');
    await page.getByRole('button', { name: 'Rank', exact: true }).click();
    const rules = page.locator('#section-slate-0');
    await rules.waitFor();
    expect(await rules.innerText()).toContain('2 items compete');
    expect(await page.getByRole('textbox', { name: 'Request' }).inputValue()).toBe(
      JSON.stringify(request, null, 2),
    );
    expect(await rules.innerText()).toContain('The request keeps out: 1 (exclude');
    const rows = await rules.locator('tbody tr').allInnerTexts();
    expect(rows.map((row) => /cheap|dear|gone/.exec(row)![0])).toEqual(['cheap', 'dear']);
    expect(rows[0]).toMatch(/budget/);
    // All points of the other version are 0.
    expect(await page.locator('#section-slate-1 h2').innerText()).toContain('v000001');
    expect(await page.locator('#section-slate-1').innerText()).toMatch(/In v000000/i);
    expect(await violationsOn(page)).toEqual([]);
    // The address shows the same to somebody else.
    const again = await context.newPage();
    await again.goto(page.url());
    await again.locator('#section-slate-0').waitFor();
    expect(await again.locator('#section-slate-0 tbody tr').count()).toBe(2);
    const beside = { ...request, candidates: undefined, exclude: undefined, related: 'lisbon' };
    await page.getByRole('textbox', { name: 'Request' }).fill(JSON.stringify(beside));
    await page.getByRole('button', { name: 'Rank', exact: true }).click();
    // Whether neighbours of any item are published depends on what the catalogue held before.
    await page
      .getByText(
        /Beside lisbon, with 0 neighbours: nothing is known of lisbon|nothing is published yet of which items are alike/,
      )
      .first()
      .waitFor();
    await context.close();
  });

  test('makes an experiment of all that the command takes by keyboard, and says beside a field what is wrong with it', async () => {
    const context = await signedIn('operator', 'ella');
    const page = await context.newPage();
    const dialog = page.locator('#dialog');
    const create = dialog.getByRole('button', { name: 'Create the draft' });
    const arm = (n: number) => dialog.getByRole('group', { name: `arm ${n}` });
    const step = (n: number) => dialog.getByRole('group', { name: `step ${n}` });
    await open(page, 'experiments');
    await page.getByRole('button', { name: 'Create …' }).press('Enter');
    await create.press('Enter');
    await page.keyboard.type('whole');
    expect(await dialog.getByLabel('Name', { exact: true }).first().inputValue()).toBe('whole');

    await dialog.getByRole('button', { name: 'Add an arm' }).press('Enter');
    await page.keyboard.type('Third arm');
    // Each named, as a test before may have made any of them the champion.
    await arm(1).getByLabel('Version').selectOption('v000000');
    await arm(3).getByLabel('Version').selectOption(candidate);
    await arm(3).getByLabel('Share').fill('25');
    await arm(2).getByLabel('Version').selectOption('v000001');
    await dialog.getByRole('button', { name: 'Add a guardrail' }).press('Enter');
    await dialog.getByLabel('Metric', { exact: true }).selectOption('revenue');
    await dialog.getByLabel('Tolerated loss, %').fill('2');
    await dialog.getByLabel('Metrics, the first one first').fill('click_through, saves');
    for (const traffic of ['20', '5'] as const) {
      await dialog.getByRole('button', { name: 'Add a step' }).press('Enter');
      await page.keyboard.type(traffic);
    }
    await step(2).getByLabel('When').selectOption('at a moment');
    await create.press('Enter');
    // The browser finds a field that is empty before anything is sent.
    expect(await saidOf(step(2).getByLabel('Moment, by your clock', { exact: true }))).not.toBe('');
    expect(await violationsOn(page)).toEqual([]);
    await step(2).getByLabel('When').selectOption('searches later');
    await step(2).getByLabel('Searches').fill('10000');

    // What the backend refuses, one after the other, has the focus and is said beside its field.
    await create.press('Enter');
    await expect
      .poll(() => saidOf(arm(3).getByLabel('Name', { exact: true })))
      .toContain('lower-case letters');
    expect(await violationsOn(page)).toEqual([]);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('third');
    await create.press('Enter');
    await expect
      .poll(() => saidOf(dialog.getByLabel('Metric', { exact: true })))
      .toContain('needs it among');
    await dialog.getByLabel('Metric', { exact: true }).selectOption('saves');
    await create.press('Enter');
    await expect
      .poll(() => saidOf(step(2).getByLabel('To, in per cent', { exact: true })))
      .toContain('more than that');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('50');
    await dialog.getByText('Layer, placements and design').press('Enter');
    await dialog.getByLabel('Layer', { exact: true }).fill('themes');
    await dialog.getByLabel('Placements').fill('home');
    await dialog.getByText('Layer, placements and design').press('Enter');
    await create.press('Enter');
    // Folded away, it is unfolded.
    await expect
      .poll(() => saidOf(dialog.getByLabel('A new layer counts by', { exact: true })))
      .toContain('is new');
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violationsOn(page)).toEqual([]);
        const box = await dialog.evaluate((of: any) => of.scrollWidth - of.clientWidth);
        expect({ width, wider: box }).toEqual({ width, wider: 0 });
        if (SCREENSHOTS !== undefined)
          for (const top of [0, 10_000]) {
            await dialog.evaluate((of: any, to) => of.scrollTo(0, to), top);
            await page.screenshot({
              path: `${SCREENSHOTS}/create-${width}-${colorScheme}-${top}.png`,
            });
          }
      }
    }
    await dialog.getByLabel('A new layer counts by').selectOption('user');
    await create.press('Enter');
    await page.waitForURL('**/experiments?id=exp_*');
    const id = new URL(page.url()).searchParams.get('id')!;
    const stateOf = async () => (await backend.call('GET', `/v1/experiments/${id}`)).body;
    expect(await stateOf()).toMatchObject({
      name: 'whole',
      status: 'draft',
      layer: 'themes',
      unit: 'user',
      placements: ['home'],
      guardrails: [{ metric: 'saves', margin: 0.02 }],
      arms: [
        { name: 'control', weight: 50, version: 'v000000' },
        { name: 'treatment', weight: 50, version: 'v000001' },
        { name: 'third', weight: 25, version: candidate },
      ],
      ramp: {
        steps: [
          { traffic: 0.1 },
          { traffic: 0.2, afterHours: 24 },
          { traffic: 0.5, afterSearches: 10_000 },
        ],
      },
    });

    // What a ramp does, and how it is held.
    await page.getByRole('button', { name: 'Start …' }).click();
    await dialog.getByLabel('Analyse it with').selectOption('the metric weights of the day');
    await dialog.getByLabel('Type').fill('another');
    await dialog.getByRole('button', { name: 'Start' }).click();
    expect(await saidOf(dialog.getByLabel('Type'))).toContain(`That is not ${id}.`);
    await dialog.getByLabel('Type').fill(id);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.locator('#section-experiment .badge', { hasText: 'running' }).waitFor();
    expect((await stateOf()).metricWeightsId).toBe(null);
    expect(await page.locator('.stages [aria-current="step"]').innerText()).toBe('10.0 %');
    await page.getByRole('button', { name: 'Hold the ramp …' }).click();
    await dialog.getByLabel('Reason').fill('holidays');
    await dialog.getByRole('button', { name: 'Hold' }).click();
    await page.getByText('Held by').waitFor();
    expect((await stateOf()).ramp.held).toMatchObject({ by: 'ella', reason: 'holidays' });
    expect(await violationsOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Resume the ramp …' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Held by').waitFor({ state: 'detached' });
    await context.close();
  });

  test('stops an experiment once it was typed which, makes another, starts and widens it, and trains', async () => {
    const context = await signedIn('operator', 'emma');
    const page = await context.newPage();
    const dialog = page.locator('#dialog');
    const stateOf = async (id: string) => (await backend.call('GET', `/v1/experiments/${id}`)).body;
    await open(page, `experiments?id=${experiment}`);
    await page.getByRole('button', { name: 'Stop …' }).click();
    await dialog.getByLabel(`Type ${experiment} to confirm`).fill(experiment);
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Stop …' }).waitFor({ state: 'detached' });
    expect(await stateOf(experiment)).toMatchObject({ status: 'stopped' });
    await open(page, 'experiments');
    await page.getByRole('button', { name: 'Create …' }).click();
    await dialog.getByLabel('Name').first().fill('from the page');
    await dialog
      .getByRole('group', { name: 'arm 2' })
      .getByLabel('Version')
      .selectOption(candidate);
    await dialog.getByLabel('Share of the visitors').fill('20');
    expect(await violationsOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create the draft' }).click();
    await page.waitForURL('**/experiments?id=exp_*');
    const id = new URL(page.url()).searchParams.get('id')!;
    await page.getByRole('button', { name: 'Start …' }).click();
    await dialog.getByLabel(`Type ${id} to confirm`).fill(id);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Widen …' }).click();
    await dialog.getByLabel('Share of the layer').fill('60');
    await dialog.getByRole('button', { name: 'Widen' }).click();
    await dialog.getByRole('button', { name: 'Widen' }).waitFor({ state: 'hidden' });
    expect(await stateOf(id)).toMatchObject({
      name: 'from the page',
      status: 'running',
      traffic: 0.6,
    });
    await open(page, 'training');
    await page.getByRole('button', { name: 'Compare learners …' }).click();
    await dialog.getByLabel('Folds').fill('2');
    await dialog.getByRole('button', { name: 'Compare' }).click();
    await page.waitForURL('**/training?run=run_*');
    const compared = new URL(page.url()).searchParams.get('run');
    const comparison = async () => (await backend.call('GET', `/v1/runs/${compared}`)).body;
    expect((await comparison()).params).toMatchObject({ kind: 'comparison', folds: 2 });
    await until('the comparison is over', async () => (await comparison()).finishedAt !== null);
    await open(page, 'training');
    await page.getByRole('button', { name: 'Train …' }).click();
    await dialog.getByLabel('Name').fill('of emma');
    await dialog.getByRole('button', { name: 'Train' }).click();
    await page.waitForURL('**/training?run=run_*');
    await page.locator('#section-run').waitFor();
    const { runs } = (await backend.call('GET', '/v1/runs')).body as {
      runs: { id: string; params: { name?: string } }[];
    };
    const run = runs.find((one) => one.id === new URL(page.url()).searchParams.get('run'));
    expect(run?.params).toMatchObject({ name: 'of emma', learner: 'additive' });
    await context.close();
  });
});
