import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roleOf } from '../../../backend/login/oidc.ts';
import { FIRST_PAGE, nextPage } from '../../../backend/login/next-page.ts';
import { loginOf, type Login } from '../../../backend/login/service.ts';
import { dashboard } from '../../../backend/login/settings.ts';
import { hashOf } from '../../../backend/login/token.ts';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import type { Store } from '../../../backend/store/open.ts';
import { loginLinks, loginSessions } from '../../../backend/store/tables.ts';
import { borrowStore } from '../../support/borrow-store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ANNA = { role: 'operator', name: 'anna' } as const;

let store: Store;
let nowMs = Date.UTC(2026, 0, 1);
const serviceWith = (
  secretKeys: readonly string[] = ['sk_one_of_the_tests'],
  settings = {},
): Login =>
  loginOf({
    store,
    settings: parseSettings(dashboard, { idleMinutes: 30, sessionHours: 2, ...settings }),
    secretKeys,
    oidcClientSecret: undefined,
    outbound: outboundOf({ privateHosts: [] }),
    nowMs: () => nowMs,
  });
let login: Login;

beforeAll(async () => {
  store = await borrowStore();
  login = serviceWith();
});
afterAll(() => store.close());

const linkOf = async () => (await login.createLink(ANNA, 'cli')).token;
const sessionOf = async () => (await login.sessions.openByLink(await linkOf()))!;

