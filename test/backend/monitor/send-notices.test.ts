import { afterEach, beforeEach, expect, test } from 'vitest';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import type { Finding } from '../../../backend/monitor/finding.ts';
import { sendNotices } from '../../../backend/monitor/send-notices.ts';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { alerts } from '../../../backend/store/tables.ts';
import { SIGNATURE_HEADER, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { openLog, type Log } from '../log/support/log.ts';
import { startAlertReceiver } from './support/alert-receiver.ts';
import { channels } from './support/channels.ts';

const SECRET = 'secret of the alerts';
const START = 1_790_000_000_000;
const SECOND = 1000;

let log: Log;
let receiver: Awaited<ReturnType<typeof startAlertReceiver>>;
let said: string[];
let nowMs: number;
beforeEach(async () => {
  log = await openLog();
  receiver = await startAlertReceiver();
  said = [];
  nowMs = START;
});
afterEach(async () => {
  await receiver.close();
  await log.close();
});

const lagging: Finding = {
  key: 'ingest lag',
  kind: 'ingest lag',
  message: 'ingest is 9 min behind the edge',
  details: { lagMs: 540_000 },
};
const found = (...findings: Finding[]) =>
  updateAlerts(log.store, findings, ['ingest lag'], nowMs, { clearMs: 0 });
const send = (store: Store = log.store) =>
  sendNotices({
    store,
    channels: channels({ webhook: { url: receiver.url, secret: SECRET } }),
    nowMs: () => nowMs,
    log: (message) => said.push(message),
  });
const sentTypes = () => receiver.received.map(({ json }) => json.type);

test('what opens and what is over is sent once each, signed, and with figures only', async () => {
  await found(lagging);
  await send();
  await send();
  nowMs += 60 * SECOND;
  await found();
  await send();
  await send();
  expect(sentTypes()).toEqual(['opened', 'recovered']);
  for (const { headers, body, json } of receiver.received) {
    const signature = String(headers[SIGNATURE_HEADER]);
    expect(() => verifyBody(signature, body, [SECRET], nowMs)).not.toThrow();
    expect(() => verifyBody(signature, body, ['another secret'], nowMs)).toThrow('does not fit');
    expect(() => verifyBody(signature, body, [SECRET], nowMs + 6 * 60 * SECOND)).toThrow('clocks');
    expect(headers['idempotency-key']).toBe(json.id);
  }
  const [opened, over] = receiver.received.map(({ json }) => json);
  expect(opened).toEqual({
    id: expect.stringMatching(/^alert-\d+-1790000000000-opened$/),
    type: 'opened',
    alert: {
      ...lagging,
      severity: 'critical',
      id: expect.any(Number),
      openedAt: START,
      lastSeenAt: START,
      resolvedAt: null,
    },
  });
  expect(over.alert).toMatchObject({ id: opened.alert.id, resolvedAt: nowMs });
  expect(over.id).not.toBe(opened.id);
});

test('a webhook that fails is asked again, later each time, until it takes it', async () => {
  receiver.answer = () => 503;
  await found(lagging);
  const tries: number[] = [];
  for (let second = 0; second <= 3600; second += 10) {
    nowMs = START + second * SECOND;
    if (second === 1900) receiver.answer = () => 200;
    const before = receiver.received.length;
    await send();
    if (receiver.received.length > before) tries.push(second);
  }
  // 30 s, 1 min, 2 min … after the one before; the webhook came back at 1900 s.
  expect(tries).toEqual([0, 30, 90, 210, 450, 930, 1890]);
  nowMs = START + 3810 * SECOND;
  await send();
  await send();
  expect(receiver.received).toHaveLength(8);
});

test('a notice that a clock far ahead put off is sent once the clock is right again', async () => {
  receiver.answer = () => 503;
  await found(lagging);
  nowMs = START + 400 * 86_400 * SECOND;
  await send();
  receiver.answer = () => 200;
  nowMs = START + 60 * SECOND;
  await send();
  expect(receiver.received).toHaveLength(2);
});

test('a restart forgets nothing: neither what was taken nor how long to wait', async () => {
  receiver.answer = () => 500;
  await found(lagging);
  await send();
  const again = await openStore(log.database);
  nowMs += 20 * SECOND;
  await send(again);
  expect(receiver.received).toHaveLength(1);
  receiver.answer = () => 200;
  nowMs += 10 * SECOND;
  await send(again);
  await send(again);
  expect(sentTypes()).toEqual(['opened', 'opened']);
  expect(new Set(receiver.received.map(({ json }) => json.id)).size).toBe(1);
  await again.close();
});

test('what was over before the webhook took its opening is told in order', async () => {
  receiver.answer = () => 500;
  await found(lagging);
  await send();
  await found();
  receiver.answer = () => 200;
  nowMs += 60 * SECOND;
  await send();
  expect(sentTypes()).toEqual(['opened', 'opened', 'recovered']);
});

test('two backends send one notice', async () => {
  const other = await openStore(log.database);
  for (let round = 0; round < 4; round++) {
    await found({ ...lagging, key: `lag ${round}` });
    await Promise.all([send(), send(other)]);
  }
  await send(other);
  expect(receiver.received.map(({ json }): string => json.alert.key).toSorted()).toEqual([
    'lag 0',
    'lag 0',
    'lag 1',
    'lag 1',
    'lag 2',
    'lag 2',
    'lag 3',
  ]);
  await other.close();
});

test('a redirect is no answer: the signature does not travel on', async () => {
  receiver.answer = () => 307;
  await found(lagging);
  await send();
  expect(receiver.received).toHaveLength(1);
  expect(said).toEqual([expect.stringContaining('it answered 307')]);
});

test('the log says why a notice was not taken, and never the address', async () => {
  receiver.answer = () => 500;
  await found(lagging);
  await send();
  await receiver.close();
  nowMs += 3600 * SECOND;
  await send();
  expect(said).toEqual([
    expect.stringContaining('it answered 500'),
    expect.stringContaining('ECONNREFUSED'),
  ]);
  expect(said.join()).not.toMatch(/hidden|http:/);
  receiver = await startAlertReceiver();
});

test('without a webhook the log is all, and a later one hears nothing old', async () => {
  await found(lagging);
  await sendNotices({ store: log.store, channels: [], nowMs: () => nowMs, log: () => {} });
  expect(await log.store.db.select().from(alerts)).toMatchObject([{ notifiedAt: START }]);
  await send();
  expect(receiver.received).toEqual([]);
});
