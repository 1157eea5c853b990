import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  test('shows which metric weights are in force, what they changed, and that the history holds', async () => {
    await backend.call('PUT', '/v1/metric-weights/smarttrip', {
      weights: { click: -1, booking: 20 },
      author: 'bea',
      reason: 'bookings pay',
      expiresAt: Date.UTC(2100, 0, 1),
    });
    const page = await rendered(`${backend.url}/?key=${SECRET_KEY}`);
    for (const text of [
      'bookings pay. By bea',
      '2100-01-01 00:00',
      'click changes its sign: 1 to -1',
      '>override<',
      '>verified<',
    ])
      expect(page).toContain(text);
  });

  test('shows how far a rollout is, and why', async () => {
    await backend.call('POST', '/v1/weights/release');
    const { version } = (await backend.call('POST', '/v1/weights', { name: 'new', points: {} }))
      .body;
    await backend.call('POST', '/v1/rollouts', { version, force: true });
    const page = await rendered(`${backend.url}/?key=${SECRET_KEY}`);
    expect(page).toMatch(
      /<li class="done">candidate<\/li><li class="now" aria-current="step">shadow/,
    );
    expect(page).toContain(`At candidate, ${version} had 0 sessions`);
  });

  test('shows nothing without a key', async () => {
    expect(await rendered(`${backend.url}/`)).not.toContain('v000000');
  });
});
