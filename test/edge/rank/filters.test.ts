import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Filter } from '../../../shared/domain/filter.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import type { Item } from '../../../shared/domain/item.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { fulfils } from '../../oracle/filter.ts';
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, rankAll, type RankAnswer } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

/** Some have no difficulty, and none departs while the test runs. */
const trips = makeTrips(400, 11).map((trip, i): Item => {
  const { difficulty, ...own } = trip.attributes;
  const others = { ...own, departure: (own.departure as number) + 3_600_000 };
  return { id: trip.id, attributes: i % 9 === 0 ? others : { ...others, difficulty } };
});
const byId = new Map(trips.map((trip) => [trip.id as string, trip]));
const exploration = { temperature: 5, epsilon: 0.1, poolSize: 20 };
const reversed = Object.fromEntries(
  Object.entries(smarttrip.rules).map(([name, points]) => [name, points.map((one) => -one)]),
);

let scorer: AdditiveScorer;
beforeAll(async () => {
  await publishItems(trips);
  scorer = await publishScorer('v000001', { exploration });
  await storeScorer('v000002', { exploration, points: reversed });
});
afterEach(() => vi.restoreAllMocks());

const day = (inDays: number) =>
  new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);
const random = seededRandom(Date.now() % 2 ** 31);
const whole = (below: number) => Math.floor(random() * below);
const someOf = <T>(from: readonly T[]): T[] => {
  const some = from.filter(() => random() < 0.5);
  return some.length === 0 ? [from[whole(from.length)]] : some;
};

/** As a page with a search form asks: some of its fields are filled in. */
function search(): Filter {
  const price = 400 + 25 * whole(80);
  const parts: Filter[] = [
    { column: 'themes', in: someOf(['beach', 'culture', 'food', 'hiking', 'ski', 'sailing']) },
    { column: 'price', from: price / 4, to: price },
    {
      any: [
        { column: 'difficulty', to: whole(4) },
        { column: 'difficulty', known: false },
      ],
    },
    { column: 'durationDays', from: 3 + whole(10), to: 14 + whole(8) },
    { column: 'departure', from: day(whole(20)), to: day(30 + whole(60)) },
    { not: { column: 'country', in: someOf(['FR', 'IT', 'JP', 'VN']) } },
    { column: 'place', in: someOf(['Europe', 'JP']) },
    { column: 'themes', allOf: ['food', 'ski'] },
  ];
  return { all: someOf(parts) };
}
const allows = (id: string, { filters, exclude = [] }: Asked): boolean =>
  !exclude.includes(id) && (filters === undefined || fulfils(smarttrip, byId.get(id)!, filters));

interface Asked {
  readonly filters?: Filter;
  readonly exclude?: readonly string[];
}
const asking = (count: number): (Asked & Record<string, unknown>)[] =>
  Array.from({ length: count }, (_, i) => ({
    sessionId: `session-${i}`,
    preferences: { themes: ['ski'], budget: 900 },
    limit: 5 + (i % 9),
    ...(i % 3 !== 2 && { filters: search() }),
    ...(i % 3 !== 0 && { exclude: someOf(trips.slice(0, 80)).map(({ id }) => id) }),
  }));
const ids = ({ items }: RankAnswer) => items.map(({ id }) => id);
const refusal = async (body: object) => {
  const { status, code, message } = await rank(coldIsolate(), { ...body });
  return { status, code, message };
};

