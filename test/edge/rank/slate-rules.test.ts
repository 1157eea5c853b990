import { eventually } from '../support/eventually.ts';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { parseLoggedRequest } from '../../../shared/domain/logged-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { decisionsOf, fakeBackend } from '../support/backend.ts';
import { coldIsolate, type Isolate } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { pointAt, publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, rankAll, type RankAnswer } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

const trips = makeTrips(300, 17).map(({ id, attributes }, i) => ({
  id,
  attributes: {
    ...attributes,
    status: 'open',
    departure: Date.now() + 86_400_000 * (10 + i),
  },
}));
const byId = new Map(trips.map((trip) => [trip.id as string, trip]));
const countryOf = (id: string) =>
  String((byId.get(id)!.attributes as Record<string, unknown>).country);
const exploration = { temperature: 5, epsilon: 0.1, poolSize: 30 };
const reversed = Object.fromEntries(
  Object.entries(smarttrip.rules).map(([name, points]) => [name, points.map((one) => -one)]),
);
const preferences = { themes: ['ski'], budget: 900 };
const French = { column: 'country', in: ['FR'] };

let scorer: AdditiveScorer;
beforeAll(async () => {
  await publishItems(trips);
  scorer = await publishScorer('v000001', { exploration });
  await storeScorer('v000002', { exploration, points: reversed });
});
afterEach(() => vi.restoreAllMocks());

const ids = ({ items }: RankAnswer) => items.map(({ id }) => id);
const most = (values: readonly string[]) =>
  Math.max(...[...Map.groupBy(values, (value) => value).values()].map(({ length }) => length));
const everything = {
  caps: [{ column: 'country', most: 3 }],
  quotas: [{ where: French, least: 2, within: 6 }],
  pins: [{ id: trips[7].id, position: 3 }],
  boosts: [{ where: { column: 'price', to: 800 }, points: 6 }],
};

describe('a request with rules for its slate', () => {
  it('keeps to them, and replays from its log to the same slate, bit for bit', async () => {
    const backend = fakeBackend();
    const bodies = Array.from({ length: 40 }, (_, i) => ({
      sessionId: `session-${i}`,
      preferences,
      limit: 6 + (i % 6),
      slateRules: everything,
    }));
    const answers = await rankAll(coldIsolate(), bodies);
    const decisions = await decisionsOf(backend, answers);
    const table = rankable(packItems(smarttrip.columns, trips));
    for (const [i, decision] of decisions.entries()) {
      const { at: nowMs, seed, limit, request } = decision;
      expect(answers[i].status).toBe(200);
      const own = ids(answers[i]);
      expect(own).toHaveLength(limit);
      expect(most(own.map(countryOf))).toBeLessThanOrEqual(3);
      expect(own.slice(0, 6).filter((id) => countryOf(id) === 'FR').length).toBeGreaterThanOrEqual(
        2,
      );
      expect(own[2]).toBe(trips[7].id);
      expect(answers[i].items[2]).toMatchObject({ pinned: true, propensity: 1 });
      expect(decision.isRestricted).toBe(true);
      expect([...decision.pinned!]).toEqual(own.map((_, slot) => (slot === 2 ? 1 : 0)));
      const again = rankSlate(scorer, table, parseLoggedRequest(JSON.parse(request)), {
        limit,
        seed,
        nowMs,
        exploration,
      });
      expect([
        again.ids,
        again.units,
        again.boosts,
        again.pinned,
        again.propensities,
        again.codes,
      ]).toEqual([
        decision.itemIds,
        decision.units,
        decision.boosts,
        decision.pinned,
        decision.propensities,
        decision.codes,
      ]);
    }
  });

  it('explains each rule, and says which could not be kept', async () => {
    const slateRules = { ...everything, pins: [{ id: 'nobody', position: 1 }] };
    const answer = await rank(coldIsolate(), { preferences, limit: 8, slateRules, explain: true });
    expect(answer.slateRules).toMatchObject([
      { rule: 'cap', by: 'request', held: true, says: 'at most 3 of each country' },
      { rule: 'quota', by: 'request', held: true },
      { rule: 'pin', by: 'request', held: false, why: 'there is no item nobody to choose from' },
      { rule: 'boost', by: 'request', held: true },
    ]);
    expect(await rank(coldIsolate(), { slateRules })).not.toHaveProperty('slateRules');
  });

  it.each([
    [{ caps: [{ column: 'nothing', most: 1 }] }, /slateRules\.caps\[0\]\.column/],
    [{ caps: [{ column: 'country', most: 0 }] }, /caps\[0\]\.most must be a whole number/],
    [{ quotas: [{ where: French, least: 3, within: 2 }] }, /more than there is room for/],
    [
      {
        pins: [
          { id: 'a', position: 1 },
          { id: 'b', position: 1 },
        ],
      },
      /has a pin already/,
    ],
    [{ boosts: [{ points: 3 }] }, /either where, a filter, or ids/],
    [{ boost: [] }, /has no field "boost"/],
    [[], /must be \{caps, quotas, pins, boosts\}/],
  ])('refuses %j', async (slateRules, message) => {
    const answer = await rank(coldIsolate(), { slateRules });
    expect(answer).toMatchObject({ status: 400, message: expect.stringMatching(message) });
  });
});

