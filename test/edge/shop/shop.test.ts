import { beforeEach, describe, expect, it } from 'vitest';
import { coldIsolate, PUBLISHABLE, type Isolate } from '../support/edge.ts';

const FILES = ['/shop', '/shop/app.js', '/shop/style.css', '/shop/icon.svg'];
const ITEMS = { method: 'POST', key: PUBLISHABLE, body: { ids: ['trip-1'] } };

describe('a Worker whose SHOP is not on', () => {
  it.each([{}, { SHOP: '' }, { SHOP: 'off' }])('answers as if there were none: %j', async (env) => {
    const isolate = coldIsolate(env);
    for (const path of FILES) {
      const response = await isolate.fetch(path);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        404,
        { code: 'not_found', message: `there is no GET ${path}` },
      ]);
    }
    expect((await isolate.fetch('/shop/items', ITEMS)).status).toBe(404);
  });

  it('refuses a value that is neither', async () => {
    const response = await coldIsolate({ SHOP: 'yes' }).fetch('/shop');
    expect([response.status, await response.json()]).toEqual([
      503,
      { code: 'not_configured', message: 'SHOP must be on or off, but was "yes"' },
    ]);
  });
});

describe('a Worker whose SHOP is on', () => {
  let isolate: Isolate;
  beforeEach(() => {
    isolate = coldIsolate({ SHOP: 'on' });
  });

  it.each(FILES)('lets %s load nothing from elsewhere, and stand in no frame', async (path) => {
    const { status, headers } = await isolate.fetch(path);
    const policy = headers.get('content-security-policy')!;
    expect([status, headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
  });

  it('gives its page the first publishable key and no other, whatever characters that has', async () => {
    const text = await (await isolate.fetch('/shop')).text();
    expect(text).toContain(`data-key="${PUBLISHABLE}"`);
    expect(text).not.toMatch(/sk_test|pk_other/);
    const odd = coldIsolate({ SHOP: 'on', PUBLISHABLE_KEYS: 'pk_"><script>$&</script>' });
    expect(await (await odd.fetch('/shop')).text()).toContain(
      'data-key="pk_&quot;>&lt;script>$&amp;&lt;/script>"',
    );
  });

  it('has nothing inline in its page', async () => {
    const text = await (await isolate.fetch('/shop')).text();
    expect(text).not.toMatch(/<style|<script[^>]*>[^<]|\son\w+=|style=/);
  });

  it('does not send again what a browser has', async () => {
    const etag = (await isolate.fetch('/shop/app.js')).headers.get('etag')!;
    const headers = { 'if-none-match': etag };
    expect((await isolate.fetch('/shop/app.js', { headers })).status).toBe(304);
  });

  it('tells of items only to who has a key, and only of a list', async () => {
    const { key: _, ...keyless } = ITEMS;
    expect((await isolate.fetch('/shop/items', keyless)).status).toBe(401);
    const bodies = [{}, [], null, 'x', { ids: 'trip-1' }, { ids: [1] }];
    for (const body of [...bodies, { ids: Array.from({ length: 501 }, () => 'a') }]) {
      const response = await isolate.fetch('/shop/items', {
        ...ITEMS,
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(400);
    }
    const unknown = await isolate.fetch('/shop/items', ITEMS);
    expect([unknown.status, await unknown.json()]).toEqual([200, { items: [] }]);
  });
});
