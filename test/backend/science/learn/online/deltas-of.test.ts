import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deltasOf } from '../../../../../backend/science/learn/online/deltas-of.ts';
import {
  nothingLearned,
  onlineProblem,
} from '../../../../../backend/science/learn/online/online-learner.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { MAX_DELTAS } from '../../../../../shared/domain/weight-delta.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import {
  bucketCount,
  parseSchema,
  type ConstraintSpec,
  type Schema,
} from '../../../../../shared/features/schema.ts';
import { addDeltas } from '../../../../../shared/score/add-deltas.ts';
import {
  additiveFromPoints,
  checkTotal,
  pointsOf,
  rangeOf,
  type AdditiveScorer,
} from '../../../../../shared/score/scorer.ts';

const UNIT = 2 ** -16;

const schemaOf = (edges: readonly number[], constraints: readonly ConstraintSpec[]): Schema =>
  parseSchema({
    name: 'bounded',
    columns: edges.map((_, f) => ({ name: `f${f}`, type: 'number' })),
    features: edges.map((count, f) => ({
      name: `f${f}`,
      kind: 'quantile',
      column: `f${f}`,
      edges: Array.from({ length: count }, (_edge, i) => i),
    })),
    constraints,
    rules: {},
    training: { objective: 'listwise', position: 'given', reward: { click: 1 } },
  });

/** As declared, to the unit that points are rounded to. */
function isKept(scorer: AdditiveScorer, { feature, min, max, monotone }: ConstraintSpec): boolean {
  const own = pointsOf(scorer)[feature].slice(1);
  const sign = monotone === 'decreasing' ? -1 : 1;
  return own.every(
    (points, i) =>
      points >= (min ?? Number.NEGATIVE_INFINITY) - UNIT &&
      points <= (max ?? Number.POSITIVE_INFINITY) + UNIT &&
      (monotone === undefined || i === 0 || sign * (points - own[i - 1]) >= 0),
  );
}

/** Points within what is declared, in its order. */
function keeping(constraints: readonly ConstraintSpec[], feature: string, points: number[]) {
  let [first, ...own] = points;
  for (const { feature: of, min = -Infinity, max = Infinity, monotone } of constraints) {
    if (of !== feature) continue;
    own = own.map((value) => Math.max(min, Math.min(max, value)));
    if (monotone !== undefined) own.sort((a, b) => (monotone === 'increasing' ? a - b : b - a));
  }
  return [first, ...own];
}

function learnedOf(base: AdditiveScorer, slope: number, far: number, seed: number) {
  const problem = onlineProblem(
    base,
    {
      slope,
      slots: [],
      slotPrecision: [],
      intercept: 0,
      interceptPrecision: 1,
      evidence: 1,
      meanReward: 1,
      aloneWeight: 1,
      forcedTeaches: true,
    },
    1,
  );
  const posterior = nothingLearned(problem);
  const random = seededRandom(seed);
  for (const at of problem.places.subarray(0, problem.featurePlaces)) {
    posterior.mean[at] = far * (2 * random() - 1);
    posterior.precision[at] += 50 * random();
  }
  return { problem, posterior };
}

const bound = fc.option(fc.double({ min: 0, max: 60, noNaN: true }), { nil: undefined });
const constraintsOf = (features: number): fc.Arbitrary<ConstraintSpec[]> =>
  fc.array(
    fc
      .record({
        feature: fc.nat(features - 1),
        monotone: fc.constantFrom(undefined, 'increasing' as const, 'decreasing' as const),
        least: bound,
        greatest: bound,
      })
      .map(({ feature, monotone, least, greatest }) => ({
        feature: `f${feature}`,
        ...(monotone && { monotone }),
        ...(least !== undefined && { min: -least }),
        ...(greatest !== undefined && { max: greatest }),
      })),
    { maxLength: 4 },
  );