describe('a link', () => {
  test('opens once', async () => {
    const token = await linkOf();
    expect(await login.sessions.openByLink(token)).toBeTypeOf('string');
    expect(await login.sessions.openByLink(token)).toBeUndefined();
  });

  test('of many that bring it at once lets one in', async () => {
    const token = await linkOf();
    const came = await Promise.all(
      Array.from({ length: 12 }, () => login.sessions.openByLink(token)),
    );
    expect(came.filter((cookie) => cookie !== undefined)).toHaveLength(1);
  });

  test('opens nothing once its time is over', async () => {
    const { token, expiresAt } = await login.createLink(ANNA, 'cli');
    const before = nowMs;
    nowMs = expiresAt;
    expect(await login.sessions.openByLink(token)).toBeUndefined();
    nowMs = before;
    expect(await login.sessions.openByLink(token)).toBeTypeOf('string');
  });

  test('and its session are stored as hashes alone', async () => {
    const token = await linkOf();
    const cookie = (await login.sessions.openByLink(await linkOf()))!;
    const rows = JSON.stringify([
      await store.db.all('select * from login_links'),
      await store.db.all('select * from login_sessions'),
      await store.db.all('select * from audit'),
    ]);
    expect(rows).toContain('anna');
    for (const secret of [token, cookie, ...cookie.split('.')]) expect(rows).not.toContain(secret);
  });

  test('that nobody made opens nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (token) => {
        expect(await login.sessions.openByLink(token)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a session', () => {
  test('is whose link it was, and has a token for its forms', async () => {
    const cookie = await sessionOf();
    expect(await login.sessions.read(cookie)).toEqual({ ...ANNA, csrf: expect.any(String) });
    const [other] = [await login.sessions.read(await sessionOf())];
    expect(other?.csrf).not.toBe((await login.sessions.read(cookie))?.csrf);
  });

  test('ends when it is not used, and goes on while it is, until its time is over', async () => {
    const [used, unused] = [await sessionOf(), await sessionOf()];
    const began = nowMs;
    for (let minutes = 20; minutes < 120; minutes += 20) {
      nowMs = began + minutes * MINUTE_MS;
      expect(await login.sessions.read(used)).toBeDefined();
    }
    expect(await login.sessions.read(unused)).toBeUndefined();
    nowMs = began + 2 * HOUR_MS;
    expect(await login.sessions.read(used)).toBeUndefined();
  });

  test('is not prolonged by looking whether it goes on, as open pages have it looked up', async () => {
    const cookie = await sessionOf();
    const began = nowMs;
    for (const [minutes, isOpen] of [
      [20, true],
      [29, true],
      [30, false],
    ] as const) {
      nowMs = began + minutes * MINUTE_MS;
      expect((await login.sessions.read(cookie, false)) !== undefined).toBe(isOpen);
    }
  });

  test('ends when somebody signs out, and all of them when an operator says so', async () => {
    const [first, second, third] = [await sessionOf(), await sessionOf(), await sessionOf()];
    await login.sessions.end(first);
    expect(await login.sessions.read(first)).toBeUndefined();
    expect(await login.sessions.read(second)).toBeDefined();
    expect(await login.sessions.endAll('anna')).toBeGreaterThanOrEqual(2);
    for (const cookie of [second, third]) expect(await login.sessions.read(cookie)).toBeUndefined();
  });

  test('begins by no link from before all of them were ended', async () => {
    const before = await linkOf();
    await login.sessions.endAll('anna');
    expect(await login.sessions.openByLink(before)).toBeUndefined();
    expect(await login.sessions.openByLink(await linkOf())).toBeTypeOf('string');
  });

  test('is not that of a cookie that was changed anywhere', async () => {
    const cookie = await sessionOf();
    for (let i = 0; i < cookie.length; i++) {
      const changed = `${cookie.slice(0, i)}${cookie[i] === 'A' ? 'B' : 'A'}${cookie.slice(i + 1)}`;
      // The last character of base64url has bits that say nothing; a text of another one is still another seal.
      expect(await login.sessions.read(changed)).toBeUndefined();
    }
    expect(await login.sessions.read(cookie)).toBeDefined();
  });

  test('outlives a change of keys while the old one is accepted, and no longer', async () => {
    const cookie = await sessionOf();
    const rotated = serviceWith(['sk_two_of_the_tests', 'sk_one_of_the_tests']);
    expect(await rotated.sessions.read(cookie)).toBeDefined();
    expect(await serviceWith(['sk_two_of_the_tests']).sessions.read(cookie)).toBeUndefined();
  });
});

test('a link opens while the key of its time is accepted, and no longer', async () => {
  const [kept, dropped] = [await linkOf(), await linkOf()];
  const rotated = serviceWith(['sk_two_of_the_tests', 'sk_one_of_the_tests']);
  expect(await rotated.sessions.openByLink(kept)).toBeTypeOf('string');
  const later = serviceWith(['sk_two_of_the_tests']);
  expect(await later.sessions.openByLink(dropped)).toBeUndefined();
  // Without its seal it is no token of before there were seals either.
  expect(await later.sessions.openByLink(dropped.split('.')[0])).toBeUndefined();
});

test('a link of before there were seals still opens', async () => {
  const token = 'of the version before, which made 43 letters';
  await store.write([
    store.db.insert(loginLinks).values({
      hash: hashOf(token),
      ...ANNA,
      createdAt: nowMs,
      expiresAt: nowMs + MINUTE_MS,
    }),
  ]);
  const cookie = (await login.sessions.openByLink(token))!;
  expect(await login.sessions.read(cookie)).toMatchObject(ANNA);
});

describe('somebody who signed in at an identity provider', () => {
  const issuer = 'https://accounts.example.com';
  const oidcWith = (lists: { operators?: string[]; viewers?: string[] }, at = issuer) => ({
    url: 'https://trimtab.example.com',
    oidc: { issuer: at, clientId: 'trimtab', ...lists },
  });
  const ofKeys = ['sk_one_of_the_tests'];
  const before = oidcWith({ operators: ['anna@example.com'] });
  const signedIn = () =>
    serviceWith(ofKeys, before).sessions.open(
      { role: 'operator', name: 'anna@example.com' },
      issuer,
    );

  test('is what the lists say at every request', async () => {
    const cookie = await signedIn();
    const roleWith = async (settings: object) =>
      (await serviceWith(ofKeys, settings).sessions.read(cookie))?.role;
    expect(await roleWith(before)).toBe('operator');
    expect(await roleWith(oidcWith({ viewers: ['@example.com'] }))).toBe('viewer');
    expect(await roleWith(oidcWith({ operators: ['anna@example.com'] }))).toBe('operator');
    expect(await roleWith(oidcWith({ operators: ['bea@example.com'] }))).toBeUndefined();
    // The session is over, and not only refused for as long as the lists are so.
    expect(await roleWith(before)).toBeUndefined();
  });

  test.each([
    ['there is no provider any more', {}],
    [
      'another provider is asked',
      oidcWith({ operators: ['anna@example.com'] }, 'https://else.example.com'),
    ],
  ])('is signed out once %s', async (_, settings) => {
    const cookie = await signedIn();
    expect(await serviceWith(ofKeys, settings).sessions.read(cookie)).toBeUndefined();
  });

  test('is not told from a session whose beginning nobody knows, which is over', async () => {
    const cookie = await signedIn();
    await store.write([store.db.update(loginSessions).set({ origin: null })]);
    expect(await serviceWith(ofKeys, before).sessions.read(cookie)).toBeUndefined();
  });
});

test('a form is accepted only from the browser that was shown it', () => {
  const [mine, other] = [login.form.newCookie(), login.form.newCookie()];
  expect(login.form.isOwn(mine, login.form.tokenOf(mine))).toBe(true);
  expect(login.form.isOwn(mine, login.form.tokenOf(other))).toBe(false);
  expect(login.form.isOwn('', login.form.tokenOf(''))).toBe(false);
});

test('tries are counted by address, and all together', async () => {
  const { attempts } = serviceWith(undefined, { attemptsPerMinute: 2 });
  await attempts.count('1.2.3.4');
  await attempts.count('1.2.3.4');
  await expect(attempts.count('1.2.3.4')).rejects.toMatchObject({ status: 429 });
  for (let i = 0; i < 17; i++) await attempts.count(`of many ${i}`);
  const rest = await Promise.allSettled(
    Array.from({ length: 5 }, (_, i) => attempts.count(`of more ${i}`)),
  );
  expect(rest.some(({ status }) => status === 'rejected')).toBe(true);
});

describe('where to go after signing in', () => {
  test.each(['/dashboard/now', '/dashboard/weights?version=v000001&feature=theme'])(
    'is %s where it was asked for',
    (page) => expect(nextPage(page)).toBe(page),
  );

  test.each([
    undefined,
    '',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/dashboard/now',
    '/dashboard/../../evil',
    '/dashboard/now#x',
    '/dashboard//evil.example',
    '/dashboard/now\r\nx: y',
    'javascript:alert(1)',
    '/v1/status',
  ])('is never %j', (page) => expect(nextPage(page)).toBe(FIRST_PAGE));

  test('is always on this host', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const to = new URL(nextPage(`/dashboard/${text}`), 'https://trimtab.example');
        expect(to.origin).toBe('https://trimtab.example');
        expect(to.pathname.startsWith('/dashboard/')).toBe(true);
      }),
    );
  });
});

test.each([
  ['anna@example.com', 'operator'],
  ['ANNA@Example.com', 'operator'],
  ['bea@example.com', 'viewer'],
  ['bea@sub.example.com', undefined],
  ['bea@evilexample.com', undefined],
  ['anna@example.com@evil.com', undefined],
  ['@example.com', 'viewer'],
  ['', undefined],
])('who signs in elsewhere as %j is %s', (email, role) => {
  expect(roleOf(email, { operators: ['anna@example.com'], viewers: ['@example.com'] })).toBe(role);
});
