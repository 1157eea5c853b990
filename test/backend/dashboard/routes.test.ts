import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outboundOf } from '../../../backend/outbound/outbound.ts';
import { assets } from '../../../backend/dashboard/assets.ts';
import { dashboardRoutes } from '../../../backend/dashboard/routes.ts';
import { PAGES } from '../../../backend/dashboard/pages.ts';
import { loginOf } from '../../../backend/login/service.ts';
import { dashboard } from '../../../backend/login/settings.ts';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { cookiesOf, sendForm, signIn } from '../support/sign-in.ts';

const POLICY = [
  "base-uri 'none'",
  "connect-src 'self'",
  "default-src 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self'",
];

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const ask = (path: string, headers: Record<string, string> = {}) =>
  backend.call('GET', path, undefined, { authorization: '', ...headers });

describe('a page', () => {
  const pages = PAGES.map(({ path, title }) => ({ path: `/dashboard/${path}`, title }));

  test.each([{ path: '/', title: 'Sign in' }, ...pages])(
    'at $path allows nothing but its own, and is never kept',
    async ({ path, title }) => {
      const { cookie } = await signIn(backend, 'viewer');
      const answer = await ask(path, path === '/' ? {} : { cookie });
      expect(answer.status).toBe(200);
      const { headers, body: html } = answer;
      expect((headers.get('content-security-policy') ?? '').split('; ').toSorted()).toEqual(POLICY);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(html).toContain(`<title>${title} · Trimtab</title>`);
      for (const forbidden of [
        /<script(?![^>]*\bsrc=)/,
        /<style|\sstyle=/,
        /\son[a-z]+=/,
        /(?:src|href)="(?:https?:)?\/\//,
      ])
        expect(html).not.toMatch(forbidden);
    },
  );

  test.each(pages)('at $path is shown to nobody who is not signed in', async ({ path }) => {
    const { status, headers } = await ask(`${path}?version=v000000`);
    expect(status).toBe(303);
    expect(headers.get('location')).toBe(`/?next=${encodeURIComponent(`${path}?version=v000000`)}`);
  });

  test('of the API allows styles of one answer beside that, shows itself to who is signed in alone, and says when the edge is away', async () => {
    const { cookie } = await signIn(backend, 'viewer');
    const policies = await Promise.all(
      [0, 1].map(async () => {
        const { headers, body } = await ask('/dashboard/api', { cookie });
        const policy = headers.get('content-security-policy') ?? '';
        const [, nonce] = /'nonce-([^']{16,})'/.exec(policy)!;
        expect(body.replace(/\s+/g, ' ')).toContain(
          `<meta property="csp-nonce" content="${nonce}"`,
        );
        expect(headers.get('cache-control')).toBe('no-store');
        const others = policy.replace(` 'nonce-${nonce}'`, '').split('; ').toSorted();
        expect(others).toEqual([...POLICY, "style-src-attr 'unsafe-inline'"].toSorted());
        return nonce;
      }),
    );
    expect(policies[0]).not.toBe(policies[1]);
    const stranger = await ask('/dashboard/api');
    expect(stranger.status).toBe(303);
    expect(stranger.headers.get('location')).toBe('/?next=/dashboard/api');
    expect((await ask('/dashboard/api/edge.json')).status).toBe(401);
    const { body: edge } = await ask('/dashboard/api/edge.json', { cookie });
    expect(edge).toMatchObject({
      info: { title: 'Trimtab edge' },
      servers: [{ url: backend.config.edgeUrl }],
    });
    const without = await backend.beside({ edgeUrl: 'http://127.0.0.1:1' });
    const away = await without.call('GET', '/dashboard/api/edge.json', undefined, { cookie });
    await without.close();
    expect({ status: away.status, code: away.body.code }).toEqual({
      status: 502,
      code: 'edge_unreachable',
    });
  });

  test('shows names as text', async () => {
    const { cookie } = await signIn(backend, 'viewer', '<b>"&');
    const { body } = await ask('/dashboard/now', { cookie });
    expect(body).toContain('&lt;b&gt;&quot;&amp;');
    expect(body).not.toContain('<b>');
  });

  test('is in the theme that was chosen, and in no other', async () => {
    expect((await ask('/', { cookie: 'trimtab_theme=dark' })).body).toContain('data-theme="dark"');
    for (const made of ['"><script>', 'system', ''])
      expect((await ask('/', { cookie: `trimtab_theme=${made}` })).body).not.toContain(
        'data-theme',
      );
  });
});

