import { describe, expect, it } from 'vitest';
import { coldIsolate, PUBLISHABLE } from '../support/edge.ts';

describe.each(['/client.js', '/client.extras.js'])('%s', (path) => {
  it('is a script that pages of any origin load without a key, and keep for a while', async () => {
    const response = await coldIsolate().fetch(path);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': expect.stringMatching(/^public, max-age=\d+/),
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(await response.text()).toContain('trimtab');
  });

  it('is not sent again to who has it', async () => {
    const isolate = coldIsolate();
    const etag = (await isolate.fetch(path)).headers.get('etag')!;
    for (const known of [etag, `W/${etag}`]) {
      const response = await isolate.fetch(path, { headers: { 'if-none-match': known } });
      expect([response.status, await response.text()]).toEqual([304, '']);
    }
    const other = await isolate.fetch(path, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });
});

it('an answer says when it was ranked', async () => {
  const before = Date.now();
  const response = await coldIsolate().fetch('/v1/rank', {
    key: PUBLISHABLE,
    body: { sessionId: 's', candidates: [{ id: 'a' }] },
  });
  const { at } = await response.json<{ at: number }>();
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});
