import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { encodeRequest } from '../../../shared/features/encode.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { compileScores } from '../../../shared/score/additive.ts';
import { explain } from '../../../shared/score/explain.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { checkScores, finalUnits, scorerProblem } from '../../../shared/score/rerank.ts';
import {
  additiveFromPoints,
  firstPassOf,
  scoreCodes,
  toPoints,
  type ForestScorer,
  type MlpScorer,
  type Rerank,
  type Scorer,
} from '../../../shared/score/scorer.ts';
import { topRows } from '../../../shared/score/top-rows.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { encodeItem, isFiltered, type Competition } from '../../oracle/encode.ts';
import {
  flatNetwork,
  flatTrees,
  randomForest,
  randomNetwork,
} from '../../oracle/random-rerankers.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { codesFor, competitions, schemas, scorersFor } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const DETERMINISTIC = { temperature: 0, epsilon: 0, poolSize: 1 };

/** Encodes and scores item by item, sorts everything, cuts to the depth, sorts those again, and cuts. */
function bestBySorting(scorer: Scorer, { items, ...rest }: Competition, k: number) {
  const competition = { items, ...rest };
  const first = items
    .map((item, row) => {
      const codes = encodeItem(scorer.schema, row, competition);
      return { item, row, codes, units: scoreCodes(scorer, codes) };
    })
    .filter(({ item }) => !isFiltered(scorer.schema, item, rest.nowMs))
    .toSorted((a, b) => b.units - a.units || a.row - b.row)
    .slice(0, scorer.kind === 'additive' ? k : Math.max(scorer.rerank.depth, k))
    .map((scored, place) => ({ ...scored, place, final: finalUnits(scorer, scored.codes) }));
  const final = first.toSorted((a, b) => b.final - a.final || a.place - b.place).slice(0, k);
  return { rows: final.map(({ row }) => row), units: final.map((scored) => scored.final) };
}

describe(`a slate (seed ${SEED})`, () => {
  it('has the items, scores and order of sorting everything, for any schema, scorer, request and length', () => {
    const cases = schemas.chain((schema) =>
      fc.tuple(scorersFor(schema), competitions, fc.integer({ min: 1, max: 50 })),
    );
    fuzz(
      cases,
      ([scorer, competition, limit]) => {
        const table = packItems(scorer.schema.columns, competition.items, competition.ordered);
        const { rows, units } = rankSlate(scorer, rankable(table), competition.visit, {
          limit,
          seed: 1,
          nowMs: competition.nowMs,
          exploration: DETERMINISTIC,
        });
        expect({ rows, units }).toEqual(bestBySorting(scorer, competition, limit));
      },
      1000,
    );
  });
});

const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
  exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
});
const forest = (rerank: Rerank, seed = 1): ForestScorer => ({
  ...rules,
  kind: 'forest',
  rerank,
  trees: flatTrees(randomForest(smarttrip, { trees: 30, leaves: 31, seed })),
});
const mlp = (rerank: Rerank): MlpScorer => ({
  ...rules,
  kind: 'mlp',
  rerank,
  network: flatNetwork(randomNetwork(smarttrip, { width: 8, hidden: 8, seed: 1 })),
});
const kinds = [
  { what: 'a forest that adds', make: forest, adds: true },
  { what: 'a forest that replaces', make: forest, adds: false },
  { what: 'an MLP that adds', make: mlp, adds: true },
  { what: 'an MLP that replaces', make: mlp, adds: false },
];
const competing = rankable(packItems(smarttrip.columns, makeTrips(1500, 1)));
const requests = makeVisits(40, 2).map((visit) => parseRankRequest({ sessionId: 's', ...visit }));
const F = smarttrip.features.length;
const slateOf = (scorer: Scorer, i: number, exploration = scorer.exploration) =>
  rankSlate(scorer, competing, requests[i], { limit: 20, seed: i, nowMs: NOW_MS, exploration });

