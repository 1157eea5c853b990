import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { clickOn, rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const LONG = 'x'.repeat(16_000);
/** Each marks what it sends, so that it would be found. */
const ODD: readonly (readonly [what: string, headers: Readonly<Record<string, string>>])[] = [
  ['none at all', {}],
  ['an empty address and an empty browser', { 'cf-connecting-ip': '', 'user-agent': '' }],
  ['several addresses', { 'cf-connecting-ip': '203.0.113.77, 198.51.100.77' }],
  ['an address that is none', { 'cf-connecting-ip': 'marked::77::zz%eth0' }],
  ['IPv4 within IPv6', { 'cf-connecting-ip': '::ffff:203.0.113.77' }],
  ['an address of 16,000 characters', { 'cf-connecting-ip': `marked${LONG}` }],
  ['a browser of 16,000 characters', { 'user-agent': `marked${LONG}` }],
  ['browsers that are a list', { 'user-agent': 'marked/1, marked/2' }],
  ['a browser that would be a formula or a script', { 'user-agent': '=cmd|marked<script>' }],
  [
    'what proxies add',
    {
      'x-forwarded-for': '203.0.113.77, unknown, marked',
      forwarded: 'for=marked;by=marked',
      via: '1.1 marked',
    },
  ],
  [
    'cookies and a page',
    { cookie: 'marked=1; '.repeat(300), referer: `https://shop.example/marked?${LONG}` },
  ],
  ['languages and types of 16,000 characters', { 'accept-language': LONG, accept: LONG }],
  ['an origin of 16,000 characters', { origin: `https://${LONG}` }],
];

let isolate: Isolate;
beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
  const fits = { limit: () => Promise.resolve({ success: true }) };
  // With limits, so that addresses are read.
  isolate = coldIsolate({
    RATE_LIMITS: 'on',
    RATE_PER_KEY: fits,
    RATE_PER_ADDRESS: fits,
    RATE_PER_SESSION: fits,
  });
});
afterEach(() => vi.restoreAllMocks());

describe('whatever stands in headers', () => {
  it.each(ODD)('ranks and takes events, and stores nothing of it: %s', async (_, headers) => {
    const answer = await rank(
      isolate,
      { sessionId: 'odd' },
      { headers, body: { sessionId: 'odd' } },
    );
    expect(answer.status).toBe(200);
    const events = await isolate.fetch('/v1/events', {
      key: PUBLISHABLE,
      headers,
      body: [clickOn(answer)],
    });
    expect([events.status, await events.json()]).toMatchObject([202, { accepted: 1 }]);
    const backend = fakeBackend();
    await eventually(async () => {
      await shipAll();
      const ids = backend.sent.flatMap(({ decisions }) => decisions.map((one) => one.rankingId));
      expect(ids.map(String)).toContain(answer.rankingId);
    });
    const stored = backend.sentBytes.map((bytes) => new TextDecoder().decode(bytes)).join('\n');
    expect(stored).not.toMatch(/marked|203\.0\.113|198\.51\.100/);
  });

  it.each(ODD)('refuses without a key as ever: %s', async (_, headers) => {
    const response = await isolate.fetch('/v1/rank', { headers, body: { sessionId: 'odd' } });
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthorized' }]);
  });

  it('a key twice, or with more behind it, is no key', async () => {
    for (const authorization of [
      `Bearer ${PUBLISHABLE}, Bearer ${PUBLISHABLE}`,
      `Bearer ${PUBLISHABLE} `.padEnd(16_000, 'x'),
      `Bearer ${env.TOKEN_SECRET}`,
      'Bearer',
    ]) {
      const response = await isolate.fetch('/v1/rank', {
        headers: { authorization },
        body: { sessionId: 'odd' },
      });
      expect(response.status).toBe(401);
    }
  });
});