describe('a request with filters and exclusions', () => {
  it('is answered by what they allow alone, and replays from its log to the same slate', async () => {
    const backend = fakeBackend();
    const bodies = asking(60);
    const answers = await rankAll(coldIsolate(), bodies);
    const decisions = await decisionsOf(backend, answers);
    const table = rankable(packItems(smarttrip.columns, trips));
    for (const [i, decision] of decisions.entries()) {
      const { at: nowMs, seed, limit, request, allowed } = decision;
      const left = trips.filter(({ id }) => allows(id, bodies[i]));
      expect(answers[i].status).toBe(200);
      expect(ids(answers[i]).every((id) => allows(id, bodies[i]))).toBe(true);
      expect(allowed).toBe(left.length);
      const open = left.filter(
        ({ attributes }) =>
          attributes.status !== 'full' && (attributes.departure as number) >= nowMs,
      );
      expect(answers[i].items).toHaveLength(Math.min(limit, open.length));
      const options = { limit, seed, nowMs, exploration };
      const again = rankSlate(scorer, table, JSON.parse(request), options);
      expect([again.ids, again.units, again.propensities, again.codes]).toEqual([
        decision.itemIds,
        decision.units,
        decision.propensities,
        decision.codes,
      ]);
      // The pool is of allowed rows, however few of the whole catalogue's best they are.
      const alone = rankSlate(
        scorer,
        rankable(packItems(smarttrip.columns, left)),
        {
          preferences: bodies[i].preferences as never,
          context: {},
          recent: [],
        },
        options,
      );
      expect([alone.ids, alone.propensities]).toEqual([again.ids, again.propensities]);
    }
  });

  it('explains what each condition takes away, and what is left', async () => {
    const filters = {
      all: [{ column: 'price', to: 1000 }, { not: { column: 'country', in: ['FR', 'IT'] } }],
    };
    const exclude = trips.slice(0, 30).map(({ id }) => id);
    const answer = await rank(coldIsolate(), { filters, exclude, explain: true });
    const of = (holds: (trip: Item) => boolean) => trips.filter((trip) => !holds(trip)).length;
    const parts: [string, (trip: Item) => boolean][] = [
      ['filters.all[0]', ({ attributes }) => (attributes.price as number) <= 1000],
      ['filters.all[1]', ({ attributes }) => !['FR', 'IT'].includes(String(attributes.country))],
      ['exclude', ({ id }) => !exclude.includes(id)],
      [
        'schema',
        ({ attributes }) =>
          attributes.status !== 'full' && (attributes.departure as number) >= Date.now(),
      ],
    ];
    const left = trips.length - of((trip) => parts.every(([, holds]) => holds(trip)));
    expect(answer.filters).toEqual({
      removed: parts.map(([path, holds]) => ({
        path,
        removed: of(holds),
        alone:
          trips.length -
          left -
          of((trip) => parts.every(([other, own]) => other === path || own(trip))),
      })),
      left,
    });
    expect(await rank(coldIsolate(), { filters, exclude })).not.toHaveProperty('filters');
    expect(await rank(coldIsolate(), { explain: true })).not.toHaveProperty('filters');
  });

  it('gets fewer items where fewer are left, and none where none is', async () => {
    const three = trips.filter(({ attributes }) => attributes.status === 'open').slice(0, 3);
    const others = { column: 'price', in: three.map(({ attributes }) => attributes.price) };
    const none = await rank(coldIsolate(), { filters: { column: 'price', to: 1 }, explain: true });
    expect(none).toMatchObject({ status: 200, items: [], filters: { left: 0 } });
    const few = await rank(coldIsolate(), { filters: others, limit: 100 });
    expect(few.items.length).toBeLessThan(100);
    for (const id of ids(few)) expect(allows(id, { filters: others })).toBe(true);
  });

  it('holds for candidates by what they say themselves and by what the catalogue says', async () => {
    const candidates = [
      { id: 'own-1', price: 50 },
      { id: 'own-2', price: 5000 },
      { id: trips[1].id, price: 60 },
      { id: trips[2].id, price: 6000 },
      { id: 'own-3' },
      'own-4',
    ];
    const filters = {
      any: [
        { column: 'price', to: 100 },
        { column: 'price', known: false },
      ],
    };
    const answer = await rank(coldIsolate(), { candidates, filters, exclude: ['own-4', 'nobody'] });
    const open = ['own-1', 'own-3', trips[1].id].filter(
      (id) => id !== trips[1].id || isShown(trips[1]),
    );
    expect(ids(answer).toSorted()).toEqual(open.toSorted());
  });

  it('holds where the site keeps its own order', async () => {
    await pointAt({
      champion: 'v000001',
      at: Date.now(),
      apprentice: { '*': { share: 0, change: 1 } },
    });
    const backend = fakeBackend();
    const candidates = trips.slice(0, 40).map(({ id }) => id);
    const filters: Filter = { column: 'themes', in: ['food'] };
    const exclude = candidates.slice(0, 4);
    const answer = await rank(coldIsolate(), { candidates, filters, exclude, limit: 6 });
    expect(answer.siteOrder).toBe(true);
    const left = candidates.filter((id) => allows(id, { filters, exclude }));
    expect(ids(answer)).toEqual(left.slice(0, 6));
    const [decision] = await decisionsOf(backend, [answer]);
    expect(decision.allowed).toBe(left.length);
    expect(decision.shadow!.itemIds.every((id) => left.includes(id))).toBe(true);
    await pointAt({ champion: 'v000001', at: Date.now() });
  });

  it('holds for both arms of an interleaved slate and for a version in shadow', async () => {
    const isolate = coldIsolate();
    await publishTraffic(
      isolate,
      {
        champion: 'v000001',
        arms: { 'exp_1:treatment': 'v000002' },
        layers: [layerOf('ranking', [experimentOf('exp_1', { design: 'interleaved' })], 'session')],
        shadow: { version: 'v000002', share: 1 },
      },
      { experiments: ['exp_1'], shadow: 'v000002' },
    );
    const backend = fakeBackend();
    const bodies = asking(24);
    const answers = await rankAll(isolate, bodies);
    for (const [i, decision] of (await decisionsOf(backend, answers)).entries()) {
      expect(decision.teams).toBeDefined();
      for (const id of [...decision.itemIds, ...decision.shadow!.itemIds])
        expect(allows(id, bodies[i])).toBe(true);
    }
    // Of one item that is left there is nothing to choose, and whoever sees it is exposed to nothing.
    const one = trips.find(isShown)!;
    const exclude = trips.filter(({ id }) => id !== one.id).map(({ id }) => id);
    const alone = await rank(isolate, { exclude, limit: 1 });
    expect(ids(alone)).toEqual([one.id]);
    expect(alone).not.toHaveProperty('experiment');
    expect(await rank(isolate, { limit: 1 })).toHaveProperty('experiment');
    await pointAt({ champion: 'v000001', at: Date.now() });
  });

  it('is ranked in a batch as by itself, and a wrong one has its error in its place', async () => {
    const filters = { column: 'price', to: 900 };
    const requests = [
      { sessionId: 's', filters, limit: 50 },
      { sessionId: 's', filters: { column: 'prize', to: 900 } },
    ];
    const response = await coldIsolate().fetch('/v1/rank/batch', {
      key: PUBLISHABLE,
      body: { requests },
    });
    const { answers } = await response.json<{ answers: { status: number; body: RankAnswer }[] }>();
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(ids(answers[0].body).every((id) => allows(id, { filters }))).toBe(true);
    expect(answers[1].body.message).toContain('did you mean "price"?');
  });

  it('logs its filters without consent, and not what it excludes', async () => {
    const backend = fakeBackend();
    const filters = { column: 'price', to: 1500.5 };
    const exclude = ['trip-3', 'trip-1', 'trip-1'];
    const bodies = [{ consent: 'none' }, { consent: 'measure' }, { consent: 'personalise' }];
    const answers = await rankAll(
      coldIsolate(),
      bodies.map((body) => ({ ...body, filters, exclude, limit: 100 })),
    );
    const decisions = await decisionsOf(backend, answers);
    for (const answer of answers) expect(ids(answer)).not.toContain('trip-1');
    const logged = decisions.map(({ request }) => JSON.parse(request) as Asked);
    expect(logged.map((request) => request.filters)).toEqual([filters, filters, filters]);
    const [none, ...agreed] = logged.map((request) => request.exclude);
    expect(none).toBeUndefined();
    expect(agreed).toEqual([
      ['trip-1', 'trip-3'],
      ['trip-1', 'trip-3'],
    ]);
    expect(new Set(decisions.map(({ allowed }) => allowed)).size).toBe(1);
  });

  it('finds what lies near a place, by columns that hold degrees', async () => {
    const schema = parseSchema({
      name: 'stays',
      columns: [
        { name: 'latitude', type: 'number' },
        { name: 'longitude', type: 'number' },
      ],
      features: [{ name: 'base', kind: 'constant' }],
    });
    const at = (id: string, latitude: number, longitude: number) => ({
      id: parseItemId(id),
      attributes: { latitude, longitude },
    });
    await publishItems(
      [at('munich', 48.14, 11.58), at('augsburg', 48.37, 10.9), at('berlin', 52.52, 13.4)],
      schema,
    );
    await publishScorer('v000003', { schema });
    const near = (km: number) => ({
      filters: { columns: ['latitude', 'longitude'], within: { lat: 48.2, lon: 11.6, km } },
    });
    const isolate = coldIsolate();
    expect(ids(await rank(isolate, near(10)))).toEqual(['munich']);
    expect(ids(await rank(isolate, near(60))).toSorted()).toEqual(['augsburg', 'munich']);
    expect(ids(await rank(isolate, near(600)))).toHaveLength(3);
    await publishItems(trips);
    await publishScorer('v000001', { exploration });
  });
});

