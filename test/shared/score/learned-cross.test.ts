import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { pointsPerRow } from '../../../backend/science/learn/score-set.ts';
import { packTrainingSet } from '../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { featureIndex, type Schema } from '../../../shared/features/schema.ts';
import { openFrame } from '../../../shared/format/frame.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { explain } from '../../../shared/score/explain.ts';
import { crossesProblem } from '../../../shared/score/learned-cross.ts';
import { posteriorOf } from '../../../shared/score/posterior.ts';
import { drawRaises } from '../../../shared/score/raise.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import {
  additiveFromPoints,
  crossPointsOf,
  pointsOf,
  scoreCodes,
  toPoints,
  toUnits,
  type CrossPoints,
} from '../../../shared/score/scorer.ts';
import { encodeItem, isFiltered } from '../../oracle/encode.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import { codesFor, competitions, crossesFor, pointsFor, schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

type Points = Record<string, number[]>;

const scorerOf = (schema: Schema, points: Points, crosses: readonly CrossPoints[]) =>
  additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'random', crosses });

/** A score as its tables say it, by the names of features and without any layout of weights. */
const unitsByName = (
  schema: Schema,
  points: Points,
  crosses: readonly CrossPoints[],
  codes: ArrayLike<number>,
): number => {
  const bucketOf = (name: string) => codes[featureIndex(schema, name)];
  const alone = Object.entries(points).map(([name, own]) => own[bucketOf(name)]);
  const together = crosses.map(
    ({ features: [a, b], points: own }) => own[bucketOf(a)]?.[bucketOf(b)] ?? 0,
  );
  return [...alone, ...together].reduce((sum, value) => sum + toUnits(value), 0);
};

const scored = schemas.chain((schema) =>
  fc.tuple(fc.constant(schema), pointsFor(schema), crossesFor(schema)),
);

describe(`learned crosses of any schema (seed ${SEED})`, () => {
  it('are scored over a catalogue as their tables say, whatever the features read', () => {
    fuzz(
      fc.tuple(scored, competitions, fc.integer({ min: 1, max: 50 })),
      ([[schema, points, crosses], competition, limit]) => {
        const table = packItems(schema.columns, competition.items, competition.ordered);
        const { rows, units } = rankSlate(
          scorerOf(schema, points, crosses),
          rankable(table),
          competition.visit,
          {
            limit,
            seed: 1,
            nowMs: competition.nowMs,
            exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
          },
        );
        const sorted = competition.items
          .map((item, row) => {
            const codes = encodeItem(schema, row, competition);
            return { item, row, units: unitsByName(schema, points, crosses, codes) };
          })
          .filter(({ item }) => !isFiltered(schema, item, competition.nowMs))
          .toSorted((a, b) => b.units - a.units || a.row - b.row)
          .slice(0, limit);
        expect({ rows, units }).toEqual({
          rows: sorted.map(({ row }) => row),
          units: sorted.map((one) => one.units),
        });
      },
      600,
    );
  });

  it('are worth the same at the edge, in training and in reasons, bit for bit', () => {
    const cases = scored.chain(([schema, points, crosses]) =>
      fc.tuple(
        fc.constant({ schema, points, crosses }),
        fc.array(codesFor(schema), { minLength: 1, maxLength: 8 }),
      ),
    );
    fuzz(cases, ([{ schema, points, crosses }, rows]) => {
      const scorer = scorerOf(schema, points, crosses);
      const codes = Uint8Array.from(rows.flat());
      const reward = new Float64Array(rows.length);
      const set = packTrainingSet(schema, [{ at: 0, sessionId: 's', codes, reward }]);
      const inTraining = pointsPerRow(scorer, set);
      rows.forEach((own, row) => {
        const units = unitsByName(schema, points, crosses, own);
        expect(scoreCodes(scorer, codes, row * own.length)).toBe(units);
        expect(inTraining[row]).toBe(toPoints(units));
        const reasons = explain(scorer, Uint8Array.from(own));
        expect(reasons.reduce((sum, reason) => sum + toUnits(reason.points), 0)).toBe(units);
      });
    });
  });

  it('are read back from their bytes and from their points', () => {
    fuzz(scored, ([schema, points, crosses]) => {
      const scorer = scorerOf(schema, points, crosses);
      expect(scorerFromBytes(scorerToBytes(scorer))).toEqual(scorer);
      expect(scorerOf(schema, pointsOf(scorer), crossPointsOf(scorer))).toEqual(scorer);
    });
  });
});

