import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { observe } from '../../../backend/monitor/alerts.ts';
import { keepMonthlyReport } from '../../../backend/monitor/report/keep-monthly-report.ts';
import { monthBefore } from '../../../backend/monitor/report/months.ts';
import { openStore } from '../../../backend/store/open.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const reason = CHROMIUM === undefined ? ' (skipped: there is no chromium)' : '';

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

describe.skipIf(CHROMIUM === undefined)(`the dashboard in Chromium${reason}`, () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startTestBackend();
  });
  afterAll(() => backend?.close());

  test('signs in by its link and shows what is live, and the audit log', async () => {
    const page = await rendered(`${backend.url}/?key=${SECRET_KEY}`);
    expect(page).toContain('v000000');
    expect(page).toContain('smarttrip');
    expect(page).not.toContain('Loading …');
    expect(page).not.toContain(SECRET_KEY);
  });

  test('shows a rollback, its hold and who did it', async () => {
    const actor = { 'x-trimtab-actor': 'anna' };
    await backend.call('POST', '/v1/weights/v000000/rollback', {}, actor);
    const page = await rendered(`${backend.url}/?key=${SECRET_KEY}`);
    expect(page).toContain('>held<');
    expect(page).toContain('anna');
  });

  test('shows what is wrong and was, whatever it says, and the monthly reports', async () => {
    const store = await openStore(backend.config.database);
    const drifted = (key: string, message: string) =>
      observe(store, [{ key, kind: 'drift', message, details: {} }], [], Date.now(), {
        clearMs: 0,
      });
    await drifted('a', 'it <b>drifted</b>');
    await drifted('b', 'too');
    await observe(store, [], ['drift'], Date.now(), { clearMs: 0, untold: ['a'] });
    await keepMonthlyReport({ store, nowMs: Date.now, log: () => {} });
    await store.close();
    const page = await rendered(`${backend.url}/?key=${SECRET_KEY}`);
    expect(page).toContain('it &lt;b&gt;drifted&lt;/b&gt;');
    expect(page).toMatch(/>open<[^]*it &lt;b[^]*>over<[^]*>too</);
    expect(page).toContain(`href="/v1/reports/${monthBefore(Date.now())}?format=html"`);
  });

  test('shows nothing without a key', async () => {
    expect(await rendered(`${backend.url}/`)).not.toContain('v000000');
  });
});
