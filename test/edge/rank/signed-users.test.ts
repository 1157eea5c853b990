import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseGivenId } from '../../../shared/domain/ids.ts';
import { userSignature } from '../../../shared/domain/user-signature.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { clickOn, rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const [NEW, OLD] = ['the newer secret of the site', 'the older secret of the site'];
const REQUIRED = { USER_SECRET: `${NEW}, ${OLD}`, REQUIRE_USER_SIGNATURE: 'on' };

const signed = (sessionId: string, userId: string, secret = NEW) => ({
  sessionId,
  userId,
  userSignature: userSignature(secret, {
    sessionId: parseGivenId(sessionId, 'sessionId'),
    userId: parseGivenId(userId, 'userId'),
  }),
});
const VICTIM = signed('session-of-anna', 'anna');

/** What somebody with a page's key knows: the victim's id, own sessions with their signatures, and even a signature of the victim's. */
const ATTACKS: readonly [what: string, body: Readonly<Record<string, unknown>>, code: string][] = [
  ['no signature', { sessionId: 'mine', userId: 'anna' }, 'unsigned_user'],
  ["the victim's session", { sessionId: VICTIM.sessionId, userId: 'anna' }, 'unsigned_user'],
  [
    "the victim's signature in another session",
    { ...VICTIM, sessionId: 'mine' },
    'wrong_signature',
  ],
  ['a signature of another user', { ...signed('mine', 'eve'), userId: 'anna' }, 'wrong_signature'],
  [
    'a signature the other way round',
    { ...signed('anna', 'mine'), sessionId: 'mine', userId: 'anna' },
    'wrong_signature',
  ],
  ['another secret', signed('mine', 'anna', 'a guess at the secret'), 'wrong_signature'],
  ['the key of pages as the secret', signed('mine', 'anna', PUBLISHABLE), 'wrong_signature'],
  ['the secret of all ids', signed('mine', 'anna', env.IDENTITY_SECRET), 'wrong_signature'],
  [
    'one digit changed',
    { ...VICTIM, userSignature: flipped(VICTIM.userSignature) },
    'wrong_signature',
  ],
  ['no signature at all, as a text', { ...VICTIM, userSignature: '' }, 'invalid_request'],
  ['no signature at all, as nothing', { ...VICTIM, userSignature: null }, 'invalid_request'],
  ['several, as a list', { ...VICTIM, userSignature: [VICTIM.userSignature] }, 'invalid_request'],
];

