import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBackend, shard, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { keyedSession } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { clickOn, rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(3));
  await publishScorer('v000001');
  isolate = coldIsolate();
});
afterEach(() => vi.restoreAllMocks());

const forget = async (body: unknown, key?: string, to = isolate) => {
  const response = await to.fetch('/v1/forget', { body, ...(key && { key }) });
  return [response.status, await response.json()] as const;
};

it('ships the erasure of each session that a token is of, among what else is shipped, and no ids that the site gave', async () => {
  const [one, again, other] = [
    await rank(isolate, { sessionId: 'one' }),
    await rank(isolate, { sessionId: 'one', userId: 'somebody' }),
    await rank(isolate, { sessionId: 'other' }),
  ];
  await isolate.fetch('/v1/events', { key: PUBLISHABLE, body: [clickOn(one)] });
  const tokens = [one.token, again.token, other.token, 'not.a.token'];
  expect(await forget({ tokens }, PUBLISHABLE)).toEqual([202, { sessions: 2, unknown: 1 }]);
  const backend = fakeBackend();
  await eventually(async () => {
    await shipAll();
    const erased = backend.sent.flatMap(({ erasures = [] }) => erasures);
    expect(erased.map(({ sessionId }) => sessionId).toSorted()).toEqual(
      [keyedSession('one'), keyedSession('other')].toSorted(),
    );
  });
  const events = backend.sent.flatMap((batch) => batch.events);
  expect(events.map(({ type }) => type)).toEqual(['click']);
  // What is kept for days, so that nothing counts twice, names none of the sessions.
  const kept: string[] = [];
  for (let n = 0; n < Number(env.EVENT_SHARDS); n++)
    kept.push(
      ...(await runInDurableObject(shard(n), (_, { storage }) =>
        storage.sql
          .exec<{ id: string }>(`SELECT eventId AS id FROM seen UNION SELECT rankingId FROM counts`)
          .toArray()
          .map(({ id }) => id),
      )),
    );
  expect(kept.filter((id) => id.startsWith('erase')).length).toBeGreaterThanOrEqual(2);
  for (const session of ['one', 'other'])
    expect(kept.join(' ')).not.toContain(keyedSession(session));
});

it('takes a token that has expired', async () => {
  const hasty = coldIsolate({ TOKEN_TTL_MS: '1' });
  const { token } = await rank(hasty, { sessionId: 'of-yesterday' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await forget({ tokens: [token] }, PUBLISHABLE, hasty)).toEqual([
    202,
    { sessions: 1, unknown: 0 },
  ]);
});

it('has nothing to erase of who did not consent', async () => {
  const { token } = await rank(isolate, { consent: 'none' });
  expect(await forget({ tokens: [token] }, SECRET)).toEqual([202, { sessions: 0, unknown: 0 }]);
});

it.each([undefined, 'pk_unknown'])('needs a key, and is refused with %s', async (key) => {
  expect((await forget({ tokens: ['x'] }, key))[0]).toBe(401);
});

it.each([
  null,
  [],
  {},
  { tokens: [] },
  { tokens: 'x' },
  { tokens: [1] },
  { tokens: Array(201).fill('x') },
])('says what it takes when it is sent %j', async (body) => {
  expect(await forget(body, PUBLISHABLE)).toEqual([
    400,
    { code: 'invalid_request', message: expect.stringContaining('a list of 1 to 200 tokens') },
  ]);
});

it('is stored again where the log could not be reached', async () => {
  const { token } = await rank(isolate, { sessionId: 'unlucky' });
  const broken = coldIsolate({
    EVENT_LOG: {
      idFromName: (name: string) => name,
      get: () => ({ storeEvents: () => Promise.reject(new Error('moved')) }),
    },
  });
  vi.spyOn(console, 'error').mockReturnValue(undefined);
  expect(await forget({ tokens: [token] }, PUBLISHABLE, broken)).toEqual([
    503,
    { code: 'unavailable', message: expect.stringContaining('send it again') },
  ]);
});
