import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../../shared/text/ascii-json.ts';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';

const isolate = coldIsolate();
const call = (method: string, path: string, body?: string | Uint8Array, headers = {}) =>
  isolate.fetch(`/v1/kv/${path}`, { key: SECRET, method, body, headers });

describe('/v1/kv', () => {
  it('writes bytes with metadata, reads them back, and deletes them', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const metadata = asciiJson({ sha256: 'abc', kind: 'additive', name: 'Größe 漢字 👩' });
    const put = await call('PUT', 'WEIGHTS/w/v000007', bytes, { 'x-trimtab-metadata': metadata });
    expect(await put.json()).toEqual({ key: 'w/v000007', sizeBytes: 70_000 });
    expect(await env.WEIGHTS.get('w/v000007', 'arrayBuffer')).toEqual(bytes.buffer);
    const got = await call('GET', 'WEIGHTS/w/v000007');
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes);
    expect(JSON.parse(got.headers.get('x-trimtab-metadata') ?? '')).toEqual(JSON.parse(metadata));
    const stored = await env.WEIGHTS.getWithMetadata('w/v000007');
    expect(stored.metadata).toEqual(JSON.parse(metadata));
    expect((await call('DELETE', 'WEIGHTS/w/v000007')).status).toBe(200);
    expect(await (await call('GET', 'WEIGHTS/w/v000007')).json()).toEqual({
      code: 'unknown_key',
      message: 'WEIGHTS has no key "w/v000007"',
    });
  });

  it('keeps the namespaces apart, and takes keys percent-encoded', async () => {
    await call('PUT', 'CATALOGUE/s%2Fabc/0', 'part');
    expect(await env.CATALOGUE.get('s/abc/0')).toBe('part');
    expect(await env.WEIGHTS.get('s/abc/0')).toBeNull();
  });

  it('stores an empty value as such', async () => {
    await call('PUT', 'WEIGHTS/empty', new Uint8Array());
    expect((await call('GET', 'WEIGHTS/empty')).status).toBe(200);
  });

  it.each([
    ['an unknown namespace', 'GET', 'SECRETS/key', 404, 'unknown_namespace'],
    ['no key', 'GET', 'WEIGHTS/', 404, 'unknown_namespace'],
    ['a key that is too long', 'GET', `WEIGHTS/${'k'.repeat(513)}`, 400, 'invalid_request'],
    ['a key that is no text', 'GET', 'WEIGHTS/%ff', 400, 'invalid_request'],
    ['another method', 'PATCH', 'WEIGHTS/key', 405, 'method_not_allowed'],
  ])('refuses %s', async (_, method, path, status, code) => {
    const response = await call(method, path);
    expect([response.status, await response.json()]).toEqual([
      status,
      { code, message: expect.any(String) },
    ]);
  });

  it('makes no write that arrives after its time', async () => {
    const put = (before: string, body: string) =>
      call('PUT', 'WEIGHTS/timed', body, { 'x-trimtab-before': before });
    expect((await put(String(Date.now() + 60_000), 'in time')).status).toBe(200);
    const late = await put(String(Date.now()), 'late');
    expect([late.status, await late.json()]).toMatchObject([503, { code: 'too_late' }]);
    expect((await put('soon', 'no time')).status).toBe(400);
    expect(await env.WEIGHTS.get('timed')).toBe('in time');
  });

  it('refuses metadata that is not JSON', async () => {
    const response = await call('PUT', 'WEIGHTS/key', 'x', { 'x-trimtab-metadata': '{' });
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('says that KV refused, rather than that something broke', async () => {
    const limited = coldIsolate({
      WEIGHTS: { put: () => Promise.reject(new Error('KV PUT failed: 429 Too Many Requests')) },
    });
    const ask = { key: SECRET, method: 'PUT', body: 'x' };
    const response = await limited.fetch('/v1/kv/WEIGHTS/active', ask);
    expect([response.status, await response.json()]).toEqual([
      503,
      { code: 'kv_unavailable', message: expect.stringContaining('429') },
    ]);
  });

  it.each(['GET', 'PUT', 'DELETE'])('lets nobody %s without a secret key', async (method) => {
    const body = method === 'PUT' ? 'v000666' : undefined;
    for (const key of [PUBLISHABLE, undefined, 'sk_guess']) {
      const response = await isolate.fetch('/v1/kv/WEIGHTS/active', { key, method, body });
      expect(response.status).toBe(key === PUBLISHABLE ? 403 : 401);
    }
    expect(await env.WEIGHTS.get('active')).toBeNull();
  });
});