function flipped(hex: string): string {
  return `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
}

let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
  await storeScorer('v000002', { points: { base: [0, 7] } });
  isolate = coldIsolate(REQUIRED);
});
afterEach(() => vi.restoreAllMocks());

/** All that is logged until a last ranking is. */
async function loggedWith(last: string) {
  const backend = fakeBackend();
  await eventually(async () => {
    await shipAll();
    const ids = backend.sent.flatMap(({ decisions }) => decisions.map((one) => one.rankingId));
    expect(ids.map(String)).toContain(last);
  });
  return backend.sent.flatMap(({ decisions }) => decisions);
}

describe('where signatures are required, the key of pages', () => {
  it('names a user with what the site signed, by any secret of the list', async () => {
    for (const secret of [NEW, OLD]) {
      const answer = await rank(isolate, signed('session-of-anna', 'anna', secret));
      expect(answer.status).toBe(200);
      const all = await loggedWith(answer.rankingId);
      expect(all.find((one) => one.rankingId === answer.rankingId)).toMatchObject({
        sessionId: keyedSession('session-of-anna'),
        userId: keyedUser('anna'),
      });
      vi.restoreAllMocks();
    }
  });

  it.each(ATTACKS)('is refused with %s', async (_, body, code) => {
    const answer = await rank(isolate, body);
    expect(answer).toMatchObject({ status: code === 'invalid_request' ? 400 : 403, code });
    for (const secret of [NEW, OLD, ...(code === 'invalid_request' ? [] : [VICTIM.userSignature])])
      expect(answer.message).not.toContain(secret);
  });

  it('leaves nothing of such a request in the log: no ranking, no exposure, nothing to report feedback on', async () => {
    const layer = layerOf('users', [experimentOf('of-users')]);
    await publishTraffic(
      isolate,
      {
        champion: 'v000001',
        arms: { 'of-users:control': 'v000001', 'of-users:treatment': 'v000002' },
        layers: [layer],
      },
      {
        experiments: ['of-users'],
      },
    );
    const own = await rank(isolate, signed('session-of-anna', 'anna'));
    expect(own).toMatchObject({ status: 200, experiment: 'of-users' });
    for (const [, body] of ATTACKS) expect((await rank(isolate, body)).token).toBeUndefined();
    // The attacker's own session is in no arm by the victim's id, and its feedback is its own.
    const alone = await rank(isolate, { sessionId: 'mine' });
    expect(alone).not.toHaveProperty('experiment');
    await isolate.fetch('/v1/events', { key: PUBLISHABLE, body: [clickOn(alone)] });
    const all = await loggedWith(alone.rankingId);
    const ofVictim = all.filter(({ userId }) => userId === keyedUser('anna'));
    expect(ofVictim.map(({ rankingId }) => String(rankingId))).toEqual([own.rankingId]);
    const ofSession = all.filter(({ sessionId }) => sessionId === keyedSession('mine'));
    expect(ofSession.map(({ rankingId }) => String(rankingId))).toEqual([alone.rankingId]);
    expect(ofSession[0]).not.toHaveProperty('userId');
  });

  it('is refused for that request of a batch alone', async () => {
    const response = await isolate.fetch('/v1/rank/batch', {
      key: PUBLISHABLE,
      body: { requests: [VICTIM, { sessionId: 'mine', userId: 'anna' }, { sessionId: 'mine' }] },
    });
    const { answers } = await response.json<{ answers: { status: number }[] }>();
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 200]);
  });

  it('needs none without consent, where no id is used', async () => {
    const body = { sessionId: 'mine', userId: 'anna', consent: 'none' };
    const answer = await rank(isolate, body);
    expect(answer.status).toBe(200);
    const all = await loggedWith(answer.rankingId);
    const logged = all.find(({ rankingId }) => rankingId === answer.rankingId);
    expect(logged).toMatchObject({ sessionId: '' });
    expect(logged).not.toHaveProperty('userId');
  });

  it('does not use up the rate of a session that it only names', async () => {
    const seen: string[] = [];
    const limited = coldIsolate({
      ...REQUIRED,
      RATE_LIMITS: 'on',
      RATE_PER_SESSION: {
        limit: ({ key }: { key: string }) => {
          seen.push(key);
          return Promise.resolve({ success: true });
        },
      },
    });
    expect((await rank(limited, { ...VICTIM, userId: 'eve' })).status).toBe(403);
    expect(seen).toEqual([]);
    expect((await rank(limited, VICTIM)).status).toBe(200);
    expect(seen).toHaveLength(1);
  });
});

describe('a site’s own server', () => {
  it('says whose a session is by its secret key, and a signature that it sends has to be right', async () => {
    const ask = { key: SECRET, body: { sessionId: 'any', userId: 'anna' } };
    expect((await isolate.fetch('/v1/rank', ask)).status).toBe(200);
    const wrong = { ...ask.body, userSignature: VICTIM.userSignature };
    expect((await isolate.fetch('/v1/rank', { ...ask, body: wrong })).status).toBe(403);
  });
});

describe('a signature that is not required', () => {
  it('is checked where it is given, and what came without is counted for who wants to require it', async () => {
    const lenient = coldIsolate({ USER_SECRET: NEW });
    expect((await rank(lenient, { ...VICTIM, sessionId: 'mine' })).code).toBe('wrong_signature');
    expect((await rank(lenient, VICTIM)).status).toBe(200);
    expect((await rank(lenient, { sessionId: 'mine' })).status).toBe(200);
    const unsigned = async () => {
      const version = await lenient.fetch('/v1/version', { key: SECRET });
      return (await version.json<{ unsignedUsers: number }>()).unsignedUsers;
    };
    expect(await unsigned()).toBe(0);
    expect((await rank(lenient, { sessionId: 'mine', userId: 'anna' })).status).toBe(200);
    expect(await unsigned()).toBe(1);
  });

  it('is refused where nothing can check it', async () => {
    const answer = await rank(coldIsolate(), VICTIM);
    expect([answer.status, answer.message]).toEqual([
      403,
      expect.stringContaining('no USER_SECRET'),
    ]);
  });
});

describe('a secret of users', () => {
  it('that was dropped from the list signs nothing more', async () => {
    const rotated = coldIsolate({ ...REQUIRED, USER_SECRET: NEW });
    expect((await rank(rotated, signed('s', 'anna', OLD))).code).toBe('wrong_signature');
    expect((await rank(rotated, signed('s', 'anna', NEW))).status).toBe(200);
  });

  it.each([
    [{ REQUIRE_USER_SIGNATURE: 'on' }, 'USER_SECRET is not set'],
    [{ ...REQUIRED, USER_SECRET: ' , ' }, 'USER_SECRET is not set'],
    [{ ...REQUIRED, USER_SECRET: 'short' }, 'USER_SECRET has 5 characters'],
    [{ ...REQUIRED, REQUIRE_USER_SIGNATURE: 'yes' }, 'REQUIRE_USER_SIGNATURE must be on or off'],
  ])('is needed and long where signatures are required: %j', async (bindings, problem) => {
    const response = await coldIsolate(bindings).fetch('/v1/health');
    expect([response.status, await response.json()]).toEqual([
      503,
      { code: 'not_configured', message: expect.stringContaining(problem) },
    ]);
  });
});