describe('rules of operators', () => {
  const pointAtRules = (slateRules: unknown) =>
    pointAt({ champion: 'v000001', at: Date.now(), slateRules });
  const capped = { caps: [{ column: 'country', most: 1 }] };

  it('hold at their placement and everywhere, until they end, and name themselves', async () => {
    await pointAtRules([
      { id: 'rule-1', placement: '*', rules: capped },
      { id: 'rule-2', placement: 'home', rules: { pins: [{ id: trips[3].id, position: 1 }] } },
      {
        id: 'rule-3',
        placement: '*',
        until: Date.now() - 1,
        rules: { pins: [{ id: trips[4].id, position: 2 }] },
      },
      { id: 'rule-4', placement: '*', rules: { caps: [{ column: 'gone', most: 1 }] } },
      { id: 5, placement: '*' },
    ]);
    // What the cell's object holds may be older than this pointer by its refresh interval.
    await eventually(async () =>
      expect((await rank(coldIsolate(), { explain: true })).slateRules).toHaveLength(2),
    );
    const backend = fakeBackend();
    const isolate = coldIsolate();
    const [main, home] = await rankAll(isolate, [
      { sessionId: 'one', preferences, limit: 5, explain: true },
      { sessionId: 'two', preferences, limit: 5, placement: 'home', explain: true },
    ]);
    expect(most(ids(main).map(countryOf))).toBe(1);
    expect(ids(home)[0]).toBe(trips[3].id);
    expect(main.slateRules!.map(({ by, held }) => [by, held])).toEqual([
      ['rule-1', true],
      ['rule-4', false],
    ]);
    expect(home.slateRules!.map(({ by }) => by)).toEqual(['rule-1', 'rule-4', 'rule-2']);
    const [decision] = await decisionsOf(backend, [main]);
    expect(JSON.parse(decision.request).slateRules.caps[0]).toEqual({
      column: 'country',
      most: 1,
      by: 'rule-1',
    });
    await pointAt({ champion: 'v000001', at: Date.now() });
  });
});

describe('interleaving under rules', () => {
  it('keeps to them whichever arm picks, and credits no arm with a pin', async () => {
    const backend = fakeBackend();
    const isolate: Isolate = coldIsolate();
    const own = experimentOf('exp_1', { design: 'interleaved' });
    await publishTraffic(
      isolate,
      {
        champion: 'v000001',
        arms: { 'exp_1:treatment': 'v000002' },
        layers: [layerOf('ranking', [own], 'session')],
      },
      { experiments: ['exp_1'] },
    );
    const bodies = Array.from({ length: 30 }, (_, i) => ({
      sessionId: `session-${i}`,
      preferences,
      limit: 8,
      slateRules: everything,
    }));
    const answers = await rankAll(isolate, bodies);
    for (const decision of await decisionsOf(backend, answers)) {
      const shown = decision.itemIds as readonly string[];
      expect(shown).toHaveLength(8);
      expect(most(shown.map(countryOf))).toBeLessThanOrEqual(3);
      expect(
        shown.slice(0, 6).filter((id) => countryOf(id) === 'FR').length,
      ).toBeGreaterThanOrEqual(2);
      expect(shown[2]).toBe(trips[7].id);
      const teams = [...decision.teams!];
      expect(teams[2]).toBe(2);
      const counts = [0, 1].map((team) => teams.filter((one) => one === team).length);
      expect(Math.abs(counts[0] - counts[1])).toBeLessThanOrEqual(1);
      decision.propensities.forEach((p) => expect(p > 0 && p <= 1).toBe(true));
    }
    await pointAt({ champion: 'v000001', at: Date.now() });
  });
});

