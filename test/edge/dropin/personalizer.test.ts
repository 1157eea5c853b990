import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenKeeperObject } from '../../../edge/platform/durable-objects.ts';
import { coldIsolate, PUBLISHABLE, SECRET, type Isolate } from '../support/edge.ts';
import { articles, DOCUMENTED_RANK, DOCUMENTED_REWARD } from '../support/articles.ts';
import { fakeBackend, shipAll, type FakeBackend } from '../support/backend.ts';
import { publishScorer } from '../support/publish.ts';

let isolate: Isolate;
let backend: FakeBackend;
beforeAll(() => publishScorer('v000001', { schema: articles, exploration: articles.exploration }));
beforeEach(async () => {
  isolate = coldIsolate({ DROP_IN: 'personalizer' });
  backend = fakeBackend();
  await shipAll();
  backend.sent.length = 0;
});
afterEach(() => vi.restoreAllMocks());

const headers = { 'Ocp-Apim-Subscription-Key': SECRET };
const post = (path: string, body?: unknown, how: object = { headers }) =>
  isolate.fetch(`/personalizer/v1.0${path}`, { method: 'POST', body, ...how });

interface Ranked {
  readonly ranking: readonly { readonly id: string; readonly probability: number }[];
  readonly eventId: string;
  readonly rewardActionId: string;
}
let events = 0;
const rank = async (change: object = {}) => {
  const response = await post('/rank', {
    ...DOCUMENTED_RANK,
    eventId: `event ${++events}`,
    ...change,
  });
  return { status: response.status, body: await response.json<Ranked>() };
};
const logged = async () => {
  await shipAll();
  return {
    decisions: backend.sent.flatMap(({ decisions }) => decisions),
    events: backend.sent.flatMap((batch) => batch.events),
  };
};

