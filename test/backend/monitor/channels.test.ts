import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { updateAlerts } from '../../../backend/monitor/alerts.ts';
import type { Channel } from '../../../backend/monitor/channel.ts';
import type { ChannelAddresses } from '../../../backend/monitor/channels-of.ts';
import { ALERT_KINDS, type Finding } from '../../../backend/monitor/finding.ts';
import { plainLine } from '../../../backend/monitor/notice-text.ts';
import { noticeOf } from '../../../backend/monitor/notice.ts';
import { sendNotices } from '../../../backend/monitor/send-notices.ts';
import { SEVERITIES, severityOf } from '../../../backend/monitor/severity.ts';
import { slackMessage } from '../../../backend/monitor/slack.ts';
import { teamsMessage } from '../../../backend/monitor/teams.ts';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { alerts } from '../../../backend/store/tables.ts';
import { openLog, type Log } from '../log/support/log.ts';
import { startAlertReceiver } from './support/alert-receiver.ts';
import { channels } from './support/channels.ts';
import { startMailReceiver } from './support/mail-receiver.ts';

const START = Date.UTC(2026, 5, 1, 12);
const SECOND = 1000;
const MAILS = {
  email: { from: 'trimtab@shop.example', to: ['anna@shop.example', 'ops@shop.example'] },
};

let log: Log;
let nowMs: number;
let said: string[];
beforeEach(async () => {
  log = await openLog();
  nowMs = START;
  said = [];
});
afterEach(() => log.close());

const hostile =
  '<!channel> <https://evil.example|click> *bold* [link](https://evil.example) {{DATE(2026-01-01)}} ${x}\r\nBcc: all@evil.example\u202e & <b>';
const finding = (key = 'rollout stands still: r1', message = hostile): Finding => ({
  key,
  kind: 'rollout stands still',
  message,
  details: {},
});
const found = (...findings: Finding[]) =>
  updateAlerts(
    log.store,
    findings,
    ['rollout stands still', 'lost decisions', 'unseen values'],
    nowMs,
    {
      clearMs: 0,
    },
  );
const send = (...to: Channel[]) =>
  sendNotices({
    store: log.store,
    channels: to,
    nowMs: () => nowMs,
    log: (message) => said.push(message),
  });
const receiver = async () => {
  const started = await startAlertReceiver();
  onTestFinished(() => started.close());
  return started;
};
const mailReceiver = async (options = {}) => {
  const started = await startMailReceiver(options);
  onTestFinished(() => started.close());
  return started;
};
const only = (
  addresses: Partial<ChannelAddresses>,
  settings: unknown = addresses.smtp === undefined ? {} : MAILS,
) => channels(addresses, settings, 'https://trimtab.shop.example')[0];
/** As a line that nobody can break out of. */
const shown = plainLine(hostile, 2000);

test('a line has no breaks, hides nothing and holds no more than it may', () => {
  expect(shown).toContain('${x} Bcc: all@evil.example\\u202e & <b>');
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.integer({ min: 2, max: 60 }),
      (text, most) => {
        const line = plainLine(text, most);
        // oxlint-disable-next-line no-control-regex -- there are to be none
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/);
        expect([...line].length).toBeLessThanOrEqual(most);
        expect(line.isWellFormed()).toBe(true);
      },
    ),
  );
});

test('every kind of alert is of some severity', () => {
  const severities = ALERT_KINDS.map((kind) => severityOf(kind));
  expect(new Set(severities)).toEqual(new Set(SEVERITIES));
  expect(severityOf('what an older backend knew')).toBe('warning');
});

test('Slack is sent the opening and the end, with what users wrote as text that marks nothing up', async () => {
  const hook = await receiver();
  const slack = only({ slack: hook.url });
  await found(finding());
  await send(slack);
  nowMs += 90 * 60 * SECOND;
  await found();
  await send(slack);
  await send(slack);
  const [opened, over] = hook.received.map(({ json }) => json);
  expect(hook.received).toHaveLength(2);
  expect(opened.text).toContain('&lt;!channel&gt; &lt;https://evil.example|click&gt;');
  expect(opened.text).not.toMatch(/[<>]/);
  expect(opened.mrkdwn).toBe(false);
  const [header, block] = opened.blocks;
  expect(header.text.text).toBe('Alert: rollout stands still (warning)');
  expect(block.type).toBe('rich_text');
  expect(block.elements[0].elements).toEqual([{ type: 'text', text: shown }]);
  expect(block.elements[1].elements.at(-1)).toEqual({
    type: 'link',
    url: 'https://trimtab.shop.example/dashboard/alerts',
    text: 'All alerts',
  });
  expect(over.blocks[0].text.text).toBe('Over: rollout stands still (warning)');
  expect(JSON.stringify(over)).toContain('Over after: 2 h');
});