describe('pages of a list', () => {
  const body = { sessionId: 'paging', preferences, limit: 7 };
  const rules = {
    caps: [{ column: 'country', most: 3, collapse: true }],
    pins: [{ id: trips[9].id, position: 10 }],
  };

  it.each([{}, { slateRules: rules }])(
    'go on with the same draw, and show nothing twice: %j',
    async (more) => {
      const backend = fakeBackend();
      const isolate = coldIsolate();
      const pages: RankAnswer[] = [];
      let cursor: string | undefined;
      do {
        const asked = {
          ...body,
          ...more,
          ...(cursor === undefined ? { paging: true } : { cursor }),
        };
        const page = await rank(isolate, asked);
        expect(page.status).toBe(200);
        pages.push(page);
        cursor = page.cursor;
      } while (cursor !== undefined && pages.length < 60);
      const all = pages.flatMap(ids);
      expect(new Set(all).size).toBe(all.length);
      if ('slateRules' in more) {
        expect(most(all.filter((id) => id !== trips[9].id).map(countryOf))).toBeLessThanOrEqual(3);
        expect(all[9]).toBe(trips[9].id);
      } else expect(all).toHaveLength(trips.length);
      const [first, ...others] = pages;
      const decisions = await decisionsOf(backend, pages);
      const table = rankable(packItems(smarttrip.columns, trips));
      decisions.forEach(({ page, at: nowMs, seed, limit, request, ...logged }, i) => {
        expect(page).toEqual(i === 0 ? undefined : { offset: 7 * i, of: first.rankingId });
        const options = { limit, seed, nowMs, exploration };
        const again = rankSlate(scorer, table, parseLoggedRequest(JSON.parse(request)), options);
        expect([again.ids, again.propensities]).toEqual([logged.itemIds, logged.propensities]);
      });
      expect(others.map(({ page }) => page!.of)).toEqual(others.map(() => first.rankingId));
    },
  );

  it('are the same page for the same cursor, also once another version is live', async () => {
    const isolate = coldIsolate();
    const first = await rank(isolate, { ...body, paging: true });
    const [second, again] = [
      await rank(isolate, { ...body, cursor: first.cursor }),
      await rank(isolate, { ...body, cursor: first.cursor }),
    ];
    expect(ids(again)).toEqual(ids(second));
    await pointAt({ champion: 'v000002', at: Date.now() });
    const later = await rank(coldIsolate(), { ...body, cursor: first.cursor });
    expect(later).toMatchObject({ status: 200, weights: 'v000002' });
    expect(ids(later).some((id) => ids(first).includes(id))).toBe(false);
    await pointAt({ champion: 'v000001', at: Date.now() });
  });

  it('come for a cursor of this session and placement alone, and not for one that was changed', async () => {
    const isolate = coldIsolate();
    const { cursor } = await rank(isolate, { ...body, paging: true });
    const refused = { status: 400, code: 'invalid_cursor' };
    const [fields, signature] = cursor!.split('.');
    const asked = [
      { ...body, sessionId: 'another', cursor },
      { ...body, placement: 'home', cursor },
      { ...body, cursor: `${fields.slice(0, -2)}AA.${signature}` },
      { ...body, cursor: 'nonsense' },
      { ...body, cursor: '.' },
    ];
    for (const one of asked) expect(await rank(isolate, one)).toMatchObject(refused);
    expect(await rank(isolate, { ...body, cursor: 5 })).toMatchObject({ status: 400 });
  });

  it('have no cursor where nobody asked, or nothing is left', async () => {
    expect(await rank(coldIsolate(), body)).not.toHaveProperty('cursor');
    const few = await rank(coldIsolate(), {
      ...body,
      paging: true,
      candidates: trips.slice(0, 5).map(({ id }) => parseItemId(id)),
    });
    expect(few).not.toHaveProperty('cursor');
  });
});