it('the documented request and reward are answered as documented, logged with the probability that was told, and joined', async () => {
  const { status, body } = await rank({ eventId: DOCUMENTED_RANK.eventId });
  expect(status).toBe(201);
  expect(body).toEqual({
    ranking: expect.any(Array),
    eventId: DOCUMENTED_RANK.eventId,
    rewardActionId: expect.stringMatching(/^(News|Entertainment)Article$/),
  });
  expect(body.ranking[1]).toEqual({ id: 'SportsArticle', probability: 0 });
  expect(body.ranking[0].id).toBe(body.rewardActionId);
  expect(body.ranking.map(({ id }) => id).toSorted()).toEqual(
    DOCUMENTED_RANK.actions.map(({ id }) => id).toSorted(),
  );
  expect(body.ranking.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  // Of 3 points against 1 at a temperature of 2, with a floor of a tenth for both.
  const news = 0.9 / (1 + Math.exp(-1)) + 0.05;
  expect(body.ranking.find(({ id }) => id === 'NewsArticle')!.probability).toBeCloseTo(news, 12);

  const rewarded = await post(`/events/${DOCUMENTED_RANK.eventId}/reward`, DOCUMENTED_REWARD);
  expect([rewarded.status, await rewarded.text()]).toEqual([204, '']);
  const log = await logged();
  expect(log.decisions).toMatchObject([
    {
      itemIds: [body.rewardActionId],
      propensities: [body.ranking[0].probability],
      itemSource: 'server',
      limit: 1,
    },
  ]);
  expect(JSON.parse(log.decisions[0].request)).toMatchObject({
    context: { timeOfDay: 'Morning' },
    exclude: ['SportsArticle'],
    candidates: [{ id: 'NewsArticle', type: 'News' }, {}, {}],
  });
  expect(log.events).toMatchObject([
    {
      type: 'reward',
      value: 1,
      itemId: body.rewardActionId,
      rankingId: log.decisions[0].rankingId,
    },
  ]);
});

it('over many events an action is the best as often as its probability says', async () => {
  const n = 300;
  const answers = await Promise.all(Array.from({ length: n }, () => rank()));
  const [{ body }] = answers;
  const chance = body.ranking.find(({ id }) => id === 'NewsArticle')!.probability;
  const shown = answers.filter((one) => one.body.rewardActionId === 'NewsArticle').length;
  // Six standard deviations: one run in 10⁸ fails by chance.
  expect(Math.abs(shown / n - chance)).toBeLessThan(6 * Math.sqrt((chance * (1 - chance)) / n));
});

it('one id is one decision: the same again is answered the same, and another ranking under it is refused', async () => {
  const first = await rank({ eventId: 'twice' });
  for (let i = 0; i < 8; i++) expect((await rank({ eventId: 'twice' })).body).toEqual(first.body);
  const other = await rank({ eventId: 'twice', excludedActions: [] });
  expect([other.status, other.body]).toMatchObject([409, { error: { code: 'id_in_use' } }]);
  expect((await logged()).decisions).toHaveLength(1);
});

it('the first reward of an event counts', async () => {
  await rank({ eventId: 'a' });
  for (const value of [0.25, 1])
    expect((await post('/events/a/reward', { value })).status).toBe(204);
  expect((await logged()).events.map(({ value }) => value)).toEqual([0.25]);
});

describe('a deferred event', () => {
  it('is logged, with its reward, once it is activated, and once only', async () => {
    const { body } = await rank({ eventId: 'later', deferActivation: true });
    expect((await post('/events/later/reward', { value: 0.5 })).status).toBe(204);
    expect(await logged()).toEqual({ decisions: [], events: [] });
    for (let i = 0; i < 2; i++) expect((await post('/events/later/activate')).status).toBe(204);
    const { decisions, events: rewards } = await logged();
    expect(decisions).toHaveLength(1);
    expect(decisions[0].propensities).toEqual([body.ranking[0].probability]);
    expect(rewards).toMatchObject([{ value: 0.5, rankingId: decisions[0].rankingId }]);
    expect((await post('/events/later/reward', { value: 1 })).status).toBe(204);
    expect((await logged()).events).toHaveLength(1);
  });

  it('that is never activated teaches nothing, and neither does its reward', async () => {
    await rank({ eventId: 'never', deferActivation: true });
    await post('/events/never/reward', { value: 1 });
    expect(await logged()).toEqual({ decisions: [], events: [] });
  });
});

it('an event without an id gets one, and nested features are read by both names', async () => {
  const { eventId: _, ...others } = DOCUMENTED_RANK;
  const response = await post('/rank', {
    ...others,
    contextFeatures: [{ user: { profileType: 'AnonymousUser' } }, { device: { mobile: true } }],
  });
  const { eventId } = await response.json<Ranked>();
  expect((await post(`/events/${eventId}/reward`, { value: 1 })).status).toBe(204);
  const [{ request }] = (await logged()).decisions;
  expect(JSON.parse(request).context).toEqual({
    'user.profileType': 'AnonymousUser',
    'device.mobile': true,
  });
});

it('what a client leaves out may be null', async () => {
  const { status, body } = await rank({
    eventId: null,
    deferActivation: null,
    contextFeatures: null,
    excludedActions: null,
  });
  expect([status, body.ranking.length]).toEqual([201, DOCUMENTED_RANK.actions.length]);
  expect((await logged()).decisions).toHaveLength(1);
});

describe('is refused in words and in the form of Azure', () => {
  it.each<[string, object, RegExp]>([
    ['no actions', { actions: [] }, /1 to 50 actions/],
    ['too many', { actions: Array.from({ length: 51 }, (_, i) => ({ id: `a${i}` })) }, /1 to 50/],
    ['an action twice', { actions: [{ id: 'a' }, { id: 'a' }], excludedActions: [] }, /twice/],
    ['an excluded action that is none', { excludedActions: ['nobody'] }, /no action .nobody/],
    ['all excluded', { excludedActions: DOCUMENTED_RANK.actions.map(({ id }) => id) }, /excluded/],
    ['a list in the context', { contextFeatures: [{ latLong: [47.6, -122.1] }] }, /is a list/],
    ['a feature twice', { contextFeatures: [{ a: 1 }, { a: 2 }] }, /"a" is there twice/],
    ['features that are an object', { contextFeatures: { a: 1 } }, /a list of objects/],
    [
      'an attribute that none can be',
      { actions: [{ id: 'a', features: [{ x: [[1]] }] }], excludedActions: [] },
      /attribute "x"/,
    ],
    [
      'a feature named id',
      { actions: [{ id: 'a', features: [{ id: 'b' }] }], excludedActions: [] },
      /"id"/,
    ],
    ['a misspelt field', { excludedAction: [] }, /did you mean "excludedActions"/],
    ['a long id', { eventId: 'x'.repeat(257) }, /1 to 256/],
    ['an id that UTF-8 cannot have', { eventId: 'a\ud800' }, /^eventId must be/],
    ['an odd deferral', { deferActivation: 'yes' }, /true or false/],
  ])('%s', async (_, change, message) => {
    const { status, body } = await rank(change);
    expect([status, body]).toEqual([
      400,
      {
        error: {
          code: 'BadRequest',
          message: expect.stringMatching(message),
          innerError: { code: expect.any(String) },
        },
      },
    ]);
    expect(await logged()).toEqual({ decisions: [], events: [] });
  });

  it('rewards outside 0 to 1, and those of unknown events', async () => {
    await rank({ eventId: 'r' });
    for (const value of [-0.5, -1, 1.01, '1', null, Number.NaN])
      expect((await post('/events/r/reward', { value })).status).toBe(400);
    for (const path of ['/events/nobody/reward', '/events/nobody/activate']) {
      const response = await post(path, { value: 1 });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { error: { code: 'ResourceNotFound' } },
      ]);
    }
    expect((await post('/events/%ff/reward', { value: 1 })).status).toBe(400);
  });
});