const isShown = ({ attributes }: Item) =>
  attributes.status !== 'full' && (attributes.departure as number) >= Date.now() + 60_000;

describe('filters that are wrong are refused by the path of the part', () => {
  it.each<[string, unknown, string]>([
    [
      'no column of that name',
      { column: 'prise', to: 3 },
      'filters.column: the catalogue has no column "prise": did you mean "price"?',
    ],
    [
      'a column that nothing resembles',
      { all: [{ column: 'zzzzzzzz', to: 3 }] },
      'filters.all[0].column: the catalogue has no column "zzzzzzzz": take one of themes, difficulty',
    ],
    [
      'a text for a number',
      { all: [{ column: 'price', to: '900' }] },
      'filters.all[0].to must be a number',
    ],
    [
      'a text among numbers',
      { column: 'price', in: [3, 'x'] },
      'filters.in: column "price" is a number, but one value was "x"',
    ],
    [
      'no date',
      { any: [{ column: 'departure', from: 'soon' }] },
      'filters.any[0].from must be an ISO date',
    ],
    ['seconds for milliseconds', { column: 'departure', from: 1_800_000_000 }, 'filters.from'],
    [
      'dates one by one',
      { column: 'departure', in: [1_800_000_000_000] },
      'filters: column "departure" is a date: take from and to',
    ],
    [
      'a range of texts',
      { not: { column: 'status', from: 1 } },
      'filters.not: column "status" is a category: take in',
    ],
    [
      'all of a category',
      { column: 'status', allOf: ['open'] },
      'filters: column "status" is a category: only a set has several values: take in',
    ],
    [
      'a range the wrong way round',
      { column: 'departure', from: '2027-05-02', to: '2027-05-01' },
      'filters must not have a from (2027-05-02) above its to (2027-05-01)',
    ],
    [
      'kilometres of what is no number',
      { columns: ['price', 'status'], within: { lat: 1, lon: 2, km: 3 } },
      'filters.columns[1]: column "status" is a category: degrees are numbers',
    ],
  ])('%s', async (_, filters, message) => {
    const refused = await refusal({ filters });
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(refused.message).toContain(message);
  });
});
