import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import {
  parseSchema,
  type ConstraintSpec,
  type Schema,
} from '../../../../../shared/features/schema.ts';
import { STRIDE } from '../../../../../shared/score/scorer.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';
import type { Fit, FitOptions } from '../../../../../backend/science/learn/additive/fit-options.ts';
import type { TrainingSet } from '../../../../../backend/science/learn/training-set.ts';
import { barrierMinimum, type Halfspace, type Smooth } from '../../../../oracle/barrier.ts';
import { freshRandom, randomStarts } from '../../../device/cpu/support.ts';
import { sized } from '../../../../support/size.ts';

const FEATURES = ['a', 'b', 'c'];
/** The missing bucket and five others. */
const BUCKETS = 6;
const SIZE = FEATURES.length * BUCKETS;
const SLOPE = 0.05;
const ROUNDS = sized({ small: 1, full: 2 });
const SLATES = sized({ small: 40, full: 80 });

type Objective = FitOptions['objective'];
interface Case {
  readonly l1: number;
  readonly l2: number;
  readonly constraints: readonly ConstraintSpec[];
  /** Prior in log-odds; by chance where absent. */
  readonly prior?: number;
}

const schemaWith = (constraints: readonly ConstraintSpec[], objective: Objective): Schema =>
  parseSchema({
    name: 'small',
    columns: [{ name: 'x', type: 'number' }],
    features: FEATURES.map((name) => ({
      name,
      kind: 'quantile',
      column: 'x',
      edges: [1, 2, 3, 4],
    })),
    training: { objective, l2: 1, position: 'given' },
    constraints,
  });

/** Slates whose rewards follow random weights, some buckets rare. */
function draw(random: () => number): TrainingSet {
  const starts = randomStarts(SLATES, 7, random);
  const rows = starts.at(-1)!;
  const codes = Uint8Array.from({ length: FEATURES.length * rows }, () =>
    Math.floor(BUCKETS * random() ** 1.5),
  );
  const truth = Array.from({ length: SIZE }, () => 3 * random() - 1.5);
  const reward = Float64Array.from({ length: rows }, (_, row) => {
    const s = FEATURES.reduce((sum, __, f) => sum + truth[f * BUCKETS + codes[f * rows + row]], 0);
    return random() < 1 / (1 + Math.exp(-s)) ? [1, 1, 2.5][Math.floor(3 * random())] : 0;
  });
  return {
    rows,
    features: FEATURES.length,
    codes,
    starts,
    reward,
    position: new Uint16Array(rows),
    at: new Float64Array(SLATES),
    cluster: new Uint32Array(SLATES),
  };
}

const wide = (small: readonly number[]): Float64Array => {
  const weights = new Float64Array(FEATURES.length * STRIDE);
  small.forEach(
    (weight, j) => (weights[Math.floor(j / BUCKETS) * STRIDE + (j % BUCKETS)] = weight),
  );
  return weights;
};
const narrow = (weights: Float64Array): number[] =>
  Array.from({ length: SIZE }, (_, j) => weights[Math.floor(j / BUCKETS) * STRIDE + (j % BUCKETS)]);

/** Loss and ridge of the small weights, from the definition. */
function smoothOf(
  set: TrainingSet,
  objective: Objective,
  prior: readonly number[],
  l2: number,
): Smooth {
  const places = Array.from({ length: set.rows }, (_, row) =>
    FEATURES.map((__, f) => f * BUCKETS + set.codes[f * set.rows + row]),
  );
  const slates = Array.from({ length: set.starts.length - 1 }, (_, slate) => {
    const rows = Array.from(
      { length: set.starts[slate + 1] - set.starts[slate] },
      (__, i) => set.starts[slate] + i,
    );
    return { rows, earned: rows.reduce((sum, row) => sum + set.reward[row], 0) };
  });
  const scoresOf = (w: readonly number[]) =>
    places.map((own) => own.reduce((sum, j) => sum + w[j], 0));
  // Clicked or not, a click as often as its reward says.
  const clicked = Array.from(set.reward, (reward) => (reward > 0 ? 1 : 0));
  const weight = Array.from(set.reward, (reward) => (reward > 0 ? reward : 1));
  return {
    value(w) {
      const s = scoresOf(w);
      const ridge = prior.reduce((sum, p, j) => sum + (l2 / 2) * (w[j] - p) ** 2, 0);
      if (objective === 'pointwise')
        return s.reduce(
          (sum, score, row) =>
            sum + weight[row] * (Math.log1p(Math.exp(score)) - clicked[row] * score),
          ridge,
        );
      return slates.reduce((sum, { rows, earned }) => {
        const total = rows.reduce((all, row) => all + Math.exp(s[row]), 0);
        return (
          sum +
          (rows.length === 0 ? 0 : earned * Math.log(total)) -
          rows.reduce((all, row) => all + set.reward[row] * s[row], 0)
        );
      }, ridge);
    },
    slopes(w) {
      const s = scoresOf(w);
      const gradient = w.map((own, j) => (j < SIZE ? l2 * (own - prior[j]) : 0));
      const hessian = w.map((_, i) => w.map((__, j) => (i === j && i < SIZE ? l2 : 0)));
      const add = (a: readonly number[], b: readonly number[], by: number) => {
        for (const i of a) for (const j of b) hessian[i][j] += by;
      };
      if (objective === 'pointwise')
        s.forEach((score, row) => {
          const p = 1 / (1 + Math.exp(-score));
          for (const j of places[row]) gradient[j] += weight[row] * (p - clicked[row]);
          add(places[row], places[row], weight[row] * p * (1 - p));
        });
      else
        for (const { rows, earned } of slates) {
          const total = rows.reduce((sum, row) => sum + Math.exp(s[row]), 0);
          const p = (row: number) => Math.exp(s[row]) / total;
          for (const row of rows) {
            for (const j of places[row]) gradient[j] += earned * p(row) - set.reward[row];
            add(places[row], places[row], earned * p(row));
            for (const other of rows) add(places[row], places[other], -earned * p(row) * p(other));
          }
        }
      return { gradient, hessian };
    },
  };
}