/** Sizes of features, what is declared of them, and points that may keep it. */
const world = fc
  .array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 })
  .chain((edges) =>
    fc.record({
      edges: fc.constant(edges),
      constraints: constraintsOf(edges.length),
      keeps: fc.boolean(),
      scale: fc.constantFrom(5, 60, 380),
      slope: fc.constantFrom(1e-6, 1e-3, 0.05, 1),
      far: fc.constantFrom(0.1, 1, 8),
      limit: fc.constantFrom(0.2, 1, Number.POSITIVE_INFINITY),
      seed: fc.nat(),
    }),
  );

test('what is sent keeps the declared constraints that the base keeps, the range of scores, and the trust region', () => {
  let [kept, near] = [0, 0];
  fc.assert(
    fc.property(world, ({ edges, constraints, keeps, scale, slope, far, limit, seed }) => {
      const schema = schemaOf(edges, constraints);
      const random = seededRandom(seed);
      const points = Object.fromEntries(
        schema.features.map((spec) => {
          const own = Array.from({ length: bucketCount(spec) }, () => scale * (2 * random() - 1));
          return [spec.name, keeps ? keeping(constraints, spec.name, own) : own];
        }),
      );
      const base = additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'base' });
      const { problem, posterior } = learnedOf(base, slope, far, seed + 1);
      const deltas = deltasOf(problem, posterior, limit);
      for (const delta of deltas) {
        expect(Math.abs(delta.points)).toBeLessThan(2048);
        expect(Math.abs(delta.points)).toBeLessThanOrEqual(Math.min(limit, far) / slope + UNIT);
      }
      const served = addDeltas(base, deltas);
      checkTotal(rangeOf(served));
      if (far / slope > 2048) near++;
      for (const constraint of constraints) {
        const { feature, min, max, monotone } = constraint;
        for (const one of [
          { feature, monotone },
          { feature, min },
          { feature, max },
        ]) {
          const part = one as ConstraintSpec;
          if (!isKept(base, part)) continue;
          kept++;
          expect(isKept(served, part)).toBe(true);
        }
      }
    }),
    { numRuns: 500, seed: 7 },
  );
  expect(Math.min(kept, near)).toBeGreaterThan(100);
});

describe('a batch that cannot hold all', () => {
  test('has the largest, and of ordered weights all or none', () => {
    const edges = Array.from({ length: 40 }, () => 150);
    const constraints = [0, 1, 2, 3].map((f) => ({
      feature: `f${f}`,
      monotone: 'increasing' as const,
    }));
    const schema = schemaOf(edges, constraints);
    const f0 = Array.from({ length: 152 }, (_, bucket) => 8 * bucket);
    const base = additiveFromPoints(schema, { f0 }, { version: RULES_VERSION, name: 'base' });
    const { problem, posterior } = learnedOf(base, 0.05, 1, 3);
    // In order with all of them, and out of order with the larger half.
    for (let bucket = 1; bucket < bucketCount(schema.features[0]); bucket++)
      posterior.mean[bucket] = bucket % 2 === 0 ? 0.1 : 0.45;
    const deltas = deltasOf(problem, posterior);
    expect(deltas.length).toBeGreaterThan(MAX_DELTAS - 200);
    expect(deltas.length).toBeLessThanOrEqual(MAX_DELTAS);
    const sizes = deltas.map(({ points }) => Math.abs(points));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    const served = addDeltas(base, deltas);
    for (const constraint of constraints) expect(isKept(served, constraint)).toBe(true);
    expect(deltas.some(({ feature }) => feature === 'f0')).toBe(true);
  });
});

test('what nothing was learned of stays as it was published, also where it breaks what is declared', () => {
  const constraints = [{ feature: 'f0', monotone: 'increasing' as const, max: 3 }];
  const schema = schemaOf([3], constraints);
  const points = { f0: [0, 5, 4, 1, 2] };
  const base = additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'base' });
  const { problem, posterior } = learnedOf(base, 0.05, 0, 1);
  expect(deltasOf(problem, posterior)).toEqual([]);
});
