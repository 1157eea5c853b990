import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { acknowledge } from '../../../backend/monitor/acknowledge.ts';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import { listAlerts } from '../../../backend/monitor/list-alerts.ts';
import { sendNotices } from '../../../backend/monitor/send-notices.ts';
import { silence, silencesNow } from '../../../backend/monitor/silences.ts';
import { channels } from './support/channels.ts';
import { borrowStore } from '../../support/borrow-store.ts';

const HOUR_MS = 3_600_000;

async function world() {
  const store = await borrowStore();
  const got: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const { type, alert } = JSON.parse(body) as { type: string; alert?: { key?: string } };
      got.push(`${type} ${alert?.key ?? ''}`.trim());
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.close();
    await store.close();
  });
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    store,
    got,
    clock,
    find: (...keys: string[]) =>
      updateAlerts(
        store,
        keys.map((key) => ({ key, kind: 'drift' as const, message: key, details: {} })),
        ['drift'],
        clock.nowMs,
        { clearMs: 0 },
      ),
    notify: () =>
      sendNotices({
        store,
        channels: channels({ webhook: { url, secret: 'secret of the tests' } }),
        nowMs: () => clock.nowMs,
        log: () => {},
      }),
    quiet: (key: string, hours: number) =>
      silence(store, {
        key,
        reason: 'we know',
        by: 'anna',
        at: clock.nowMs,
        until: clock.nowMs + hours * HOUR_MS,
      }),
  };
}

test('of a silenced alert nothing is sent until the silence ends, and of others all', async () => {
  const { store, got, clock, find, notify, quiet } = await world();
  await quiet('a', 2);
  await find('a', 'b');
  await notify();
  expect(got).toHaveLength(1);
  expect(await silencesNow(store, clock.nowMs)).toMatchObject([{ key: 'a', by: 'anna' }]);
  clock.nowMs += 2 * HOUR_MS;
  expect(await silencesNow(store, clock.nowMs)).toEqual([]);
  await notify();
  expect(got).toHaveLength(2);
});

test('what was over before its silence ended is never sent', async () => {
  const { got, clock, find, notify, quiet } = await world();
  await quiet('a', 2);
  await find('a');
  clock.nowMs += HOUR_MS;
  await find();
  await notify();
  clock.nowMs += 3 * HOUR_MS;
  await notify();
  expect(got).toEqual([]);
});

test('a silence that is ended lets notices go at once', async () => {
  const { got, clock, find, notify, quiet } = await world();
  await quiet('a', 2);
  await find('a');
  clock.nowMs += 1000;
  await quiet('a', 0);
  await notify();
  expect(got).toHaveLength(1);
});

test('the first who has seen an alert is known, and what is unknown is said', async () => {
  const { store, clock, find } = await world();
  await find('a');
  const [{ id }] = await listAlerts(store, { all: false, limit: 10 });
  const { nowMs } = clock;
  await acknowledge(store, id, { by: 'anna', nowMs });
  await acknowledge(store, id, { by: 'bea', nowMs: nowMs + 1 });
  expect(await listAlerts(store, { all: false, limit: 10 })).toMatchObject([
    { acknowledgedBy: 'anna', acknowledgedAt: nowMs },
  ]);
  await expect(acknowledge(store, 999, { by: 'anna', nowMs })).rejects.toMatchObject({
    status: 404,
  });
});