/** The constraints and `|w − prior| ≤ u` as half-spaces over (w, u), and a point within them all. */
function spaceOf(
  { constraints, l1 }: Case,
  prior: readonly number[],
): { within: Halfspace[]; start: number[] } {
  const within: Halfspace[] = [];
  const start = prior.map(() => 0);
  for (const { feature, monotone, min, max } of constraints) {
    const own = Array.from(
      { length: BUCKETS - 1 },
      (_, b) => FEATURES.indexOf(feature) * BUCKETS + 1 + b,
    );
    const [low, high] = [(min ?? (max ?? 0) - 20) * SLOPE, (max ?? (min ?? 0) + 20) * SLOPE];
    own.forEach((j, b) => {
      const share = (b + 1) / BUCKETS;
      start[j] = low + (high - low) * (monotone === 'decreasing' ? 1 - share : share);
      if (min !== undefined) within.push({ shares: [[j, -1]], most: -min * SLOPE });
      if (max !== undefined) within.push({ shares: [[j, 1]], most: max * SLOPE });
      const sign = monotone === 'increasing' ? 1 : -1;
      if (monotone !== undefined && b > 0)
        within.push({
          shares: [
            [j - 1, sign],
            [j, -sign],
          ],
          most: 0,
        });
    });
  }
  if (l1 === 0) return { within, start };
  prior.forEach((p, j) => {
    within.push(
      {
        shares: [
          [j, 1],
          [SIZE + j, -1],
        ],
        most: p,
      },
      {
        shares: [
          [j, -1],
          [SIZE + j, -1],
        ],
        most: -p,
      },
    );
  });
  return { within, start: [...start, ...prior.map((p, j) => Math.abs(start[j] - p) + 1)] };
}

const PLAIN: Case = { l1: 0, l2: 1, constraints: [] };
const CASES: readonly [string, Partial<Case>][] = [
  ['ridge', {}],
  ['hardly any ridge', { l2: 0.01 }],
  ['a strong ridge', { l2: 100 }],
  ['lasso', { l1: 2 }],
  ['lasso and hardly any ridge', { l1: 1, l2: 0.01 }],
  ['a rising feature', { constraints: [{ feature: 'a', monotone: 'increasing' }] }],
  [
    'rising and falling features',
    {
      constraints: [
        { feature: 'a', monotone: 'increasing' },
        { feature: 'c', monotone: 'decreasing' },
      ],
    },
  ],
  ['bounds', { constraints: [{ feature: 'b', min: -5, max: 3 }] }],
  [
    'a rising feature within bounds',
    { constraints: [{ feature: 'a', monotone: 'increasing', min: -4, max: 6 }] },
  ],
  ['lasso and bounds', { l1: 2, constraints: [{ feature: 'b', min: -5, max: 3 }] }],
  [
    'lasso towards 0 and a rising feature',
    { l1: 2, prior: 0, constraints: [{ feature: 'a', monotone: 'increasing' }] },
  ],
  [
    'lasso towards any prior, rising and falling features, bounds',
    {
      l1: 3,
      constraints: [
        { feature: 'a', monotone: 'increasing', max: 8 },
        { feature: 'b', monotone: 'decreasing' },
        { feature: 'c', min: -2 },
      ],
    },
  ],
];