test('Teams is sent adaptive cards whose texts know no Markdown and no functions', async () => {
  const hook = await receiver();
  const teams = only({ teams: hook.url });
  await found(finding());
  await send(teams);
  const [{ json }] = hook.received;
  expect(json.type).toBe('message');
  const [{ contentType, content }] = json.attachments;
  expect(contentType).toBe('application/vnd.microsoft.card.adaptive');
  expect(content).toMatchObject({ type: 'AdaptiveCard', version: '1.4' });
  expect(content.actions).toEqual([
    {
      type: 'Action.OpenUrl',
      title: 'All alerts',
      url: 'https://trimtab.shop.example/dashboard/alerts',
    },
  ]);
  for (const block of content.body) {
    expect(block.type).toBe('RichTextBlock');
    for (const { type, text } of block.inlines) {
      expect(type).toBe('TextRun');
      expect(text).not.toMatch(/\{\{|\$\{/);
    }
  }
  const message: string = content.body[1].inlines[0].text;
  expect(message.replaceAll('\u2060', '')).toBe(shown);
});

test('messages stay within what Slack and Teams take, whatever an alert says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 9000 }), (text) => {
      const alert = { ...ALERT, message: text.repeat(4), key: text };
      const { blocks } = slackMessage(noticeOf(alert, 'opened'), 'https://a.example/');
      expect((blocks[0] as { text: { text: string } }).text.text.length).toBeLessThanOrEqual(150);
      const card = JSON.stringify(teamsMessage(noticeOf(alert, 'opened'), undefined));
      expect(Buffer.byteLength(card)).toBeLessThan(28_000);
    }),
  );
});
const ALERT: typeof alerts.$inferSelect = {
  id: 1,
  key: '',
  kind: 'drift',
  message: '',
  details: {},
  openedAt: START,
  lastSeenAt: START,
  clearSince: null,
  resolvedAt: null,
  notifiedAt: null,
  recoveryNotifiedAt: null,
  noticeAttempts: 0,
  nextNoticeAt: 0,
  acknowledgedBy: null,
  acknowledgedAt: null,
};

describe('e-mail', () => {
  test('goes to everybody, as one thread, and holds no header that an alert made up', async () => {
    const server = await mailReceiver({ tls: false });
    const mail = only({ smtp: server.server });
    await found(finding());
    await send(mail);
    nowMs += 60 * SECOND;
    await found();
    await send(mail);
    await send(mail);
    expect(server.mails).toHaveLength(2);
    const [opened, over] = server.mails;
    expect(opened.from).toBe('trimtab@shop.example');
    expect(opened.to).toEqual(['anna@shop.example', 'ops@shop.example']);
    expect(opened.headers.has('bcc')).toBe(false);
    expect(opened.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(opened.headers.get('auto-submitted')).toBe('auto-generated');
    expect(opened.text.split(/\r?\n/)[0]).toBe(shown);
    expect(opened.text).toContain('All alerts: https://trimtab.shop.example/dashboard/alerts');
    expect(opened.headers.get('message-id')).toMatch(/^<alert-\d+-\d+-opened@shop\.example>$/);
    expect(over.headers.get('in-reply-to')).toBe(opened.headers.get('message-id'));
    // RFC 2047: "[Trimtab] Over: …", in pieces.
    expect(over.headers.get('subject')).toMatch(/^=\?UTF-8\?Q\?=5BTrimtab=5D_Over=3A_/);
  });

  test('a user and a password are shown to the server that asks for them', async () => {
    const server = await mailReceiver({ tls: false });
    await found(finding());
    await send(only({ smtp: { ...server.server, user: 'trimtab', password: 'open & shut' } }));
    expect(server.mails).toMatchObject([{ user: 'trimtab' }]);
  });

  test('a wrong password is a refusal that does not tell the password', async () => {
    const server = await mailReceiver({ tls: false });
    await found(finding());
    await send(only({ smtp: { ...server.server, user: 'trimtab', password: 'guessed' } }));
    expect(server.mails).toEqual([]);
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain('guessed');
  });

  test('where TLS is asked for, nothing goes without it', async () => {
    const server = await mailReceiver({ tls: false });
    await found(finding());
    await send(
      only({ smtp: { ...server.server, needsTls: true, user: 'trimtab', password: 'x' } }),
    );
    expect(server.mails).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/STARTTLS|TLS/)]);
  });

  test('nor over a connection with a certificate that nobody vouches for', async () => {
    const server = await mailReceiver();
    await found(finding());
    await send(only({ smtp: server.server }));
    expect(server.mails).toEqual([]);
    expect(said).toHaveLength(1);
  });

  test('where one address of the server is not reached, the next one is', async () => {
    const server = await mailReceiver({ tls: false });
    const outbound = outboundOf({ privateHosts: ['mail.shop.example'] }, () =>
      Promise.resolve([
        { address: '127.0.0.9', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]),
    );
    const smtp = { ...server.server, host: 'mail.shop.example' };
    await found(finding());
    await send(channels({ smtp }, MAILS, undefined, outbound)[0]);
    expect(said).toEqual([]);
    expect(server.mails).toHaveLength(1);
  });

  test('a server that refuses for now is tried again', async () => {
    const server = await mailReceiver({ tls: false });
    server.refusal = 'the disk is full';
    const mail = only({ smtp: server.server });
    await found(finding());
    await send(mail);
    await send(mail);
    expect(said).toEqual([expect.stringContaining('451 the disk is full')]);
    server.refusal = '';
    nowMs += 30 * SECOND;
    await send(mail);
    expect(server.mails).toHaveLength(1);
  });

  test(
    'a server that is down, or says nothing, ends in a refusal',
    { timeout: 60_000 },
    async () => {
      const silent = createServer((socket: Socket) => void socket.on('error', () => {}));
      await new Promise<void>((resolve) => {
        silent.listen(0, '127.0.0.1', resolve);
      });
      const { port } = silent.address() as AddressInfo;
      const smtp = { host: '127.0.0.1', port, isTls: false, needsTls: false };
      await found(finding());
      await send(only({ smtp }));
      silent.close();
      nowMs += 60 * SECOND;
      const free = await mailReceiver({ tls: false });
      await free.close();
      await send(only({ smtp: free.server }));
      expect(said).toEqual([
        expect.stringMatching(/email did not take "opened".*[Tt]imeout|Greeting/),
        expect.stringContaining('ECONNREFUSED'),
      ]);
    },
  );
});