describe('who may ask', () => {
  it.each(['/rank', '/events/a/reward', '/events/a/activate'])('%s', async (path) => {
    const status = async (how: object) => (await post(path, DOCUMENTED_RANK, how)).status;
    expect(await status({})).toBe(401);
    expect(await status({ headers: { 'Ocp-Apim-Subscription-Key': 'sk_unknown' } })).toBe(401);
    expect(await status({ headers: { 'Ocp-Apim-Subscription-Key': PUBLISHABLE } })).toBe(403);
    expect(await status({ key: PUBLISHABLE })).toBe(403);
    expect([201, 204, 400, 404]).toContain(await status({ key: SECRET }));
  });

  it('nobody, where the configuration does not say so', async () => {
    for (const other of [{}, { DROP_IN: 'off' }, { DROP_IN: 'metarank' }]) {
      isolate = coldIsolate(other);
      expect((await post('/rank', DOCUMENTED_RANK)).status).toBe(404);
    }
    isolate = coldIsolate({ DROP_IN: 'personalizr' });
    expect((await post('/rank', DOCUMENTED_RANK)).status).toBe(503);
  });
});

it('where the token cannot be kept nothing is answered as ranked, and nothing logged', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  isolate = coldIsolate({
    DROP_IN: 'personalizer',
    TOKEN_KEEPER: {
      idFromName: () => 0,
      get: () => ({ keep: () => Promise.reject(new Error('moved')) }),
    },
  });
  expect((await rank()).status).toBe(503);
  expect(await logged()).toEqual({ decisions: [], events: [] });
});

it('an answer of the object that got lost is no ranking that nobody logged', async () => {
  const { TOKEN_KEEPER } = env;
  let lost = 0;
  isolate = coldIsolate({
    DROP_IN: 'personalizer',
    TOKEN_KEEPER: {
      idFromName: (name: string) => TOKEN_KEEPER!.idFromName(name),
      get(id: DurableObjectId) {
        const keeper = TOKEN_KEEPER!.get(id) as unknown as TokenKeeperObject;
        return {
          logged: (...given: Parameters<TokenKeeperObject['logged']>) => keeper.logged(...given),
          async keep(...given: Parameters<TokenKeeperObject['keep']>) {
            const kept = await keeper.keep(...given);
            if (lost++ === 0) throw new Error('lost');
            return kept;
          },
        };
      },
    },
  });
  const first = await rank({ eventId: 'lost answer' });
  expect(first.status).toBe(201);
  expect((await rank({ eventId: 'lost answer' })).body).toEqual(first.body);
  expect((await logged()).decisions).toHaveLength(1);
});

it('an id is found again, and is not free, once the key of ids was rotated', async () => {
  const { body } = await rank({ eventId: 'rotated' });
  const [{ rankingId }] = (await logged()).decisions;
  isolate = coldIsolate({
    DROP_IN: 'personalizer',
    IDENTITY_SECRET: `a-newer-secret-for-the-identity-of-people,${env.IDENTITY_SECRET}`,
  });
  expect((await rank({ eventId: 'rotated' })).body).toEqual(body);
  expect((await rank({ eventId: 'rotated', excludedActions: [] })).status).toBe(409);
  expect((await post('/events/rotated/reward', { value: 1 })).status).toBe(204);
  const log = await logged();
  expect(log.decisions).toHaveLength(1);
  expect(log.events).toMatchObject([{ rankingId }]);
});
