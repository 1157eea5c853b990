import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseMonitors } from '../../../backend/monitor/settings.ts';
import { monthBefore, monthOf } from '../../../backend/reports/months.ts';
import { runCli } from '../cli/support/cli.ts';
import { startAlertReceiver } from '../monitor/support/alert-receiver.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { rankingOf } from '../log/support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const EVERY_SECOND = parseMonitors({
  schedule: '* * * * * *',
  dailySchedule: '* * * * * *',
  reportSchedule: '* * * * * *',
  clearMinutes: 0,
});

let backend: TestBackend;
let receiver: Awaited<ReturnType<typeof startAlertReceiver>>;
beforeAll(async () => {
  receiver = await startAlertReceiver();
  backend = await startTestBackend({
    monitors: EVERY_SECOND,
    alertAddresses: {
      webhook: { url: receiver.url, secret: 'of the alerts' },
      slack: undefined,
      teams: undefined,
      smtp: undefined,
    },
  });
});
afterAll(async () => {
  await backend?.close();
  await receiver?.close();
});

const cli = (...args: string[]) =>
  runCli([...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });
const ranked = (name: string, count: number, degraded: boolean) =>
  send(backend, {
    batchId: name,
    decisions: Array.from({ length: count }, (_, i) =>
      rankingOf(`${name}-${i}`, Date.now() - i, { degraded }),
    ),
    events: [],
  });

describe('alerts', () => {
  test('there are none at first, and everything says so', async () => {
    expect((await backend.call('GET', '/v1/alerts')).body).toEqual({ alerts: [] });
    expect((await cli('alerts')).stdout).toBe('no alert is open.\n');
    expect((await backend.call('GET', '/metrics')).body).toContain(
      'trimtab_alerts_open{kind="degraded rankings"} 0',
    );
  });

  test('open by themselves, and are told by API, status, metrics, command line and webhook', async () => {
    await ranked('degraded', 40, true);
    const alerts = await eventually(async () => {
      const { body } = await backend.call('GET', '/v1/alerts');
      return body.alerts.length > 0 && body.alerts;
    });
    expect(alerts).toMatchObject([
      { key: 'degraded rankings', resolvedAt: null, details: { rankings: 40, degraded: 40 } },
    ]);
    expect((await backend.call('GET', '/v1/status')).body.alerts).toMatchObject([
      { kind: 'degraded rankings' },
    ]);
    expect((await backend.call('GET', '/metrics')).body).toContain(
      'trimtab_alerts_open{kind="degraded rankings"} 1',
    );
    expect((await cli('alerts')).stdout).toMatch(/degraded rankings +100\.0 % of the last 15/);
    expect((await cli('status')).stdout).toMatch(/^alert: 100\.0 % of the last 15 minutes/m);
    await eventually(() => receiver.received.length > 0);
    expect(receiver.received[0].json).toMatchObject({
      type: 'opened',
      alert: { id: alerts[0].id },
    });
  });

  test('channels are tried by API and command line, and a refusal says why and never where', async () => {
    const before = receiver.received.length;
    const { status, body } = await backend.call('POST', '/v1/alerts/test', {});
    expect({ status, body }).toEqual({
      status: 200,
      body: { tried: [{ channel: 'webhook', problem: null }] },
    });
    expect(receiver.received.slice(before).map(({ json }) => json.type)).toContain('test');
    const answer = receiver.answer;
    receiver.answer = () => 500;
    const failed = await cli('alerts', 'test');
    receiver.answer = answer;
    expect(failed).toMatchObject({ exitCode: 1 });
    expect(failed.stdout).toContain('not taken: it answered 500');
    expect(failed.stdout).not.toContain('hidden');
    expect(await backend.call('POST', '/v1/alerts/test', { channel: 'slack' })).toMatchObject({
      status: 409,
      body: { code: 'no_channel' },
    });
    receiver.received.splice(before);
  });

  test('are over by themselves, and stay readable', async () => {
    const before = Date.now();
    await ranked('fine', 2000, false);
    await eventually(async () => {
      const { body } = await backend.call('GET', '/v1/alerts');
      return body.alerts.length === 0;
    });
    await eventually(() => receiver.received.length > 1);
    expect(receiver.received[1].json).toMatchObject({ type: 'recovered' });
    const listed = async (query: string) =>
      (await backend.call('GET', `/v1/alerts?${query}`)).body.alerts;
    expect(await listed('all=true')).toHaveLength(1);
    expect(await listed(`all=true&since=${before}`)).toHaveLength(1);
    expect(await listed(`all=true&since=${Date.now() + 1000}`)).toEqual([]);
    expect((await cli('alerts')).stdout).toBe('no alert is open.\n');
    expect((await cli('alerts', '--all')).stdout).toMatch(/UTC +20.* UTC +degraded rankings/);
    expect((await cli('alerts', '--all', '--json')).stdout).toContain('"key": "degraded rankings"');
  });

  test.each(['all=maybe', 'since=yesterday', 'limit=0'])('%s is refused', async (query) => {
    expect((await backend.call('GET', `/v1/alerts?${query}`)).status).toBe(400);
  });
});

