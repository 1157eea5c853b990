import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter, type Filter } from '../../../../shared/domain/filter.ts';
import type { ItemId } from '../../../../shared/domain/ids.ts';
import type { Item } from '../../../../shared/domain/item.ts';
import { parseSchema, type Schema } from '../../../../shared/features/schema.ts';
import { catalogueTable } from '../../../../shared/features/catalogue-table.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { allowedRows } from '../../../../shared/score/filter/allowed-rows.ts';
import { filterReport } from '../../../../shared/score/filter/filter-report.ts';
import { hasRow } from '../../../../shared/score/filter/row-bits.ts';
import { slateInGivenOrder } from '../../../../shared/score/given-order.ts';
import { poolOf } from '../../../../shared/score/pool.ts';
import { rankable } from '../../../../shared/score/rankable.ts';
import { rankSlate } from '../../../../shared/score/rank.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { fulfils } from '../../../oracle/filter.ts';
import { competitions, itemLists, schemas, scorersFor } from '../../support/arbitrary.ts';
import { filters } from '../../support/filters.ts';
import { fuzz, SEED } from '../../support/seed.ts';

const NONE = { temperature: 0, epsilon: 0, poolSize: 1 };
const ids = fc
  .uniqueArray(fc.nat({ max: 60 }), { maxLength: 6 })
  .map((list) => list.map((n) => `i${n}` as ItemId));

const mayBeShown = (schema: Schema, filter: Filter | undefined, exclude: readonly string[]) => {
  const excluded = new Set(exclude);
  return (item: Item) =>
    !excluded.has(item.id) && (filter === undefined || fulfils(schema, item, filter));
};

/** Few rows are read code by code, many by what is kept of them: copies make many. */
const copied = (items: readonly Item[], times: number): Item[] =>
  Array.from({ length: times }, (_, copy) =>
    items.map(({ id, attributes }) => ({
      id: (copy === 0 ? id : `${id}-${copy}`) as ItemId,
      attributes,
    })),
  ).flat();

