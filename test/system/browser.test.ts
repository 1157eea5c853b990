import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { armKey } from '../../shared/domain/experiment.ts';
import { parseSessionId } from '../../shared/domain/ids.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { updateAlerts } from '../../backend/monitor/alerts.ts';
import { bringUpToDate } from '../backend/log/support/bring-up-to-date.ts';
import { storeMonthlyReport } from '../../backend/reports/store-monthly-report.ts';
import { monthBefore } from '../../backend/reports/months.ts';
import { openStore } from '../../backend/store/open.ts';
import { needs } from '../support/needs.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../backend/support/backend.ts';
import { send } from '../backend/support/batches.ts';
import { happened } from '../backend/log/support/log.ts';
import { decisionOf } from '../backend/support/decisions.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const { absent, why } = needs(CHROMIUM === undefined ? 'there is no chromium' : '');

/** What the page holds once its scripts have run, as a visitor's browser sees it. */
async function rendered(url: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'trimtab-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const what = [`--user-data-dir=${profile}`, '--virtual-time-budget=8000', '--dump-dom', url];
  try {
    const { stdout } = await promisify(execFile)(CHROMIUM!, [...flags, ...quiet, ...what]);
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

describe.skipIf(absent)(`the dashboard in Chromium${why}`, () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startTestBackend();
  });
  afterAll(() => backend?.close());

  // A start of the browser costs more than all that the page does: one page tells of several things.
  const page = () => rendered(`${backend.url}/?key=${SECRET_KEY}`);

  test('signs in by its link and shows what is live, and an experiment: how much is missing, and what came out with its interval', async () => {
    await backend.call('POST', '/v1/weights', { name: 'other', points: {} });
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
    const { id } = (await backend.call('POST', '/v1/experiments', asked)).body;
    const first = await page();
    // Of the live section: the experiment's control arm names a version too.
    expect(/<section id="live"[\s\S]*?<\/section>/.exec(first)?.[0]).toMatch(/v000000/);
    expect(first).toContain('smarttrip');
    expect(first).not.toContain('Loading …');
    expect(first).not.toContain(SECRET_KEY);
    expect(first).toContain('not enough data: 0 of 40 sessions');
    const decisions = Array.from({ length: 100 }, (_, n) =>
      decisionOf(`r-${n}`, {
        at: Date.now() - 9000,
        sessionId: parseSessionId(`s-${n}`),
        arm: armKey(id, n % 2 ? 'control' : 'bold'),
      }),
    );
    const events = decisions
      .filter((_, n) => n % 4 === 0 || n % 5 === 0)
      .map((decision) => happened(decision, 'click', { afterMs: 900 }));
    await send(backend, { batchId: 'b', decisions, events });
    const full = await page();
    expect(full).toContain('bolder &lt;b&gt;themes');
    expect(full).toContain('bold against control');
    expect(full).toMatch(/Guardrail: click_through at most 5.0 % worse/);
    expect(full).toMatch(/<svg class="interval"[^>]*>.*<circle class="mean"/);
    expect(full).toContain('saves, contacts: no variance: every unit of both arms has the same');
    expect(full).not.toContain(', stopped ');
    await backend.call('POST', `/v1/experiments/${id}/stop`);
  });

  test('shows that it was stopped; a rollback, its hold and who did it; and which metric weights are in force, what they changed, and that the history holds', async () => {
    const actor = { 'x-trimtab-actor': 'anna' };
    await backend.call('POST', '/v1/weights/v000000/rollback', {}, actor);
    await backend.call('PUT', '/v1/metric-weights/smarttrip', {
      weights: { click: -1, booking: 20 },
      author: 'bea',
      reason: 'bookings pay',
      expiresAt: Date.UTC(2099, 0, 1),
    });
    const shown = await page();
    expect(shown).toMatch(/, started <time[^>]*>[^<]*<\/time>, stopped <time/);
    expect(shown).toContain('>held<');
    expect(shown).toContain('anna');
    for (const text of [
      'bookings pay. By bea',
      '2099-01-01 00:00',
      'click changes its sign: 1 to -1',
      '>override<',
      '>verified<',
    ])
      expect(shown).toContain(text);
  });

  test('shows how far a rollout is, and why; what is wrong and was, whatever it says; and the monthly reports', async () => {
    await backend.call('POST', '/v1/weights/release');
    const { version } = (await backend.call('POST', '/v1/weights', { name: 'new', points: {} }))
      .body;
    await backend.call('POST', '/v1/rollouts', { version, force: true });
    const store = await openStore(backend.config.database);
    const drifted = (key: string, message: string) =>
      updateAlerts(store, [{ key, kind: 'drift', message, details: {} }], [], Date.now(), {
        clearMs: 0,
      });
    await drifted('a', 'it <b>drifted</b>');
    await drifted('b', 'too');
    await updateAlerts(store, [], ['drift'], Date.now(), { clearMs: 0, unknown: ['a'] });
    const account = { update: () => bringUpToDate(store) };
    await storeMonthlyReport({ store, account, nowMs: Date.now, log: () => {} });
    await store.close();
    const shown = await page();
    expect(shown).toMatch(
      /<li class="done">candidate<\/li><li class="now" aria-current="step">shadow/,
    );
    expect(shown).toContain(`At candidate, ${version} had 0 sessions`);
    expect(shown).toContain('it &lt;b&gt;drifted&lt;/b&gt;');
    expect(shown).toMatch(/>open<[^]*it &lt;b[^]*>resolved<[^]*>too</);
    expect(shown).toContain(`href="/v1/reports/${monthBefore(Date.now())}?format=html"`);
  });

  test('shows nothing without a key', async () => {
    expect(await rendered(`${backend.url}/`)).not.toContain('v000000');
  });
});