describe.each(kinds)('$what', ({ make, adds }) => {
  const scorer = make({ depth: 200, adds });

  it('replays from its bytes to the same slates, scores, propensities and codes, bit for bit', () => {
    const stored = scorerFromBytes(scorerToBytes(scorer));
    requests.forEach((_, i) => expect(slateOf(stored, i)).toEqual(slateOf(scorer, i)));
  });

  it('logs the units that its codes score, and the propensity of drawing them from the best by that score', () => {
    requests.forEach((visit, i) => {
      const { rows, units, codes, propensities } = slateOf(scorer, i);
      units.forEach((value, slot) => expect(finalUnits(scorer, codes, slot * F)).toBe(value));
      const asked = { limit: 50, seed: i, nowMs: NOW_MS, exploration: DETERMINISTIC };
      const pool = rankSlate(scorer, competing, visit, asked);
      const places = pool.rows.map((_, place) => place);
      const first = pool.rows.indexOf(rows[0]);
      const points = pool.units.map(toPoints);
      const chance = slotProbability(points, places, first, scorer.exploration);
      expect(propensities[0]).toBeCloseTo(chance, 12);
    });
  });

  it('shows nothing from beyond its depth', () => {
    const shallow = make({ depth: 30, adds });
    requests.forEach((visit, i) => {
      const encoded = encodeRequest(smarttrip, competing.table, competing.rows, visit, NOW_MS);
      const tables = compileScores(rules, encoded, NOW_MS);
      const first = new Set(
        topRows(tables, competing.table.ids.length, competing.blocks, 30).map(({ row }) => row),
      );
      const { rows } = slateOf(shallow, i, DETERMINISTIC);
      expect(rows.filter((row) => !first.has(row))).toEqual([]);
    });
  });

  it('gives reasons that add up to its score exactly, its own labelled', () => {
    requests.slice(0, 10).forEach((_, i) => {
      const { units, codes } = slateOf(scorer, i);
      units.forEach((value, slot) => {
        const reasons = explain(scorer, codes.subarray(slot * F, (slot + 1) * F));
        const sum = reasons.reduce((points, reason) => points + reason.points, 0);
        expect(sum).toBe(toPoints(value));
        expect(reasons.some(({ by }) => by === scorer.kind)).toBe(true);
        expect(reasons.some(({ by }) => by === undefined)).toBe(adds);
      });
    });
  });
});

describe('reasons of a re-ranker', () => {
  const schema: Schema = parseSchema({
    name: 'two',
    columns: [],
    features: ['a', 'b'].map((name) => ({ name, kind: 'context', key: name, values: ['x'] })),
  });
  const split = { upTo: 1, missing: 'right' } as const;
  const scorer: ForestScorer = {
    ...additiveFromPoints(schema, { a: [0, 2] }, { version: RULES_VERSION, name: 'two' }),
    kind: 'forest',
    rerank: { depth: 5, adds: true },
    trees: flatTrees([
      { feature: 0, ...split, left: { units: 3 * 65_536 }, right: { units: 65_536 } },
      { feature: 1, ...split, left: { units: 0 }, right: { units: -65_536 } },
    ]),
  };

  it('say what the score would lose if a feature alone were missing, and what is left of it', () => {
    expect(explain(scorer, Uint8Array.of(1, 0))).toEqual([
      { feature: 'a', because: 'x', points: 2 },
      { feature: 'a', because: 'x', points: 2, by: 'forest' },
    ]);
    expect(explain(scorer, Uint8Array.of(1, 1))).toEqual([
      { feature: 'a', because: 'x', points: 2 },
      { feature: 'a', because: 'x', points: 2, by: 'forest' },
      { feature: 'b', because: 'x', points: 1, by: 'forest' },
    ]);
    expect(explain(scorer, Uint8Array.of(0, 1))).toEqual([
      { feature: 'b', because: 'x', points: 1, by: 'forest' },
    ]);
  });
});

describe('a scorer that cannot rank', () => {
  it.each<[string, Rerank, string]>([
    ['no depth', { depth: 0, adds: true }, 'rerank.depth must be 1 to 2000, but was 0'],
    ['a depth beyond reason', { depth: 2001, adds: true }, 'but was 2001'],
    ['half a depth', { depth: 1.5, adds: true }, 'but was 1.5'],
    [
      'no word on adding',
      { depth: 5 } as Rerank,
      'rerank.adds must be true or false, but was undefined',
    ],
  ])('is named: %s', (_, rerank, message) => {
    expect(scorerProblem(forest(rerank))).toContain(message);
    expect(() => scorerToBytes(mlp(rerank))).toThrow(message);
  });

  const leafOf = (points: number): ForestScorer => ({
    ...forest({ depth: 5, adds: true }),
    trees: flatTrees([{ units: points * 65_536 }, { units: points * 65_536 }]),
  });
  it.each<[string, Scorer, string | undefined]>([
    ['trees that leave the range', leafOf(-1024), 'scores would range from'],
    ['trees that leave it on top of the first pass', leafOf(1000), 'to 2131 points'],
    [
      'trees that replace the first pass, within the range',
      { ...leafOf(1000), rerank: { depth: 5, adds: false } },
      undefined,
    ],
    ['a network on top of the rules', mlp({ depth: 5, adds: true }), undefined],
    [
      'a network on top of weights that take more than half the range',
      { ...mlp({ depth: 5, adds: true }), weights: rules.weights.map((units) => 12 * units) },
      'scores would range from',
    ],
  ])('has scores out of range: %s', (_, scorer, message) => {
    if (message === undefined) expect(() => checkScores(scorer)).not.toThrow();
    else expect(() => checkScores(scorer)).toThrow(message);
  });
});

it(`the first pass of any scorer is an additive scorer of the same weights (seed ${SEED})`, () => {
  const cases = schemas.chain((schema) => fc.tuple(scorersFor(schema), codesFor(schema)));
  fuzz(cases, ([scorer, codes]) => {
    const first = firstPassOf(scorer);
    expect(scorerFromBytes(scorerToBytes(first))).toEqual(first);
    expect(finalUnits(first, codes)).toBe(scoreCodes(scorer, codes));
  });
});
