import { beforeAll, describe, expect, it } from 'vitest';
import { dashboardHtml } from '../../../backend/dashboard/page.ts';
import { dashboardRoutes } from '../../../backend/dashboard/routes.ts';

const app = dashboardRoutes();
const html = dashboardHtml();
const linked = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path);

describe('the dashboard page', () => {
  it('allows nothing but its own scripts, styles and API', async () => {
    const { status, headers } = await app.request('/');
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['inline scripts', /<script(?![^>]*\bsrc=)/],
    ['inline styles', /<style|\sstyle=/],
    ['inline event handlers', /\son[a-z]+=/],
    ['addresses elsewhere', /(?:src|href)="(?:https?:)?\/\//],
  ])('has no %s', (_, pattern) => {
    expect(html).not.toMatch(pattern);
  });

  it('says how wide a phone is', () => {
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
  });
});

describe('the dashboard scripts', () => {
  const files = new Map<string, string>();

  // What the page links to, and what those scripts import in turn.
  beforeAll(async () => {
    const waiting = [...linked];
    for (const path of waiting) {
      const response = await app.request(path);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path} is answered ${response.status}: ${text}`);
      files.set(path, text);
      for (const [, name] of text.matchAll(/from '\.\/([\w-]+\.js)'/g)) {
        if (!waiting.includes(`/dashboard/${name}`)) waiting.push(`/dashboard/${name}`);
      }
    }
  });

  it('are all there, and none more', async () => {
    expect([...files.keys()].toSorted()).toEqual(
      app.routes
        .map(({ path }) => path)
        .filter((path) => /\.\w+$/.test(path))
        .toSorted(),
    );
    expect(files.size).toBeGreaterThan(5);
  });

  it.each([
    ['read text as markup', /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/],
    ['load from elsewhere', /https?:\/\/(?!www\.w3\.org\/2000\/svg)/],
  ])('never %s', (_, pattern) => {
    const guilty = [...files].filter(([, text]) => pattern.test(text)).map(([path]) => path);
    expect(guilty).toEqual([]);
  });

  it.each([
    ['/dashboard/app.js', 'text/javascript; charset=utf-8'],
    ['/dashboard/style.css', 'text/css; charset=utf-8'],
  ])('are served as what they are: %s', async (path, type) => {
    const { headers } = await app.request(path);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('serve nothing else', async () => {
    expect((await app.request('/dashboard/../routes.ts')).status).toBe(404);
    expect((await app.request('/dashboard/nothing.js')).status).toBe(404);
  });
});