describe('signing in', () => {
  const linkOf = async () =>
    (await backend.call('POST', '/v1/logins', { role: 'viewer', name: 'bea' })).body.token;

  test('by the form gives a cookie that scripts cannot read, and goes to the page that was wanted', async () => {
    const answer = await sendForm(backend, await linkOf(), { next: '/dashboard/audit?actor=bea' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/dashboard/audit?actor=bea');
    const [cookie] = answer.headers.getSetCookie();
    for (const part of [/^trimtab_session=/, /HttpOnly/, /SameSite=Lax/, /Path=\//])
      expect(cookie).toMatch(part);
    expect((await ask('/', { cookie: cookiesOf(answer) })).headers.get('location')).toBe(
      '/dashboard/now',
    );
  });

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/v1/status'])(
    'never leads to %s',
    async (next) => {
      const answer = await sendForm(backend, await linkOf(), { next });
      expect(answer.headers.get('location')).toBe('/dashboard/now');
    },
  );

  test('is refused without the form that this browser was shown, and the link can still be used', async () => {
    const token = await linkOf();
    const others: Record<string, string>[] = [{ cookie: '' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of others) {
      const answer = await sendForm(backend, token, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.getSetCookie().join()).not.toContain('trimtab_session');
    }
    expect((await sendForm(backend, token)).status).toBe(303);
    expect((await sendForm(backend, token)).status).toBe(401);
  });

  test('ends with signing out, by a form of the same session', async () => {
    const { cookie, csrf } = await signIn(backend, 'viewer');
    const out = (token: string) =>
      backend.call('POST', '/logout', new URLSearchParams({ csrf: token }).toString(), {
        authorization: '',
        'content-type': 'application/x-www-form-urlencoded',
        cookie,
      });
    expect((await out('of nobody')).status).toBe(403);
    expect((await ask('/v1/status', { cookie })).status).toBe(200);
    expect((await out(csrf)).status).toBe(303);
    expect((await ask('/v1/status', { cookie })).status).toBe(401);
  });

  test('is limited by address', async () => {
    await backend.restart({
      dashboard: parseSettings(dashboard, { attemptsPerMinute: 3 }),
    });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await sendForm(backend, 'made up')).status);
    expect(answers).toEqual([401, 401, 401, 429, 429]);
    await backend.restart();
  });
});

describe('cookies', () => {
  let store: BorrowedStore;
  beforeAll(async () => {
    store = await borrowStore();
  });
  afterAll(() => store.close());

  test.each([
    ['http://127.0.0.1:8788/', false],
    ['http://localhost:8788/', false],
    ['http://[::1]:8788/', false],
    ['https://127.0.0.1/', true],
    ['http://trimtab.example/', true],
    ['http://127.0.0.1.example/', true],
    ['https://trimtab.example/', true],
  ])('of %s are secure: %s', async (url, isSecure) => {
    const login = loginOf({
      store,
      settings: parseSettings(dashboard, {}),
      secretKeys: ['sk_of_the_tests_here'],
      oidcClientSecret: undefined,
      outbound: outboundOf({ privateHosts: [] }),
      nowMs: Date.now,
    });
    const answer = await dashboardRoutes({ store, login, edgeUrl: backend.config.edgeUrl }).request(
      url,
    );
    const cookie = answer.headers.get('set-cookie')!;
    expect(/; Secure/.test(cookie)).toBe(isSecure);
    expect(cookie.startsWith('__Host-')).toBe(isSecure);
    expect(cookie).toMatch(/HttpOnly/);
  });
});

describe('a session behind a proxy that asks for 127.0.0.1', () => {
  test.each<Record<string, string>>([
    { origin: 'https://trimtab.example' },
    { 'x-forwarded-proto': 'https' },
  ])('is secure where the browser came over https, by %j', async (headers) => {
    const { token } = (await backend.call('POST', '/v1/logins', { role: 'viewer' })).body;
    const answer = await sendForm(backend, token, { headers });
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-trimtab_session=.*; Secure/);
    const page = await ask('/dashboard/now', { cookie: cookiesOf(answer) });
    expect(page.status).toBe(200);
    const csrf = /data-csrf="([^"]*)"/.exec(page.body)![1];
    const out = await backend.call('POST', '/logout', new URLSearchParams({ csrf }).toString(), {
      authorization: '',
      'content-type': 'application/x-www-form-urlencoded',
      cookie: cookiesOf(answer),
      ...headers,
    });
    expect(out.headers.getSetCookie().join()).toContain('__Host-trimtab_session=;');
    expect((await ask('/v1/status', { cookie: cookiesOf(answer) })).status).toBe(401);
  });
});

describe('scripts and styles', () => {
  test('are small: no page loads more than 100 kB, and all of them are less than that as they are sent', async () => {
    const { files } = await assets();
    const scripts = [...files].filter(([name]) => name.endsWith('.js'));
    const sent = scripts.reduce((sum, [, { gzipped }]) => sum + gzipped.length, 0);
    expect(sent).toBeLessThan(100_000);
    expect(scripts.length).toBeGreaterThan(PAGES.length);
  });

  test.each([
    [
      'read text as markup',
      /innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|[^.\w]eval\(/,
    ],
    ['load from elsewhere', /https?:\/\/(?!www\.w3\.org\/)/],
  ])('never %s', async (_, pattern) => {
    const { files } = await assets();
    const guilty = [...files].flatMap(([name, { plain }]) =>
      pattern.test(new TextDecoder().decode(plain)) ? [name] : [],
    );
    expect(guilty).toEqual([]);
  });

  test('are served as what they are, packed where that is asked for, and nothing else is', async () => {
    const { files } = await assets();
    for (const [name, { plain }] of files) {
      const answer = await fetch(`${backend.url}/dashboard/${name}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-encoding')).toBe('gzip');
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(plain);
      expect(answer.headers.get('content-type')).toBe(
        `text/${name.endsWith('.css') ? 'css' : 'javascript'}; charset=utf-8`,
      );
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    for (const path of ['/dashboard/nothing.js', '/dashboard/nothing'])
      expect((await ask(path)).status).toBe(404);
  });
});
