import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate, type Slate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, scoreCodes } from '../../../shared/score/scorer.ts';
import { encodeItem, isFiltered, type Competition } from '../../oracle/encode.ts';
import { competitions, pointsFor, schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

type Points = Record<string, number[]>;

const scorerOf = (schema: Schema, points: Points) =>
  additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'random' });

function best(schema: Schema, points: Points, competition: Competition, k: number): Slate {
  const table = packItems(schema.columns, competition.items, competition.ordered);
  return rankSlate(scorerOf(schema, points), rankable(table), competition.visit, {
    limit: k,
    seed: 1,
    nowMs: competition.nowMs,
    exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
  });
}

/** Encodes item by item, scores code by code, sorts everything, and cuts. */
function bestBySorting(schema: Schema, points: Points, competition: Competition, k: number) {
  const scorer = scorerOf(schema, points);
  const scored = competition.items.map((item, row) => ({
    row,
    units: scoreCodes(scorer, encodeItem(schema, row, competition)),
    hidden: isFiltered(schema, item, competition.nowMs),
  }));
  const sorted = scored
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => b.units - a.units || a.row - b.row)
    .slice(0, k);
  return { rows: sorted.map(({ row }) => row), units: sorted.map(({ units }) => units) };
}

/** What ranking and sorting give, for a test to compare. */
function bothWays(schema: Schema, points: Points, competition: Competition, k: number) {
  const { rows, units } = best(schema, points, competition, k);
  return { ranked: { rows, units }, sorted: bestBySorting(schema, points, competition, k) };
}

describe(`the k best rows (seed ${SEED})`, () => {
  it('are those of sorting everything, for any schema, weights, request and k', () => {
    const cases = schemas.chain((schema) =>
      fc.tuple(
        fc.constant(schema),
        pointsFor(schema),
        competitions,
        fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 60 })),
      ),
    );
    fuzz(
      cases,
      (made) => {
        const { ranked, sorted } = bothWays(...made);
        expect(ranked).toEqual(sorted);
      },
      1500,
    );
  });
});

describe('the k best of many rows whose columns are too varied to join', () => {
  const columns = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, type: 'number' as const }));
  const ROWS = 2000;

  /** Six number columns of 300 values, so six tables; the weights are seeded, coarse ones tie often. */
  function make(seed: number, weightOf: (random: number) => number, extra: object[] = []) {
    const random = seededRandom(seed);
    const schema = parseSchema({
      name: 'wide',
      columns: [...columns, { name: 'shown', type: 'category' }],
      features: [
        ...columns.map(({ name }) => ({
          name,
          kind: 'quantile',
          column: name,
          edges: Array.from({ length: 200 }, (_, i) => i),
        })),
        ...extra,
      ],
      filters: [{ column: 'shown', exclude: ['no'] }],
    });
    const items = Array.from({ length: ROWS }, (_, i) => ({
      id: `i${i}` as ItemId,
      attributes: {
        ...Object.fromEntries(columns.map(({ name }) => [name, Math.floor(random() * 300)])),
        shown: random() < 0.3 ? 'no' : 'yes',
      },
    }));
    const points = Object.fromEntries(
      schema.features.map(({ name }) => [
        name,
        Array.from({ length: name.length === 1 ? 202 : 2 }, () => weightOf(random())),
      ]),
    );
    const recent = [3, 5, 8, 13, 21].map((i) => ({ itemId: items[i].id, type: 'view', at: 1 }));
    const visit = { preferences: {}, context: {}, recent };
    return { schema, points, competition: { items, ordered: true, visit, nowMs: 1 } };
  }
  const fine = (random: number) => random * 40 - 20;
  const coarse = (random: number) => Math.floor(random * 3);

  it.each([
    ['fine weights', fine, 10, []],
    ['coarse weights, where most rows tie', coarse, 50, []],
    ['equal weights, where every row ties', () => 7, 50, []],
    ['only negative weights', (random: number) => -1 - random, 20, []],
    ['weights of 0', () => 0, 20, []],
    ['as many wanted as there are', fine, ROWS, []],
    ['more wanted than there are', fine, ROWS + 5, []],
    [
      'a feature of a few rows on top',
      fine,
      30,
      [{ name: 'touched', kind: 'recent', measure: 'type', types: [] }],
    ],
    [
      'a feature of every row on top',
      fine,
      30,
      [{ name: 'place', kind: 'recent-distance', most: 1 }],
    ],
  ])('with %s', (_, weightOf, k, extra) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { schema, points, competition } = make(seed, weightOf, extra);
      const { ranked, sorted } = bothWays(schema, points, competition, k);
      expect(ranked).toEqual(sorted);
    }
  });

  it('is an empty list when every row is excluded', () => {
    const { schema, points, competition } = make(1, fine);
    const items = competition.items.map(({ id, attributes }) => ({
      id,
      attributes: { ...attributes, shown: 'no' },
    }));
    expect(best(schema, points, { ...competition, items }, 10).rows).toEqual([]);
  });

  it('is an empty list when there are no rows', () => {
    const { schema, points, competition } = make(1, fine);
    expect(best(schema, points, { ...competition, items: [] }, 10).rows).toEqual([]);
  });
});
