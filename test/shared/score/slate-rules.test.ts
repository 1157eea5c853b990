import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItemId, RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { parseRankRequest, type RankRequest } from '../../../shared/domain/rank-request.ts';
import type { SlateRules } from '../../../shared/domain/slate-rules.ts';
import { NextItem } from '../../../shared/explore/next-item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { drawFrom, drawnBy, rankSlate, stateOf } from '../../../shared/score/rank.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { posteriorOf } from '../../../shared/score/posterior.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { fuzz, SEED } from '../support/seed.ts';

const schema = parseSchema({
  name: 'ruled',
  columns: [
    { name: 'trip', type: 'category' },
    { name: 'supplier', type: 'category' },
    { name: 'country', type: 'category' },
    { name: 'themes', type: 'set' },
    { name: 'level', type: 'category' },
    { name: 'place', type: 'path', from: ['continent', 'land'] },
    { name: 'state', type: 'category' },
  ],
  features: [{ name: 'level', kind: 'category', column: 'level', values: [...'abcdefghij'] }],
  filters: [{ column: 'state', exclude: ['gone'] }],
});
/** Points by level, the first of which is missing; many are alike. */
const POINTS = [0, 9, 7, 6, 4, 3, 1, 0, -1, -2, -6];
const scorer = additiveFromPoints(schema, { level: POINTS }, { version: RULES_VERSION, name: 'r' });

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
/** So many that a page's pool holds items of some of them only. */
const SUPPLIERS = Array.from({ length: 30 }, (_, i) => `s${i}`);
const COUNTRIES = ['FR', 'IT', 'PT', 'NO'];
const items = (maxLength: number, minLength = 1): fc.Arbitrary<Item[]> =>
  fc
    .array(
      fc.record({
        trip: some(['t1', 't2', 't3', 't4', 't5']),
        supplier: some(SUPPLIERS),
        country: fc.option(some(COUNTRIES)),
        themes: fc.uniqueArray(some(['hike', 'food', 'ski']), { maxLength: 2 }),
        level: some([...'abcdefghij']),
        land: some(['', 'x', 'y']),
        continent: some(['E', 'A']),
        state: some(['here', 'here', 'here', 'gone']),
      }),
      { minLength, maxLength },
    )
    .map((all) => all.map((own, i) => parseItem({ id: `i${i}`, ...own })));

const conditions = fc.oneof(
  some(COUNTRIES).map((country) => ({ column: 'country', in: [country] })),
  some(['hike', 'food', 'ski']).map((theme) => ({ column: 'themes', in: [theme] })),
  some(['a', 'e', 'h']).map((level) => ({ not: { column: 'level', in: [level] } })),
);
const caps = fc.array(
  fc.record({
    column: some(['trip', 'supplier', 'country', 'themes', 'land', 'place']),
    most: fc.integer({ min: 1, max: 3 }),
    collapse: fc.boolean(),
  }),
  { maxLength: 2 },
);
const quotas = fc.array(
  fc
    .record({
      where: conditions,
      least: fc.integer({ min: 1, max: 3 }),
      within: fc.integer({ min: 1, max: 8 }),
    })
    .map(({ where, least, within }) => ({ where, least: Math.min(least, within), within })),
  { maxLength: 2 },
);
const pins = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 12 }).map((i) => `i${i}`),
    position: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 2, comparator: (a, b) => a.id === b.id || a.position === b.position },
);
const boosts = fc.array(
  fc.oneof(
    fc.record({ where: conditions, points: some([-5, 3, 8]) }),
    fc.record({ ids: some([['i1'], ['i0', 'i3']]), points: some([-9, 4, 20]) }),
  ),
  { maxLength: 3 },
);
const anyRules = fc.record({ caps, quotas, pins, boosts });
const explorations = fc.record({
  temperature: some([0, 0.5, 3, 40]),
  epsilon: some([0, 0.1, 1]),
  poolSize: fc.integer({ min: 1, max: 12 }),
  fromSlot: some([1, 1, 3]),
});

const asking = (
  slateRules: unknown,
  limit: number,
  shown: readonly string[] = [],
): RankRequest => ({
  ...parseRankRequest({ sessionId: 's', slateRules, limit }),
  ...(shown.length > 0 && { shown: shown.map(parseItemId) }),
});
const tableOf = (all: readonly Item[]) => rankable(packItems(schema.columns, all));