const crosses: CrossPoints[] = [
  { features: ['difficulty', 'status'], points: [[], [0, 0, 0, 7], [0, -2]] },
];
const crossed = scorerOf(tripWishes, { base: [0, 30] }, crosses);
const status = featureIndex(tripWishes, 'status');
const difficulty = featureIndex(tripWishes, 'difficulty');
const codes = Uint8Array.from(tripWishes.features, (_, feature) =>
  feature === difficulty ? 1 : feature === status ? 3 : 0,
);

test('a reason names both features and what both have, in words', () => {
  expect(explain(crossed, codes)).toEqual([
    {
      feature: 'difficulty × status',
      because: 'difficulty as wished × status last_places',
      points: 7,
    },
  ]);
});

test('an edge from before crosses refuses their bytes, and reads all others', () => {
  expect(() => openFrame('TTSC', 2, scorerToBytes(crossed))).toThrow(/TTSC format 3 is unknown/);
  expect(openFrame('TTSC', 2, scorerToBytes(scorerOf(tripWishes, {}, []))).format).toBe(1);
});

test('features are raised for being little known, and their crosses are not', () => {
  const count = tripWishes.features.length;
  const posterior = posteriorOf(tripWishes, () => 9, crossed.crosses);
  const options = { optimism: 1, maxLoss: Infinity, slots: 10 };
  const rowsOf = () => ({ buckets: [0, 1] });
  for (const exploration of [crossed.exploration, { ...crossed.exploration, raisedFeatures: 2 }]) {
    let raised = 0;
    for (let seed = 0; seed < 200; seed++)
      for (const { feature } of drawRaises(
        { ...crossed, exploration, posterior },
        { ...options, rowsOf, seed },
      ) ?? []) {
        expect(feature).toBeLessThan(count);
        raised++;
      }
    expect(raised).toBeGreaterThan(0);
  }
});

describe('what is no cross is refused', () => {
  const problem = (pairs: (readonly [number, number])[]) =>
    crossesProblem({ schema: tripWishes, crosses: pairs });

  test.each([
    ['none', [], /1 to 16 learned crosses/],
    ['of itself', [[1, 1]], /two features, the earlier one first/],
    ['the later one first', [[2, 1]], /two features, the earlier one first/],
    ['of no feature', [[1, 99]], /two features/],
    ['twice', [[1, 2], [1, 2]], /is there twice/], // prettier-ignore
  ] as const)('%s', (_, pairs, message) => {
    expect(problem([...pairs])).toMatch(message);
  });

  test('points of an unknown feature, or of more buckets than there are', () => {
    const make = (own: CrossPoints) => () => scorerOf(tripWishes, {}, [own]);
    expect(make({ features: ['difficulty', 'charm'], points: [] })).toThrow(/no feature "charm"/);
    expect(
      make({ features: ['difficulty', 'status'], points: Array.from({ length: 9 }, () => [1]) }),
    ).toThrow(/buckets of its first feature/);
    expect(
      make({ features: ['difficulty', 'status'], points: [Array.from({ length: 9 }, () => 1)] }),
    ).toThrow(/give at most that many points/);
  });

  test('scores that a cross could lead out of their range', () => {
    const wide = { features: ['difficulty', 'status'] as const, points: [[2047]] };
    expect(() => scorerOf(tripWishes, { base: [0, 30] }, [wide])).toThrow(/scale the weights down/);
  });
});