describe('several channels', () => {
  test('one that is down holds up no other, and is caught up with later', async () => {
    const [slack, teams] = [await receiver(), await receiver()];
    slack.answer = () => 500;
    const both = channels({ slack: slack.url, teams: teams.url });
    await found(finding());
    await send(...both);
    await found();
    nowMs += 10 * SECOND;
    await send(...both);
    expect(teams.received).toHaveLength(2);
    expect(await log.store.db.select().from(alerts)).toMatchObject([
      { notifiedAt: null, recoveryNotifiedAt: null },
    ]);
    slack.answer = () => 200;
    nowMs += 20 * SECOND;
    await send(...both);
    await send(...both);
    expect(
      slack.received.slice(1).map(({ json }) => json.blocks[0].text.text.split(':')[0]),
    ).toEqual(['Alert', 'Over']);
    expect(teams.received).toHaveLength(2);
    expect(await log.store.db.select().from(alerts)).toMatchObject([
      { notifiedAt: nowMs, recoveryNotifiedAt: nowMs },
    ]);
  });

  test('one that is slow is waited for by no other', async () => {
    const [slack, teams] = [await receiver(), await receiver()];
    const { promise, resolve } = Promise.withResolvers<void>();
    slack.until = promise;
    await found(finding());
    const sent = send(...channels({ slack: slack.url, teams: teams.url }));
    await expect.poll(() => teams.received.length, { timeout: 8000 }).toBe(1);
    resolve();
    await sent;
    expect(slack.received).toHaveLength(1);
  });

  test('one that says when to come again is left alone until then, with all its notices', async () => {
    const slack = await receiver();
    slack.answer = () => 429;
    slack.headers = { 'retry-after': '600' };
    const channel = only({ slack: slack.url });
    await found(finding('a'), finding('b'));
    for (let second = 0; second < 600; second += 60) {
      nowMs = START + second * SECOND;
      if (second === 300) await found(finding('a'), finding('b'), finding('c'));
      await send(channel);
    }
    expect(slack.received).toHaveLength(1);
    slack.answer = () => 200;
    nowMs = START + 600 * SECOND;
    await send(channel);
    expect(slack.received).toHaveLength(4);
  });

  test('each is told what is severe enough and of the kinds that it is set to', async () => {
    const [slack, teams, hook] = [await receiver(), await receiver(), await receiver()];
    const all = channels(
      {
        slack: slack.url,
        teams: teams.url,
        webhook: { url: hook.url, secret: 'secret of the alerts' },
      },
      {
        slack: { minSeverity: 'critical', recoveries: false },
        teams: { kinds: ['lost decisions'] },
      },
    );
    await found({ ...finding('lost'), kind: 'lost decisions' }, finding('still'), {
      ...finding('unseen'),
      kind: 'unseen values',
    });
    await send(...all);
    await found();
    await send(...all);
    expect(slack.received).toHaveLength(1);
    expect(teams.received).toHaveLength(2);
    expect(hook.received.map(({ json }) => `${json.type} ${json.alert.key}`)).toEqual([
      'opened lost',
      'opened still',
      'opened unseen',
      'recovered lost',
      'recovered still',
      'recovered unseen',
    ]);
    expect(
      (await log.store.db.select().from(alerts)).every((one) => one.recoveryNotifiedAt === nowMs),
    ).toBe(true);
  });

  test('one that is set later is told of what opens from then on', async () => {
    const [slack, teams] = [await receiver(), await receiver()];
    await found(finding('before'));
    await send(only({ slack: slack.url }));
    const both = channels({ slack: slack.url, teams: teams.url });
    await found(finding('after'));
    await send(...both);
    expect(slack.received).toHaveLength(3);
    expect(JSON.stringify(teams.received.map(({ json }) => json))).not.toContain('About: before');
    expect(teams.received).toHaveLength(1);
  });

  test('one that is set no more holds no alert open', async () => {
    const slack = await receiver();
    slack.answer = () => 500;
    await found(finding());
    await send(only({ slack: slack.url }));
    await send();
    expect(await log.store.db.select().from(alerts)).toMatchObject([{ notifiedAt: START }]);
  });
});