/** Values that a cap counts, read from the item itself. */
function valuesOf(item: Item, column: string): readonly string[] {
  const { attributes } = item;
  if (column === 'themes') return attributes.themes as readonly string[];
  const own =
    column === 'place'
      ? `${String(attributes.continent)}/${String(attributes.land)}`
      : attributes[column];
  return own === undefined || own === null || own === '' ? [] : [String(own)];
}
const holds = (item: Item, where: any): boolean =>
  'not' in where ? !holds(item, where.not) : valuesOf(item, where.column).includes(where.in[0]);
const boostOf = (item: Item, { boosts: own = [] }: { boosts?: readonly any[] }) =>
  own.reduce(
    (sum, { where, ids, points }) =>
      (ids === undefined ? holds(item, where) : ids.includes(item.id)) ? sum + points : sum,
    0,
  );
const pointsOf = ({ attributes }: Item) =>
  POINTS[1 + 'abcdefghij'.indexOf(attributes.level as string)];
const isThere = ({ attributes }: Item) => attributes.state !== 'gone';

/** Walks down some items, best first, and takes those that find a place under all of some caps. @param standing items that hold one already. */
function walkDown(
  catalogue: readonly Item[],
  rules: any,
  limits: readonly any[],
  standing: readonly Item[] = [],
): Item[] {
  const counts = new Map<string, number>();
  const keysOf = (item: Item) =>
    limits.flatMap((cap, i) =>
      valuesOf(item, cap.column).map((value) => [`${i} ${value}`, cap.most] as const),
    );
  const count = (item: Item) => {
    for (const [key] of keysOf(item)) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  standing.forEach(count);
  return catalogue
    .map((item, row) => ({ item, row, points: pointsOf(item) + boostOf(item, rules) }))
    .toSorted((a, b) => b.points - a.points || a.row - b.row)
    .flatMap(({ item }) => {
      if (keysOf(item).some(([key, most]) => (counts.get(key) ?? 0) >= most)) return [];
      count(item);
      return [item];
    });
}

/** Those that caps that collapse leave of the whole catalogue, in its order. */
function competing(all: readonly Item[], rules: any, pinned: readonly Item[] = []): Item[] {
  const collapsed = rules.caps.filter((cap: any) => cap.collapse);
  const free = all.filter((item) => isThere(item) && !pinned.includes(item));
  const own = new Set(walkDown(free, rules, collapsed, pinned));
  return all.filter((item) => own.has(item));
}

const greedy = (all: readonly Item[], rules: any, limit: number): string[] =>
  walkDown(competing(all, rules), rules, rules.caps)
    .slice(0, limit)
    .map(({ id }) => id);

describe(`slates under rules (seed ${SEED})`, () => {
  it('without exploring are the best of the whole catalogue that caps and boosts allow, one by one', () => {
    fuzz(
      fc.record({ all: items(60), caps, boosts, limit: fc.integer({ min: 1, max: 20 }) }),
      ({ all, limit, ...rules }) => {
        const slate = rankSlate(scorer, tableOf(all), asking(rules, limit), {
          limit,
          seed: 1,
          nowMs: 0,
          exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
        });
        expect(slate.ids).toEqual(greedy(all, rules, limit));
        expect(slate.propensities).toEqual(slate.ids.map(() => 1));
      },
      600,
    );
  });

  it('give each slot its exact probability over what may stand there, and all slates together 1', () => {
    fuzz(
      fc.record({
        all: items(7),
        rules: anyRules,
        limit: fc.integer({ min: 1, max: 4 }),
        exploration: explorations,
        seed: fc.integer(),
      }),
      ({ all, rules, limit, exploration, seed }) => {
        const options = { limit, seed, nowMs: 0, exploration };
        const pool = poolOf(scorer, tableOf(all), asking(rules, limit), options);
        if (pool.ruled === undefined) return;
        const { best, ruled } = pool;
        const points = drawnBy(pool);
        const drawable = best.slice(0, ruled.drawable);
        /** Slates by their indexes with the probability of each slot. */
        const slates = new Map<string, number[]>();
        const walk = (path: number[], slots: number[]): void => {
          const state = stateOf(pool)!;
          const next = new NextItem(
            points.slice(0, ruled.drawable),
            exploration,
            state.restrictionOf(drawable.map(({ row }) => row)),
          );
          for (const index of path) {
            state.shown(index < ruled.drawable ? best[index].row : undefined);
            next.shown(index < ruled.drawable ? index : undefined);
          }
          const pin = ruled.pinned.get(path.length);
          if (path.length === limit || (next.left.length === 0 && pin === undefined)) {
            const behind = [...ruled.pinned]
              .filter(([slot]) => slot >= path.length)
              .toSorted(([a], [b]) => a - b)
              .map(([, index]) => index);
            slates.set([...path, ...behind].join(), [...slots, ...behind.map(() => 1)]);
            return;
          }
          if (pin !== undefined) return walk([...path, pin], [...slots, 1]);
          const isSure =
            path.length < exploration.fromSlot - 1 ||
            (exploration.temperature === 0 && exploration.epsilon === 0);
          const { left } = next;
          left.forEach((index, at) => {
            const own = slotProbability(points, left, index, exploration);
            if (isSure) {
              if (at === 0) walk([...path, index], [...slots, 1]);
              return;
            }
            expect(next.probability(at)).toBeCloseTo(own, 9);
            if (own > 0) walk([...path, index], [...slots, own]);
          });
        };
        walk([], []);
        const total = [...slates.values()]
          .map((slots) => slots.reduce((product, p) => product * p, 1))
          .reduce((sum, p) => sum + p, 0);
        expect(total).toBeCloseTo(1, 9);
        const drawn = drawFrom(pool, limit, exploration, seededRandom(seed));
        const slots = slates.get(drawn.map(({ index }) => index).join());
        expect(slots).toBeDefined();
        drawn.forEach(({ propensity }, slot) => expect(propensity).toBeCloseTo(slots![slot], 9));
      },
    );
  });

  it('keep caps, fill quotas as far as the catalogue can, and hold pins where they are', () => {
    fuzz(
      fc.record({
        all: items(80),
        rules: anyRules,
        limit: fc.integer({ min: 1, max: 12 }),
        exploration: explorations,
        seed: fc.integer(),
        isUnsure: fc.boolean(),
      }),
      ({ all, rules, limit, exploration, seed, isUnsure }) => {
        const byId = new Map(all.map((item) => [item.id as string, item]));
        const unsure = isUnsure
          ? {
              ...scorer,
              exploration: { ...scorer.exploration, raisedFeatures: 1 },
              posterior: posteriorOf(schema, () => 5),
            }
          : scorer;
        const slate = rankSlate(unsure, tableOf(all), asking(rules, limit), {
          limit,
          seed,
          nowMs: 0,
          exploration: { ...exploration, ...(isUnsure && { optimism: 2 }) },
        });
        const ids = slate.ids as readonly string[];
        expect(new Set(ids).size).toBe(ids.length);
        const wanted = rules.pins.filter(
          ({ id, position }) => position <= limit && byId.has(id) && isThere(byId.get(id)!),
        );
        for (const { id, position } of wanted) {
          const slot = ids.indexOf(id);
          expect(slot).toBeGreaterThanOrEqual(0);
          if (ids.length >= limit) expect(slot).toBe(position - 1);
          expect(slate.propensities[slot]).toBe(1);
          expect(slate.pinned![slot]).toBe(1);
        }
        const free = ids.filter((_, slot) => slate.pinned?.[slot] !== 1).map((id) => byId.get(id)!);
        const elsewhere = rules.pins.filter(({ position }) => position > limit);
        const candidates = all.filter((item) => !elsewhere.some(({ id }) => id === item.id));
        const pinned = wanted.map(({ id }) => byId.get(id)!);
        // What is little known is raised by amounts that are not known here.
        const own = isUnsure ? undefined : competing(candidates, rules, pinned);
        if (own !== undefined) for (const item of free) expect(own).toContain(item);
        for (const { column, most } of rules.caps) {
          const counts = new Map<string, number>();
          for (const id of ids)
            for (const value of valuesOf(byId.get(id)!, column))
              counts.set(value, (counts.get(value) ?? 0) + 1);
          // Only pins may be more than a cap lets in, and then nothing that is drawn joins them.
          for (const item of free)
            for (const value of valuesOf(item, column))
              expect(counts.get(value)!).toBeLessThanOrEqual(most);
        }
        // With one quota and one column of one value each, what can be reached is known in closed form.
        const [quota, ...others] = rules.quotas;
        if (quota === undefined || others.length > 0 || rules.pins.length > 0) return;
        if (rules.caps.length > 1 || rules.caps.some(({ column }) => column === 'themes')) return;
        const least =
          quota.within <= limit ? quota.least : Math.floor((quota.least * limit) / quota.within);
        const [cap] = rules.caps;
        if (cap?.collapse && own === undefined) return;
        const counted = (cap?.collapse ? own! : all.filter(isThere)).filter((item) =>
          holds(item, quota.where),
        );
        const groups = Map.groupBy(counted, (item) =>
          cap === undefined ? '' : (valuesOf(item, cap.column)[0] ?? ''),
        );
        const isCapped = (group: string) => cap !== undefined && group !== '';
        const most = [...groups].reduce(
          (sum, [group, { length }]) =>
            sum + (isCapped(group) ? Math.min(cap.most, length) : length),
          0,
        );
        const end = Math.min(quota.within, limit);
        const found = ids.slice(0, end).filter((id) => holds(byId.get(id)!, quota.where)).length;
        expect(found).toBeGreaterThanOrEqual(Math.min(least, most, end));
      },
      600,
    );
  });

  it('fill a page wherever the catalogue can, however few groups the best are of', () => {
    fuzz(
      fc.record({
        all: items(80, 20),
        column: some(['trip', 'country', 'land', 'place']),
        most: fc.integer({ min: 1, max: 2 }),
        limit: fc.integer({ min: 1, max: 12 }),
        exploration: explorations,
        seed: fc.integer(),
      }),
      ({ all, column, most, limit, exploration, seed }) => {
        const rules = { caps: [{ column, most }] };
        const slate = rankSlate(scorer, tableOf(all), asking(rules, limit), {
          limit,
          seed,
          nowMs: 0,
          exploration,
        });
        expect(slate.ids.length).toBe(greedy(all, rules, limit).length);
      },
    );
  });

  it('show nothing of one quota by which another one could not be filled any more', () => {
    const all = [
      { id: 'first', level: 'a', themes: ['hike'], supplier: 's1' },
      { id: 'closing', level: 'b', themes: ['food'], supplier: 's1', country: 'FR' },
      { id: 'second', level: 'c', themes: ['food'], supplier: 's2' },
      { id: 'third', level: 'd', themes: ['ski'], supplier: 's3', country: 'FR' },
      { id: 'replacing', level: 'e', themes: ['hike'], land: 'x' },
    ].map(parseItem);
    const quota = (theme: string) => ({
      where: { column: 'themes', in: [theme] },
      least: 1,
      within: 6,
    });
    const rules = {
      caps: [
        { column: 'supplier', most: 1 },
        { column: 'country', most: 1 },
        { column: 'land', most: 5 },
      ],
      quotas: ['hike', 'food', 'ski'].map(quota),
    };
    const exploration = { temperature: 1, epsilon: 0.1, poolSize: 6 };
    const options = { limit: 6, seed: 1, nowMs: 0, exploration };
    const pool = poolOf(scorer, tableOf(all), asking(rules, 6), options);
    const rows = pool.best.map(({ row }) => row);
    const allowed = stateOf(pool)!.restrictionOf(rows).allowed([0, 1, 2, 3, 4]);
    // In place of "first", "replacing" would leave room for "closing", and that none for "third".
    expect(allowed.map((index) => all[rows[index]].id)).toEqual(['first', 'second', 'third']);
  });

  it('go on behind the pages above: nothing twice, collapsed groups closed, pins by their position in all', () => {
    fuzz(
      fc.record({
        all: items(80, 20),
        rules: anyRules,
        exploration: explorations,
        seed: fc.integer(),
      }),
      ({ all, rules, exploration, seed }) => {
        const byId = new Map(all.map((item) => [item.id as string, item]));
        const table = tableOf(all);
        const shown: string[] = [];
        for (let page = 0; page < 4; page++) {
          const { ids } = rankSlate(scorer, table, asking(rules, 4, shown), {
            limit: 4,
            seed: seed + page,
            nowMs: 0,
            exploration,
          });
          const isPinned = new Set(rules.pins.map(({ id }) => id));
          for (const { column, most } of rules.caps.filter(({ collapse }) => collapse))
            for (const id of ids.filter((one) => !isPinned.has(one)))
              for (const value of valuesOf(byId.get(id)!, column)) {
                const above = [...shown, ...ids].filter((one) =>
                  valuesOf(byId.get(one)!, column).includes(value),
                ).length;
                expect(above).toBeLessThanOrEqual(most);
              }
          shown.push(...ids);
        }
        expect(new Set(shown).size).toBe(shown.length);
      },
    );
  });

  it('leave a ranking without rules as it was', () => {
    fuzz(
      fc.record({ all: items(40), exploration: explorations, seed: fc.integer() }),
      ({ all, exploration, seed }) => {
        const none: SlateRules = {};
        const options = { limit: 10, seed, nowMs: 0, exploration };
        const visit = asking({}, 10);
        expect(visit.slateRules).toBeUndefined();
        const plain = rankSlate(scorer, tableOf(all), visit, options);
        const ruled = rankSlate(scorer, tableOf(all), { ...visit, slateRules: none }, options);
        expect(ruled.ids).toEqual(plain.ids);
        ruled.propensities.forEach((p, slot) =>
          expect(p).toBeCloseTo(plain.propensities[slot], 12),
        );
      },
    );
  });
});
