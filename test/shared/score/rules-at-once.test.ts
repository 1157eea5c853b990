import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { parseRankRequest, type Visit } from '../../../shared/domain/rank-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { KeptPools } from '../../../shared/score/kept-pools.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { fuzz, SEED } from '../support/seed.ts';

/**
 * Rules, filters and exclusions together on catalogues of many blocks, which the kernel searches, held to sorting all items by a look at each.
 */
const LEVELS = [...'abcdefgh'];
const POINTS = [0, 9, 7, 6, 4, 3, 1, -1, -6];
const schema = parseSchema({
  name: 'many',
  columns: [
    { name: 'level', type: 'category' },
    { name: 'country', type: 'category' },
    { name: 'supplier', type: 'category' },
    { name: 'price', type: 'number' },
    { name: 'state', type: 'category' },
  ],
  features: [
    { name: 'level', kind: 'category', column: 'level', values: LEVELS },
    { name: 'country', kind: 'category', column: 'country', values: ['c0', 'c1', 'c2', 'c3'] },
  ],
  filters: [{ column: 'state', exclude: ['gone'] }],
});
const scorer = additiveFromPoints(
  schema,
  { level: POINTS, country: [0, 3, 2, 1, 0] },
  { version: 'v000001' as Scorer['version'], name: 'm' },
);

const ITEMS = 2500;
/** Sorted by level, as a catalogue of blocks is, so that a search sees the best of few groups first. */
const items: readonly Item[] = (() => {
  const random = seededRandom(11);
  const whole = (below: number) => Math.floor(random() * below);
  return Array.from({ length: ITEMS }, (_, i) =>
    parseItem({
      id: `i${i}`,
      level: LEVELS[Math.min(7, Math.floor((i * 8) / ITEMS) + whole(2))],
      // The best are of one country.
      country: i < 600 ? 'c0' : `c${whole(6)}`,
      // More values than are left out as codes.
      supplier: i < 900 ? `s${whole(3)}` : `s${i}`,
      price: whole(300),
      state: whole(8) === 0 ? 'gone' : 'here',
    }),
  );
})();
const table = rankable(packItems(schema.columns, items));
const byId = new Map(items.map((item) => [item.id, item]));

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const ids = (maxLength: number) =>
  fc.uniqueArray(fc.nat({ max: 400 }), { maxLength }).map((all) => all.map((i) => `i${i}`));
const conditions = fc.oneof(
  fc.nat({ max: 320 }).map((to) => ({ column: 'price', to })),
  some(['c0', 'c1', 'c5']).map((country) => ({ column: 'country', in: [country] })),
  fc.nat({ max: 300 }).map((to) => ({
    all: [
      { column: 'price', to },
      { column: 'country', in: ['c0', 'c2'] },
    ],
  })),
);
const asking = fc.record({
  filters: fc.option(conditions, { nil: undefined }),
  exclude: fc.oneof(ids(4), ids(120)),
  caps: fc.array(
    fc.record({
      column: some(['country', 'supplier', 'level']),
      most: fc.integer({ min: 1, max: 6 }),
    }),
    { maxLength: 3 },
  ),
  boosts: fc.array(
    fc.oneof(
      // So many points that scores and boosts together may pass what a score can be.
      fc.record({ where: conditions, points: some([-8, 5, 1000, -1000]) }),
      fc.record({ ids: ids(3).filter((all) => all.length > 0), points: some([-9, 4, 20]) }),
    ),
    { maxLength: 3 },
  ),
  limit: fc.integer({ min: 1, max: 20 }),
});
type Asking = typeof asking extends fc.Arbitrary<infer T> ? T : never;

const holds = ({ attributes }: Item, where: any): boolean => {
  if (where.all !== undefined)
    return where.all.every((part: any) => holds({ attributes } as Item, part));
  const value = attributes[where.column] as never;
  return where.in === undefined ? value <= where.to : where.in.includes(value);
};
const pointsOf = ({ attributes }: Item) =>
  POINTS[1 + LEVELS.indexOf(attributes.level as string)] +
  ([3, 2, 1, 0][Number((attributes.country as string).slice(1))] ?? 0);
const boostOf = (item: Item, boosts: readonly any[]) =>
  boosts.reduce(
    (sum, { where, ids: own, points }) =>
      (own === undefined ? holds(item, where) : own.includes(item.id)) ? sum + points : sum,
    0,
  );