describe(`filters and exclusions (seed ${SEED})`, () => {
  it('rank the best of what a look at each item allows, for any schema, weights, catalogue, request and filter', () => {
    const cases = schemas.chain((schema) =>
      fc.record({
        scorer: scorersFor(schema),
        competition: competitions,
        filter: fc.option(filters, { nil: undefined }),
        exclude: ids,
        limit: fc.integer({ min: 1, max: 12 }),
        copies: fc.constantFrom(1, 1, 1, 60),
      }),
    );
    fuzz(
      cases,
      ({ scorer, competition, filter, exclude, limit, copies }) => {
        const { schema } = scorer;
        const { ordered, visit, nowMs } = competition;
        const items = copied(competition.items, copies);
        const table = rankable(packItems(schema.columns, items, ordered));
        const asked = {
          ...visit,
          ...(filter && { filters: parseFilter(filter) }),
          ...(exclude.length > 0 && { exclude }),
        };
        const allows = mayBeShown(schema, filter, exclude);
        const options = { limit: items.length, seed: 1, nowMs, exploration: NONE };
        // Re-ranking takes the best of the first pass, and so is of other rows where some are left out.
        const first = { ...scorer, kind: 'additive' as const };
        const expected = poolOf(first, table, visit, options).best.filter(({ row }) =>
          allows(items[row]),
        );
        const { best } = poolOf(first, table, asked, { ...options, limit });
        expect(best).toEqual(expected.slice(0, limit));
        const slate = rankSlate(scorer, table, asked, { ...options, limit });
        expect(slate.rows.every((row) => allows(items[row]))).toBe(true);
        expect(slate.rows).toHaveLength(Math.min(limit, expected.length));
        const given = slateInGivenOrder(scorer, table, asked, { limit, nowMs });
        expect(given.ids).toEqual(
          items
            .filter(allows)
            .slice(0, limit)
            .map(({ id }) => id),
        );
      },
      300,
    );
  });

  it('are explained by exact counts of what each condition takes away', () => {
    const cases = schemas.chain((schema) =>
      fc.record({
        schema: fc.constant(schema),
        items: itemLists,
        filter: filters,
        exclude: ids,
      }),
    );
    fuzz(cases, ({ schema, items, filter, exclude }) => {
      const nowMs = Date.UTC(2026, 5, 1);
      const table = rankable(packItems(schema.columns, items));
      const report = filterReport(
        table,
        { filters: parseFilter(filter), ...(exclude.length > 0 && { exclude }) },
        schema.filters,
        nowMs,
      )!;
      const parts = conjuncts(filter, 'filters').map(([path, part]) => ({
        path,
        allows: (item: Item) => fulfils(schema, item, part),
      }));
      if (exclude.length > 0)
        parts.push({ path: 'exclude', allows: ({ id }) => !exclude.includes(id) });
      if (schema.filters.length > 0)
        parts.push({ path: 'schema', allows: (item) => isOpen(schema, item, nowMs) });
      const count = (of: typeof parts) =>
        items.filter((item) => of.every(({ allows }) => allows(item))).length;
      const left = count(parts);
      expect(report).toEqual({
        removed: parts.map((part) => ({
          path: part.path,
          removed: items.length - count([part]),
          alone: count(parts.filter((other) => other !== part)) - left,
        })),
        left,
      });
    });
  });

  it('are found in a catalogue of many values as in one of few, on every bound', () => {
    const schema = parseSchema({
      name: 'many',
      columns: [
        { name: 'price', type: 'number' },
        { name: 'tags', type: 'set' },
        { name: 'place', type: 'path', from: ['continent', 'country'] },
      ],
      features: [{ name: 'base', kind: 'constant' }],
    });
    const random = seededRandom(SEED);
    const whole = (below: number) => Math.floor(random() * below);
    const items = Array.from({ length: 5003 }, (_, i): Item => {
      const country = whole(70);
      return {
        id: `i${i}` as ItemId,
        attributes: {
          price: random() < 0.05 ? null : whole(3000) / 4,
          tags: ['a', 'b', 'c', 'd'].filter(() => random() < 0.3),
          ...(random() < 0.9 && { continent: `continent ${country % 5}`, country: `${country}` }),
        },
      };
    });
    const table = rankable(catalogueTable(schema, items));
    const byId = new Map(items.map((item) => [item.id, item]));
    const bounds = [-1, 0, 0.1, 749.75, 800, ...Array.from({ length: 16 }, () => whole(3000) / 4)];
    const some: Filter[] = [
      ...bounds.map((to) => ({ column: 'price', to })),
      ...bounds.map((from) => ({ column: 'price', from })),
      ...bounds.map((from, i) => ({ column: 'price', from, to: from + (i % 7) ** 3 })),
      { column: 'price', in: bounds },
      ...Array.from({ length: 30 }, (_, n) => ({ column: 'country', in: [`${n}`, 'continent 1'] })),
      { column: 'place', in: ['continent 1', '7'] },
      { column: 'continent', known: false },
      { column: 'tags', in: ['a', 'd'] },
      { column: 'tags', allOf: ['a', 'd'] },
    ];
    // Twice, as what the first look keeps serves the second.
    for (const filter of [...some, ...some]) {
      const allowed = allowedRows(table, { filters: parseFilter(filter) })!;
      const every = [...table.table.ids];
      const rows = every.flatMap((id, row) => (hasRow(allowed.bits, row) ? [id] : []));
      const expected = every.filter((id) => fulfils(schema, byId.get(id)!, filter));
      expect(rows, JSON.stringify(filter)).toEqual(expected);
      expect(allowed.count).toBe(expected.length);
    }
  });

  it('find what lies within some kilometres, also across the date line and around the poles', () => {
    const schema = parseSchema({
      name: 'places',
      columns: [
        { name: 'lat', type: 'number' },
        { name: 'lon', type: 'number' },
      ],
      features: [{ name: 'base', kind: 'constant' }],
    });
    const random = seededRandom(SEED);
    const centres = [
      [48.1, 11.6],
      [0, 0],
      [-17.7, 178.1],
      [65, -179.9],
      [89.5, 10],
      [-90, 0],
      [90, 180],
      [12, -180],
    ];
    const items = Array.from({ length: 5000 }, (_, i): Item => {
      const [lat, lon] = centres[i % centres.length];
      const near = i % 2 === 0;
      const at = near
        ? {
            lat: Math.max(-90, Math.min(90, lat + 4 * (random() - 0.5))),
            lon: ((lon + 4 * (random() - 0.5) + 540) % 360) - 180,
          }
        : { lat: 180 * (random() - 0.5), lon: 360 * (random() - 0.5) };
      return { id: `i${i}` as ItemId, attributes: random() < 0.02 ? { lat: at.lat } : at };
    });
    /** Longitudes from 0 to 360, and with up to so many turns more either way: 40 are more than any range is made of. */
    const turned = (turns: number): Item[] =>
      items.map(({ id, attributes: { lat, lon } }) => ({
        id,
        attributes:
          lon === undefined
            ? { lat }
            : {
                lat,
                lon:
                  turns === 0
                    ? ((lon as number) + 360) % 360
                    : (lon as number) + 360 * Math.round(turns * (2 * random() - 1)),
              },
      }));
    const tables = [items.slice(0, 300), items, turned(0), turned(1), turned(40)].map((own) => ({
      own,
      table: rankable(packItems(schema.columns, own)),
    }));
    for (const [lat, lon] of centres)
      for (const km of [0, 1, 30, 150, 700, 5000, 10_007, 20_040])
        for (const { own, table } of tables) {
          const filter: Filter = { columns: ['lat', 'lon'], within: { lat, lon, km } };
          const { bits } = allowedRows(table, { filters: parseFilter(filter) })!;
          expect(
            own.filter((_, row) => hasRow(bits, row)).map(({ id }) => id),
            JSON.stringify(filter),
          ).toEqual(own.filter((item) => fulfils(schema, item, filter)).map(({ id }) => id));
        }
  });
});

/** The parts that must all hold, with their paths. */
function conjuncts(filter: Filter, path: string): [string, Filter][] {
  if (!('all' in filter)) return [[path, filter]];
  return filter.all.flatMap((part, i) => conjuncts(part, `${path}.all[${i}]`));
}

function isOpen(schema: Schema, item: Item, nowMs: number): boolean {
  return schema.filters.every((filter) =>
    'before' in filter
      ? !fulfils(schema, item, { column: filter.column, to: nowMs - 1 })
      : !fulfils(schema, item, { column: filter.column, in: filter.exclude }),
  );
}
