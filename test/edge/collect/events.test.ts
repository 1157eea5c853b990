import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { env } from 'cloudflare:workers';
import { shardOf } from '../../../edge/collect/shard.ts';
import { signToken, verifyToken } from '../../../shared/domain/token.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, type Isolate } from '../support/edge.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { clickOn, rank, type RankAnswer } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

let isolate: Isolate;
let ranking: RankAnswer;

beforeAll(async () => {
  await publishItems(openTrips(3));
  await publishScorer('v000001');
  isolate = coldIsolate();
  ranking = await rank(isolate, { sessionId: 'session-7', userId: 'user-7' });
});

afterEach(() => vi.restoreAllMocks());

async function send(body: unknown, to = isolate) {
  const response = await to.fetch('/v1/events', { key: PUBLISHABLE, body });
  return { status: response.status, ...(await response.json<object>()) };
}

describe('POST /v1/events while shards are full', () => {
  it('is answered 429 with Retry-After, which the client keeps its events for', async () => {
    const full = { storeEvents: async () => ({ duplicates: [], tooMany: [], isFull: true }) };
    vi.spyOn(env.EVENT_LOG, 'get').mockReturnValue(full as never);
    const response = await isolate.fetch('/v1/events', {
      key: PUBLISHABLE,
      body: [clickOn(ranking)],
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(await response.json()).toMatchObject({ code: 'too_many_requests' });
  });

  it('takes what other shards have room for, and rejects the rest by a code that is sent again', async () => {
    const other = await rank(isolate, { sessionId: 'session-of-another-shard' });
    const shards = [ranking, other].map((one) =>
      shardOf(
        verifyToken(one.token, [env.TOKEN_SECRET!], Date.now()).claims.sessionId,
        Number(env.EVENT_SHARDS),
      ),
    );
    const isSplit = shards[0] !== shards[1];
    const real = env.EVENT_LOG.get.bind(env.EVENT_LOG);
    const fullId = env.EVENT_LOG.idFromName(`shard-${shards[0]}`);
    vi.spyOn(env.EVENT_LOG, 'get').mockImplementation((id) =>
      id.equals(fullId)
        ? ({ storeEvents: async () => ({ duplicates: [], tooMany: [], isFull: true }) } as never)
        : real(id),
    );
    const answer = await send([clickOn(ranking), clickOn(other)]);
    if (isSplit)
      expect(answer).toMatchObject({
        status: 202,
        accepted: 1,
        rejected: [{ index: 0, code: 'too_many_requests' }],
      });
    else expect(answer).toMatchObject({ status: 429 });
  });
});

describe('POST /v1/events', () => {
  it('accepts feedback, and delivers it with what its token vouches for', async () => {
    const backend = fakeBackend();
    const click = clickOn(ranking, 1, { position: 2, value: 3.5, properties: { page: 'home' } });
    expect(await send([click])).toEqual({ status: 202, accepted: 1, duplicates: 0, rejected: [] });
    await shipAll();
    expect(backend.sent.flatMap(({ events }) => events)).toEqual([
      {
        ...click,
        token: undefined,
        sessionId: keyedSession('session-7'),
        userId: keyedUser('user-7'),
        placement: 'main',
        weights: 'v000001',
        receivedAt: expect.any(Number),
      },
    ]);
  });

  it('counts an event that comes again, in one request or the next, and stores it once', async () => {
    const [first, second] = [clickOn(ranking), clickOn(ranking, 2)];
    expect(await send([first, second, first])).toMatchObject({ accepted: 2, duplicates: 1 });
    expect(await send([second])).toMatchObject({ accepted: 0, duplicates: 1 });
    const backend = fakeBackend();
    await shipAll();
    const ids = backend.sent.flatMap(({ events }) => events).map(({ eventId }) => String(eventId));
    expect(ids).toEqual([first.eventId, second.eventId]);
  });

  it('goes on taking tokens through a rotation of their secret, until the old one is dropped', async () => {
    const newSecret = 'new-token-secret-of-the-tests';
    const during = coldIsolate({ TOKEN_SECRET: `${newSecret}, ${env.TOKEN_SECRET}` });
    const after = coldIsolate({ TOKEN_SECRET: newSecret });
    const later = await rank(during, { sessionId: 'session-7' });
    expect(await send([clickOn(ranking), clickOn(later)], during)).toMatchObject({ accepted: 2 });
    expect(await send([clickOn(ranking), clickOn(later, 2)], after)).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, code: 'invalid_token' }],
    });
  });

  it('takes what is right of a mixed list, and says what is wrong with the rest', async () => {
    const body = [clickOn(ranking), { type: 'click' }, clickOn(ranking), null];
    expect(await send(body)).toEqual({
      status: 202,
      accepted: 2,
      duplicates: 0,
      rejected: [
        { index: 1, code: 'invalid_request', message: 'an event of type click needs an itemId' },
        { index: 3, code: 'invalid_request', message: 'an event must be an object, but was null' },
      ],
    });
  });

  it.each<[string, (click: ReturnType<typeof clickOn>) => object, string, RegExp]>([
    [
      'an unknown type',
      (click) => ({ ...click, type: 'purchase' }),
      'invalid_request',
      /type must be one of/,
    ],
    [
      'no eventId',
      (click) => ({ ...click, eventId: undefined }),
      'invalid_request',
      /eventId must be/,
    ],
    [
      'a value that is not finite',
      (click) => ({ ...click, value: '3' }),
      'invalid_request',
      /the value of click must be an amount/,
    ],
    [
      'position 0',
      (click) => ({ ...click, position: 0 }),
      'invalid_request',
      /position must be a whole number from 1/,
    ],
    [
      'a timestamp in words',
      (click) => ({ ...click, timestamp: 'now' }),
      'invalid_request',
      /timestamp must be an ISO date/,
    ],
    [
      'a position of another item',
      (click) => ({ ...click, position: 2 }),
      'invalid_request',
      /open-\d is at position 1 of its ranking, but the event says 2/,
    ],
    [
      'a position that the ranking does not have',
      (click) => ({ ...click, itemId: undefined, type: 'impression', position: 4 }),
      'invalid_request',
      /position must be 1 to 3/,
    ],
    [
      'nested properties',
      (click) => ({ ...click, properties: { a: {} } }),
      'invalid_request',
      /property "a"/,
    ],
    ['no token', (click) => ({ ...click, token: undefined }), 'invalid_token', /token is missing/],
    [
      'a token that was made up',
      (click) => ({ ...click, token: 'abc' }),
      'invalid_token',
      /not issued here/,
    ],
    [
      'a token with one bit changed',
      (click) => ({ ...click, token: flip(click.token) }),
      'invalid_token',
      /not issued here/,
    ],
    [
      'a token signed with another secret',
      (click) => ({ ...click, token: resigned(click, 'guess', 60_000) }),
      'invalid_token',
      /not issued here/,
    ],
    [
      'an expired token',
      (click) => ({ ...click, token: resigned(click, env.TOKEN_SECRET!, -1) }),
      'expired_token',
      /rank again/,
    ],
    [
      'the token of another ranking',
      (click) => ({ ...click, rankingId: 'another' }),
      'invalid_token',
      /not of ranking another/,
    ],
    [
      'an item that was not shown',
      (click) => ({ ...click, itemId: 'hidden' }),
      'invalid_request',
      /hidden was not shown/,
    ],
  ])('rejects an event with %s', async (_, spoil, code, message) => {
    expect(await send([spoil(clickOn(ranking))])).toEqual({
      status: 202,
      accepted: 0,
      duplicates: 0,
      rejected: [{ index: 0, code, message: expect.stringMatching(message) }],
    });
  });

  it.each([
    { what: 'no list', body: { events: {} }, status: 400, code: 'invalid_request' },
    { what: 'a misspelt list', body: { event: [] }, status: 400, code: 'invalid_request' },
    {
      what: 'a list sent at no moment',
      body: { events: [], sentAt: Math.floor(Date.now() / 1000) },
      status: 400,
      code: 'invalid_request',
    },
    {
      what: '1,001 events',
      body: Array.from({ length: 1001 }, () => 0),
      status: 413,
      code: 'too_many_events',
    },
  ])('refuses $what as a whole', async ({ body, status, code }) => {
    expect(await send(body)).toMatchObject({ status, code });
  });

  it('corrects the timestamps of a clock that is off, where the request shows by how much', async () => {
    const HOUR = 3_600_000;
    const backend = fakeBackend();
    const [ahead, right] = [clickOn(ranking, 0), clickOn(ranking, 1)];
    const sentAt = Date.now() + 5 * HOUR;
    const events = [{ ...ahead, timestamp: sentAt - 2000 }];
    expect(await send({ events, sentAt })).toMatchObject({ accepted: 1, corrected: 1 });
    expect(await send({ events: [right], sentAt: Date.now() - 2000 })).toEqual({
      status: 202,
      accepted: 1,
      duplicates: 0,
      rejected: [],
    });
    await shipAll();
    const stored = (id: string) =>
      backend.sent.flatMap(({ events: sent }) => sent).find(({ eventId }) => eventId === id)!;
    const [first, second] = [stored(ahead.eventId), stored(right.eventId)];
    expect(first.timestamp).toBe(first.receivedAt - 2000);
    expect(first.clockOffsetMs).toBe(first.timestamp - (sentAt - 2000));
    expect(second).toMatchObject({ timestamp: right.timestamp });
    expect(second).not.toHaveProperty('clockOffsetMs');
  });

  it('rejects what a correction would put where no moment may be', async () => {
    const event = { ...clickOn(ranking), timestamp: '1990-01-01' };
    expect(await send({ events: [event], sentAt: '2099-01-01' })).toMatchObject({
      accepted: 0,
      rejected: [
        {
          code: 'invalid_request',
          message: expect.stringMatching(/^timestamp and sentAt must be of one clock: 1990-01-01/),
        },
      ],
    });
  });

  it('accepts an empty list', async () => {
    expect(await send([])).toEqual({ status: 202, accepted: 0, duplicates: 0, rejected: [] });
  });

  it('names what is too many of one ranking, and takes the rest', async () => {
    vi.spyOn(console, 'warn').mockReturnValue();
    const capped = coldIsolate();
    const flooded = await rank(capped, { sessionId: 'session-9' });
    const body = Array.from({ length: 501 }, () => clickOn(flooded));
    expect(await send([...body, clickOn(flooded, 1)], capped)).toEqual({
      status: 202,
      accepted: 501,
      duplicates: 0,
      rejected: [
        { index: 500, code: 'too_many_events', message: expect.stringMatching(/as are stored/) },
      ],
    });
  });

  it('asks for the events again when no shard can store them', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const broken = coldIsolate({ EVENT_LOG: brokenLog(() => true) });
    expect(await send([clickOn(ranking)], broken)).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
  });

  it('asks again for just the events whose shard cannot store them', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const elsewhere = await rank(isolate, { sessionId: 'session-2' });
    const down = `shard-${shardOf(keyedSession('session-2'), 8)}`;
    const half = coldIsolate({ EVENT_LOG: brokenLog((name) => name === down) });
    expect(await send([clickOn(ranking), clickOn(elsewhere)], half)).toMatchObject({
      status: 202,
      accepted: 1,
      rejected: [{ index: 1, code: 'unavailable' }],
    });
  });
});

/** The real log, but for the shards that are broken. */
function brokenLog(isBroken: (name: string) => boolean) {
  const broken = { storeEvents: () => Promise.reject(new Error('broken for a test')) };
  return {
    idFromName: (name: string) => name,
    get: (name: string) =>
      isBroken(name) ? broken : env.EVENT_LOG.get(env.EVENT_LOG.idFromName(name)),
  };
}

const flip = (token: string) =>
  `${token.slice(0, 9)}${token[9] === 'A' ? 'B' : 'A'}${token.slice(10)}`;

/** The same claims, signed anew. */
function resigned(
  { token, itemId }: ReturnType<typeof clickOn>,
  secret: string,
  expiresInMs: number,
): string {
  const { claims } = verifyToken(token, [env.TOKEN_SECRET!], Date.now());
  const expiresAt = Date.now() + expiresInMs;
  return signToken({ ...claims, expiresAt }, [itemId], secret);
}
