import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import answers from '../../golden/adjacent/edge-answers-1.json' with { type: 'json' };
import kept from '../../golden/adjacent/kv-1.json' with { type: 'json' };
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';

/** Keys of objects, and of the first of a list, with their types. */
const shapeOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.slice(0, 1).map(shapeOf)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]))
      : typeof value;

it('an edge ranks by what a backend of the version before has published, and answers what its clients and backends read', async () => {
  for (const [key, text] of Object.entries(kept.texts)) await put(key, text);
  for (const [key, base64] of Object.entries(kept.base64))
    await put(key, Uint8Array.from(atob(base64), (one) => one.codePointAt(0)!).buffer);
  const isolate = coldIsolate();
  const ask = async (path: string, key: string, body?: unknown) => {
    const response = await isolate.fetch(path, { key, ...(body !== undefined && { body }) });
    return response.json<Record<string, unknown>>();
  };
  const rank = await ask('/v1/rank', PUBLISHABLE, {
    sessionId: 'a-session',
    preferences: { budget: 1500 },
    limit: 3,
    explain: true,
  });
  expect(rank).toMatchObject({ degraded: false, weights: 'v000000' });
  expect(rank.items).toHaveLength(3);
  const [{ id }] = rank.items as { id: string }[];
  const events = await ask('/v1/events', PUBLISHABLE, [
    {
      eventId: 'e',
      type: 'click',
      rankingId: rank.rankingId,
      itemId: id,
      timestamp: Date.now(),
      token: rank.token,
    },
  ]);
  expect(events).toMatchObject({ accepted: 1 });
  const version = await ask('/v1/version', SECRET);
  // A newer version may say more, and nothing that was there is gone.
  expect(shapeOf(rank)).toMatchObject(shapeOf(answers.rank) as object);
  expect(shapeOf(events)).toMatchObject(shapeOf(answers.events) as object);
  expect(shapeOf(version)).toMatchObject(shapeOf(answers.version) as object);
});

function put(key: string, value: string | ArrayBuffer): Promise<void> {
  const [, namespace, name] = /^(WEIGHTS|CATALOGUE)\/(.*)$/.exec(key)!;
  return env[namespace as 'WEIGHTS' | 'CATALOGUE'].put(name, value);
}