describe.each(['pointwise', 'listwise'] as const)('the %s additive fit', (objective) => {
  test.each(CASES)(
    `reaches the minimum that Newton’s method finds, ${ROUNDS} times: %s`,
    async (_, more) => {
      const { seed, random } = freshRandom();
      for (let round = 0; round < ROUNDS; round++) {
        const given = { ...PLAIN, ...more };
        const set = draw(random);
        const prior = Array.from({ length: SIZE }, () => given.prior ?? random() - 0.5);
        const schema = schemaWith(given.constraints, objective);
        const options: FitOptions = {
          schema,
          objective,
          start: wide(prior.map(() => 2 * random() - 1)),
          prior: wide(prior),
          l2: given.l2,
          l1: given.l1,
          slope: SLOPE,
          maxIterations: 20_000,
          patience: 20_000,
          tolerance: 1e-14,
          device: cpuDevice({ threads: 1 }),
        };
        const smooth = smoothOf(set, objective, prior, given.l2);
        const lasso = (w: readonly number[]) =>
          given.l1 * w.reduce((sum, weight, j) => sum + Math.abs(weight - prior[j]), 0);
        const { within, start } = spaceOf(given, prior);
        const oracle = barrierMinimum(
          {
            value: (x) => smooth.value(x) + given.l1 * x.slice(SIZE).reduce((sum, u) => sum + u, 0),
            slopes(x) {
              const { gradient, hessian } = smooth.slopes(x);
              return { gradient: gradient.map((g, i) => (i < SIZE ? g : given.l1)), hessian };
            },
          },
          within,
          start,
        ).slice(0, SIZE);
        const fit: Fit = await fitAdditive(set, undefined, options);
        const found = narrow(fit.weights);
        const [reached, least] = [found, oracle].map((w) => smooth.value(w) + lasso(w));
        const what = `seed ${seed}, round ${round}`;
        expect(reached - least, `${what}: reached ${reached}, least ${least}`).toBeLessThan(
          1e-6 * least,
        );
        expect(least - reached, `${what}: reached ${reached}, least ${least}`).toBeLessThan(
          1e-6 * least,
        );
        // Constraints hold exactly, up to the last place.
        for (const { shares, most } of within.slice(
          0,
          within.length - (given.l1 > 0 ? 2 * SIZE : 0),
        ))
          expect(
            shares.reduce((sum, [j, share]) => sum + share * found[j], 0),
            what,
          ).toBeLessThanOrEqual(most + 1e-12);
        if (given.l1 > 0 && given.constraints.length === 0) {
          const { gradient } = smooth.slopes(found);
          found.forEach((weight, j) => {
            const off = weight - prior[j];
            if (off === 0)
              expect(Math.abs(gradient[j]), `${what}: weight ${j} stays`).toBeLessThanOrEqual(
                given.l1 * (1 + 1e-4),
              );
            else
              expect(
                gradient[j] + given.l1 * Math.sign(off),
                `${what}: weight ${j} has left the prior`,
              ).toBeCloseTo(0, 2);
          });
          // Where the pull is clearly too weak, the weight is the prior to the bit.
          const stays = smooth
            .slopes(oracle)
            .gradient.flatMap((g, j) => (Math.abs(g) < 0.9 * given.l1 ? [j] : []));
          for (const j of stays) expect(found[j], `${what}: weight ${j}`).toBe(prior[j]);
        }
        // Buckets that nobody has keep the prior, which is 0 here.
        expect(
          fit.weights.filter((__, j) => j % STRIDE >= BUCKETS).every((weight) => weight === 0),
          what,
        ).toBe(true);
      }
    },
  );

  test.each([
    ['L-BFGS', []],
    ['projected descent', [{ feature: 'a', monotone: 'increasing' as const }]],
  ])('is the same to the bit on any number of threads: %s', async (_, constraints) => {
    const { seed, random } = freshRandom();
    const rows = 60_000;
    const starts = Uint32Array.from({ length: rows / 6 + 1 }, (__, slate) => 6 * slate);
    const set: TrainingSet = {
      rows,
      features: FEATURES.length,
      codes: Uint8Array.from({ length: FEATURES.length * rows }, () =>
        Math.floor(BUCKETS * random()),
      ),
      starts,
      reward: Float64Array.from({ length: rows }, () => (random() < 0.2 ? 1 : 0)),
      position: new Uint16Array(rows),
      at: new Float64Array(rows / 6),
      cluster: new Uint32Array(rows / 6),
    };
    const start = new Float64Array(FEATURES.length * STRIDE);
    const fits = await Promise.all(
      [1, 2, 3].map((threads) =>
        fitAdditive(set, undefined, {
          schema: schemaWith(constraints, objective),
          objective,
          start,
          prior: start,
          l2: 1,
          slope: SLOPE,
          maxIterations: 12,
          patience: 12,
          device: cpuDevice({ threads }),
        }),
      ),
    );
    for (const fit of fits) {
      expect(fit.curve, `seed ${seed}`).toEqual(fits[0].curve);
      expect(
        Buffer.from(fit.weights.buffer).equals(Buffer.from(fits[0].weights.buffer)),
        `seed ${seed}`,
      ).toBe(true);
    }
    expect(fits[0].curve.at(-1)!.trainLoss).toBeLessThan(fits[0].curve[0].trainLoss + 1e-12);
  });
});