describe('monthly reports', () => {
  const last = monthBefore(Date.now());
  const now = monthOf(Date.now());

  test('are written by themselves, once', async () => {
    const reports = await eventually(async () => {
      const { body } = await backend.call('GET', '/v1/reports');
      return body.reports.length > 0 && body.reports;
    });
    expect(reports).toEqual([{ month: last, createdAt: expect.any(Number) }]);
  });

  test.each([
    ['', {}, 'application/json'],
    ['', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, 'text/html; charset=utf-8'],
    ['', { accept: 'text/markdown' }, 'text/markdown; charset=utf-8'],
    ['?format=markdown', { accept: 'text/html' }, 'text/markdown; charset=utf-8'],
    ['?format=json', { accept: 'text/html' }, 'application/json'],
  ])('are answered in the format that is asked for: %s %j', async (query, headers, type) => {
    const answer = await backend.call('GET', `/v1/reports/${now}${query}`, undefined, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    if (type.startsWith('application/json'))
      expect(answer.body).toMatchObject({
        month: now,
        isOver: false,
        versions: [{ rankings: 2040 }],
      });
    else expect(answer.body).toContain(`Models in ${now}`);
  });

  test('as HTML run nothing and load nothing', async () => {
    const { headers, body } = await backend.call('GET', `/v1/reports/${now}?format=html`);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*sandbox$/);
    expect(body).not.toMatch(/<script|src=|url\(|@import|\son[a-z]+=/);
  });

  test.each([
    ['2026-13', 400],
    ['2999-01', 400],
    ['2026-01?format=pdf', 400],
  ])('%s is refused', async (path, status) => {
    expect((await backend.call('GET', `/v1/reports/${path}`)).status).toBe(status);
  });

  test('are printed as Markdown, or written to a file as HTML', async () => {
    const printed = await cli('report');
    expect(printed.exitCode).toBe(0);
    expect(printed.stdout).toContain(`# Models in ${last}\n\nNothing was ranked in ${last}.`);
    const folder = temporaryFolder();
    const file = join(folder, 'report.html');
    const written = await cli('report', now, '--html', file);
    expect(written).toMatchObject({ exitCode: 0, stdout: '', stderr: `written to ${file}\n` });
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[^]*2,040 rankings by 1 version/);
    const refused = await cli('report', 'last');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('a month must look like 2026-11, but was "last"');
    expect(JSON.parse((await cli('report', now, '--json')).stdout)).toMatchObject({ month: now });
  });
});

test('an experiment that lost units of an arm is told, by what looks at whole days', async () => {
  const started = await backend.call('POST', '/v1/experiments', {
    name: 'lost units',
    traffic: 1,
    arms: [
      { name: 'control', weight: 1 },
      { name: 'b', weight: 1 },
    ],
    aa: true,
    start: true,
  });
  const { id } = started.body;
  await send(backend, {
    batchId: 'uneven',
    decisions: Array.from({ length: 900 }, (_, i) =>
      rankingOf(`uneven-${i}`, Date.now(), {
        arm: armKey(id, i % 3 === 0 ? 'b' : 'control'),
      }),
    ),
    events: [],
  });
  const [alert] = await eventually(async () => {
    const { body } = await backend.call('GET', '/v1/alerts');
    return body.alerts.length > 0 && body.alerts;
  });
  expect(alert).toMatchObject({
    kind: 'sample ratio mismatch',
    message: expect.stringContaining('control 600, b 300 sessions'),
  });
});

test('nothing of it is open', async () => {
  for (const path of ['alerts', 'reports', `reports/${monthOf(Date.now())}`])
    expect(
      (await backend.call('GET', `/v1/${path}`, undefined, { authorization: '' })).status,
    ).toBe(401);
});
