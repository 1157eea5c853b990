import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Hono } from 'hono';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { dashboardRoutes } from '../../../backend/dashboard/routes.ts';
import { errorHandler } from '../../../backend/http/contract/problem.ts';
import { loginOf } from '../../../backend/login/service.ts';
import { dashboard } from '../../../backend/login/settings.ts';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import { borrowStore } from '../../support/borrow-store.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { startOidcProvider, type OidcProvider } from '../support/oidc-provider.ts';
import { cookiesOf } from '../support/sign-in.ts';

const SECRET = 'client secret of the tests';
let provider: OidcProvider;
let backend: TestBackend;

beforeAll(async () => {
  provider = await startOidcProvider({ id: 'trimtab', secret: SECRET });
  backend = await startTestBackend({
    oidcClientSecret: SECRET,
    dashboard: parseSettings(dashboard, {
      attemptsPerMinute: 1000,
      url: 'https://trimtab.example',
      oidc: {
        issuer: provider.issuer,
        clientId: 'trimtab',
        operators: ['anna@example.com'],
        viewers: ['@example.com'],
      },
    }),
  });
});
afterAll(async () => {
  await backend?.close();
  await provider?.close();
});
beforeEach(() => {
  provider.forges = false;
  provider.claims = { email: 'anna@example.com', email_verified: true };
});

const ask = (path: string, cookie = '') =>
  backend.call('GET', path, undefined, { authorization: '', cookie });

/** As a browser goes: to the provider and back. @returns where it comes back to, and with which cookie. */
async function goThere(next = '') {
  const left = await ask(`/login/oidc?next=${encodeURIComponent(next)}`);
  expect(left.status).toBe(303);
  const there = await fetch(left.headers.get('location')!, { redirect: 'manual' });
  const back = new URL(there.headers.get('location')!);
  expect(back.origin + back.pathname).toBe('https://trimtab.example/login/oidc/callback');
  return { back: back.pathname + back.search, cookie: cookiesOf(left) };
}

async function comeBack({ back, cookie }: Awaited<ReturnType<typeof goThere>>) {
  const answer = await ask(back, cookie);
  const session = answer.headers
    .getSetCookie()
    .find((one) => /^__Host-trimtab_session=.*; Secure/.test(one));
  return { answer, session: session?.split(';')[0] };
}

test('the page to sign in offers it', async () => {
  expect((await ask('/')).body).toContain('Sign in with 127.0.0.1');
});

test.each([
  ['anna@example.com', 'operator'],
  ['bea@example.com', 'viewer'],
])('%s signs in as %s, and comes to the page that was wanted', async (email, role) => {
  provider.claims = { email, email_verified: true };
  const { answer, session } = await comeBack(await goThere('/dashboard/audit?actor=x'));
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe('/dashboard/audit?actor=x');
  const page = (await ask('/dashboard/now', session)).body;
  expect(page).toContain(`data-role="${role}"`);
  expect(page).toContain(email);
});

test.each<[string, Record<string, unknown>]>([
  ['an address that nobody verified', { email_verified: false }],
  ['no address', { email: undefined }],
  ['an address of nobody who may', { email: 'eve@evil.example' }],
  ['a nonce of another try', { nonce: 'another' }],
  ['a token for another client', { aud: 'another' }],
  ['a token of another provider', { iss: 'https://evil.example' }],
  ['a token that is over', { exp: 1 }],
])('%s signs nobody in', async (_, claims) => {
  provider.claims = { ...provider.claims, ...claims };
  const { answer, session } = await comeBack(await goThere());
  expect(answer.status).toBe(401);
  expect(session).toBeUndefined();
});

test('a token that somebody else signed signs nobody in', async () => {
  provider.forges = true;
  expect((await comeBack(await goThere())).session).toBeUndefined();
});

test('nobody comes back for another browser, with another state, or twice', async () => {
  const [mine, other] = [await goThere(), await goThere()];
  expect((await comeBack({ back: mine.back, cookie: '' })).session).toBeUndefined();
  expect((await comeBack({ back: mine.back, cookie: other.cookie })).session).toBeUndefined();
  const changed = mine.back.replace(/state=[^&]*/, 'state=made-up');
  expect((await comeBack({ back: changed, cookie: mine.cookie })).session).toBeUndefined();
  const forged = { back: mine.back, cookie: `${mine.cookie}A` };
  expect((await comeBack(forged)).session).toBeUndefined();
  expect((await comeBack(mine)).session).toBeDefined();
  expect((await comeBack(mine)).session).toBeUndefined();
});

test('leads to no other site', async () => {
  const { answer } = await comeBack(await goThere('https://evil.example'));
  expect(answer.headers.get('location')).toBe('/dashboard/now');
});

test('a provider needs the address that it sends people back to', () => {
  const oidc = { issuer: 'https://accounts.example.com', clientId: 'trimtab' };
  expect(() => parseSettings(dashboard, { oidc })).toThrow(/url/);
});

/** The pages with a clock that can be set, without a backend around them. */
async function startPages({ attemptsPerMinute = 1000, nowMs = Date.now }) {
  const store = await borrowStore();
  const login = loginOf({
    store,
    settings: parseSettings(dashboard, {
      attemptsPerMinute,
      url: 'https://trimtab.example',
      oidc: {
        issuer: provider.issuer,
        clientId: 'trimtab',
        operators: ['anna@example.com'],
      },
    }),
    secretKeys: ['sk_of_the_tests_here'],
    oidcClientSecret: SECRET,
    outbound: outboundOf({ privateHosts: [] }),
    nowMs,
  });
  const app = new Hono()
    .onError(errorHandler(() => undefined))
    .route('/', dashboardRoutes({ store, login, edgeUrl: backend.config.edgeUrl }));
  const request = (path: string, { address = '192.0.2.9', cookie = '' } = {}) => {
    const incoming = { socket: { remoteAddress: address, remotePort: 1, remoteFamily: 'IPv4' } };
    return app.request(path, { headers: { cookie } }, { incoming });
  };
  return { request, close: () => store.close() };
}

test.each([
  ['in', 9, true],
  ['not in', 11, false],
])('whoever comes back signs %s after %d minutes', async (_, minutes, isSignedIn) => {
  let nowMs = Date.now();
  const pages = await startPages({ nowMs: () => nowMs });
  const left = await pages.request('/login/oidc');
  const there = await fetch(left.headers.get('location')!, { redirect: 'manual' });
  const back = new URL(there.headers.get('location')!);
  nowMs += minutes * 60_000;
  const answer = await pages.request(back.pathname + back.search, { cookie: cookiesOf(left) });
  expect(answer.status).toBe(isSignedIn ? 303 : 401);
  await pages.close();
});

test('tries are counted by address, both of leaving and of coming back', async () => {
  const pages = await startPages({ attemptsPerMinute: 3 });
  const statusOf = async (path: string, address: string) =>
    (await pages.request(path, { address })).status;
  const times = async (path: string, address: string) => {
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(await statusOf(path, address));
    return statuses;
  };
  expect(await times('/login/oidc', '192.0.2.1')).toEqual([303, 303, 303, 429]);
  expect(await statusOf('/login/oidc', '192.0.2.2')).toBe(303);
  const back = '/login/oidc/callback?code=x&state=y';
  expect(await times(back, '192.0.2.3')).toEqual([401, 401, 401, 429]);
  await pages.close();
});