/** Best first, down to where a page is full, whatever finds no place under the caps left out. */
function expected({ filters, exclude, caps, boosts, limit }: Asking): string[] {
  const counts = new Map<string, number>();
  const page: string[] = [];
  const order = items
    .map((item, row) => ({ item, row, points: pointsOf(item) + boostOf(item, boosts) }))
    .filter(
      ({ item }) =>
        item.attributes.state !== 'gone' &&
        !exclude.includes(item.id) &&
        (filters === undefined || holds(item, filters)),
    )
    .toSorted((a, b) => b.points - a.points || a.row - b.row);
  for (const { item } of order) {
    if (page.length === limit) break;
    const keys = caps.map(({ column, most }, i) => ({
      key: `${i} ${item.attributes[column] as string}`,
      most,
    }));
    if (keys.some(({ key, most }) => (counts.get(key) ?? 0) >= most)) continue;
    for (const { key } of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    page.push(item.id);
  }
  return page;
}

const visitOf = ({ filters, exclude, limit, ...slateRules }: any): Visit =>
  parseRankRequest({ sessionId: 's', filters, exclude, limit, slateRules });
const GREEDY = { temperature: 0, epsilon: 0, poolSize: 1 };
const DRAWN = { temperature: 2, epsilon: 0.1, poolSize: 30 };

describe(`rules with filters and exclusions (seed ${SEED})`, () => {
  it('without exploring give the best of the whole catalogue that all of them allow', () => {
    fuzz(
      asking,
      (asked) => {
        const { limit } = asked;
        const options = { limit, seed: 1, nowMs: 0, exploration: GREEDY };
        const slate = rankSlate(scorer, table, visitOf(asked), options);
        expect(slate.ids).toEqual(expected(asked));
        const boosts = slate.ids.map((id) => boostOf(byId.get(id)!, asked.boosts) * 65_536);
        if (asked.boosts.length > 0 && slate.boosts !== undefined)
          expect(slate.boosts).toEqual(boosts);
        expect(slate.units).toEqual(slate.ids.map((id) => pointsOf(byId.get(id)!) * 65_536));
      },
      400,
    );
  });

  it('are drawn alike from pools that are kept, whoever asked before and whatever they left out', () => {
    const pools = new KeptPools();
    const quotas = fc.array(
      fc.record({ where: conditions, least: fc.constant(2), within: fc.constant(6) }),
      { maxLength: 2 },
    );
    const pins = fc.constantFrom([], [{ id: 'i3', position: 2 }]);
    // Few of each, so that later requests ask what earlier ones did.
    const parts = fc.sample(fc.tuple(asking, quotas, pins), { numRuns: 12, seed: SEED });
    fuzz(
      fc.tuple(fc.nat({ max: 11 }), fc.option(ids(90), { nil: undefined }), fc.nat({ max: 99 })),
      ([which, exclude, seed]) => {
        const [asked, quota, pin] = parts[which];
        const own = { ...asked, ...(exclude && { exclude }), quotas: quota, pins: pin };
        const options = { limit: asked.limit, seed, nowMs: 0, exploration: DRAWN };
        const plain = rankSlate(scorer, table, visitOf(own), options);
        expect(rankSlate(scorer, table, visitOf(own), { ...options, pools })).toEqual(plain);
        const { filters } = asked;
        const filtered = visitOf({ filters, exclude: own.exclude, limit: asked.limit });
        const best = poolOf(scorer, table, filtered, options);
        expect(poolOf(scorer, table, filtered, { ...options, pools }).best).toEqual(best.best);
      },
      400,
    );
    expect(pools.counts.hits).toBeGreaterThan(0);
  });

  it.each([-1000, 1000])('move items of the lowest and highest scores by %d points', (points) => {
    const own = [-2040, -1500, -100, 0, 100, 1500, 2000, 2040];
    const far = additiveFromPoints(
      schema,
      { level: [0, ...own], country: [0, 0, 0, 0, 0] },
      { version: 'v000001' as Scorer['version'], name: 'far' },
    );
    const few = items.filter(({ attributes }, i) => i % 60 === 0 && attributes.state === 'here');
    const small = rankable(packItems(schema.columns, few));
    const where = { column: 'country', in: ['c0'] };
    const whole = ({ id, attributes }: Item) => ({
      id,
      points: own[LEVELS.indexOf(attributes.level as string)],
      boost: attributes.country === 'c0' ? points : 0,
    });
    const best = few
      .map(whole)
      .toSorted(
        (a, b) =>
          b.points + b.boost - a.points - a.boost || small.rows.get(a.id)! - small.rows.get(b.id)!,
      );
    const slate = rankSlate(
      far,
      small,
      visitOf({ boosts: [{ where, points }], limit: few.length }),
      { limit: few.length, seed: 1, nowMs: 0, exploration: GREEDY },
    );
    expect(slate.ids).toEqual(best.map(({ id }) => id));
  });

  it('share a pool between visitors who leave different items out', () => {
    const pools = new KeptPools();
    const options = { limit: 10, seed: 1, nowMs: 0, exploration: DRAWN, pools };
    for (let i = 0; i < 6; i++)
      rankSlate(scorer, table, visitOf({ exclude: [`i${i}`, `i${i + 40}`], limit: 10 }), options);
    expect(pools.counts).toEqual({ hits: 4, misses: 2, unkept: 0 });
  });

  it('of a column that the catalogue does not have are named, and left out where an operator asks', () => {
    const caps = [{ column: 'theme', most: 1 }];
    expect(() =>
      rankSlate(scorer, table, visitOf({ caps, limit: 5 }), {
        limit: 5,
        seed: 1,
        nowMs: 0,
        exploration: GREEDY,
      }),
    ).toThrow('the catalogue has no column "theme"');
    const slateRules = { caps: caps.map((cap) => ({ ...cap, by: 'rule-1' })) };
    const { ids: shown } = rankSlate(
      scorer,
      table,
      { ...visitOf({ limit: 5 }), slateRules },
      { limit: 5, seed: 1, nowMs: 0, exploration: GREEDY },
    );
    expect(shown).toEqual(
      expected({ filters: undefined, exclude: [], caps: [], boosts: [], limit: 5 }) as ItemId[],
    );
  });
});
