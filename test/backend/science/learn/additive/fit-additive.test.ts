import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { parseSchema, type Schema } from '../../../../../shared/features/schema.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { additiveFromPoints, STRIDE, toPoints } from '../../../../../shared/score/scorer.ts';
import { BUCKETS, EXAMINED_SPEC } from '../../../../world/examined.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';
import { learn } from '../../../../../backend/science/training/train-version.ts';
import { listwiseLoss, pointwiseLoss } from '../../../../../backend/science/learn/loss.ts';
import {
  packTrainingSet,
  type LabelledSlate,
  type TrainingSet,
} from '../../../../../backend/science/learn/training-set.ts';

const schemaWith = (more: object = {}): Schema =>
  parseSchema({ ...EXAMINED_SPEC, rules: { a: [0, 0, 5, 10, 15, 20] }, ...more });

/** Truth in log-odds by bucket 1..5 for a, b, c: b falls although the rules say nothing of it. */
const TRUTH = [
  [0, 0.4, 0.8, 1.2, 1.6],
  [0, -0.5, -1, -1.5, -2],
  [0, 0, 0, 0, 0],
];

/** Visitors who pick one item of each slate by softmax of the truth, the slot's pull included. */
function visitors(count: number, seed: number, slotPull = 0): LabelledSlate[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, s) => {
    const size = 8;
    const codes = new Uint8Array(size * 4);
    const odds = Array.from({ length: size }, (__, slot) => {
      codes[slot * 4] = 1;
      let logOdds = -slotPull * slot;
      for (let f = 0; f < 3; f++) {
        // With a pull, good items stand high, as a ranker would place them: naive learning mistakes the slot for the item.
        const bucket =
          slotPull > 0 && f === 1
            ? Math.max(0, Math.min(4, Math.floor(slot / 2 + random() * 2)))
            : Math.floor(random() * BUCKETS);
        codes[slot * 4 + 1 + f] = bucket + 1;
        logOdds += TRUTH[f][bucket];
      }
      return Math.exp(logOdds);
    });
    const total = odds.reduce((sum, value) => sum + value, 0);
    let at = random() * total;
    const picked = odds.findIndex((value) => (at -= value) < 0);
    const reward = new Float64Array(size);
    reward[picked] = 1;
    return { at: s, sessionId: `s${s}`, codes, reward };
  });
}

/** Differences within a feature: what a softmax over slates can know. */
const shape = (weights: ArrayLike<number>, feature: number) =>
  Array.from(
    { length: BUCKETS },
    (_, b) => weights[feature * STRIDE + 1 + b] - weights[feature * STRIDE + 1],
  );

const rulesOf = (schema: Schema) =>
  additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });

describe('learn, additive, on simulated visitors', () => {
  test('finds the weights that the visitors have, and the gate sees that they are better', async () => {
    const schema = schemaWith();
    const set = packTrainingSet(schema, visitors(12_000, 7));
    const { scorer, gate, curve } = await learn(set, {
      parent: rulesOf(schema),
      learner: 'additive',
      device: cpuDevice(),
      name: 'learned',
    });
    const points = Float64Array.from(scorer.weights, toPoints);
    // The reward's scale in points is the parent's: compare shapes by the ratio to the truth's range on `a`.
    const perPoint = 1.6 / shape(points, 1)[4];
    for (const feature of [1, 2, 3]) {
      shape(points, feature).forEach((value, b) =>
        expect(Math.abs(value * perPoint - TRUTH[feature - 1][b])).toBeLessThan(0.1),
      );
    }
    expect(gate.verdict).toBe('promote');
    expect(curve.at(-1)!.trainLoss).toBeLessThan(curve[0].trainLoss);
  });

  test('does not promote what it learned when the parent was right already', async () => {
    const schema = schemaWith({
      rules: { a: [0, ...TRUTH[0].map((v) => 20 * v)], b: [0, ...TRUTH[1].map((v) => 20 * v)] },
    });
    const { gate } = await learn(packTrainingSet(schema, visitors(3000, 11)), {
      parent: rulesOf(schema),
      learner: 'additive',
      device: cpuDevice(),
      name: 'learned',
    });
    expect(gate.verdict).not.toBe('promote');
  });

  test('answers "not enough data" instead of a verdict on a handful of sessions', async () => {
    const schema = schemaWith();
    const { gate } = await learn(packTrainingSet(schema, visitors(20, 3)), {
      parent: rulesOf(schema),
      learner: 'additive',
      device: cpuDevice(),
      name: 'learned',
    });
    expect(gate).toMatchObject({
      verdict: 'not enough data',
      reason: '4 of 30 validation visitors with a reward; about 130 more rankings would likely do',
    });
  });

  test('explains the slot away: with the position feature the error is under half of the naive one', async () => {
    const slates = visitors(6000, 5, 0.5);
    const errorOf = async (position: 'feature' | 'given') => {
      const schema = schemaWith({ training: { objective: 'listwise', l2: 1, position } });
      const { scorer } = await learn(packTrainingSet(schema, slates), {
        parent: rulesOf(schema),
        learner: 'additive',
        device: cpuDevice(),
        name: position,
      });
      const points = Float64Array.from(scorer.weights, toPoints);
      const perPoint = 1.6 / shape(points, 1)[4];
      return Math.abs(shape(points, 2)[4] * perPoint - -2);
    };
    expect(await errorOf('feature')).toBeLessThan((await errorOf('given')) / 2);
  });

  test('keeps every declared constraint although the data pull against it', async () => {
    const schema = schemaWith({
      constraints: [
        { feature: 'b', monotone: 'increasing' },
        { feature: 'a', max: 6 },
        { feature: 'base', min: 0 },
      ],
    });
    const { scorer } = await learn(packTrainingSet(schema, visitors(5000, 9)), {
      parent: rulesOf(schema),
      learner: 'additive',
      device: cpuDevice(),
      name: 'bound',
    });
    const points = Float64Array.from(scorer.weights, toPoints);
    const b = Array.from(points.slice(2 * STRIDE + 1, 2 * STRIDE + 6));
    expect(b).toEqual(b.toSorted((x, y) => x - y));
    expect(Math.max(...points.slice(STRIDE + 1, STRIDE + 6))).toBeLessThanOrEqual(6);
    expect(points[1]).toBeGreaterThanOrEqual(0);
  });
});

describe.each([
  ['listwise', listwiseLoss],
  ['pointwise', pointwiseLoss],
] as const)('the %s loss', (objective, loss) => {
  const schema = schemaWith();
  const set: TrainingSet = packTrainingSet(schema, visitors(50, 21));

  test('has the gradient that finite differences give', () => {
    const random = seededRandom(2);
    const scores = Float64Array.from({ length: set.rows }, () => 4 * random() - 2);
    const [gradient, hessian, scratch] = [
      new Float64Array(set.rows),
      new Float64Array(set.rows),
      new Float64Array(set.rows),
    ];
    loss(set, scores, gradient, hessian);
    const h = 1e-4;
    for (let row = 0; row < 40; row++) {
      const at = (delta: number) =>
        loss(set, scores.with(row, scores[row] + delta), scratch, new Float64Array(set.rows));
      expect(gradient[row]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 6);
      expect(hessian[row]).toBeCloseTo((at(h) - 2 * at(0) + at(-h)) / (h * h), 4);
    }
  });

  test('falls to where its gradient, ridge included, is zero', async () => {
    const start = new Float64Array(set.features * STRIDE);
    const options = {
      schema,
      objective,
      start,
      prior: start,
      l2: 1,
      slope: 1,
      maxIterations: 5000,
      patience: 5000,
      device: cpuDevice(),
    };
    const fit = await fitAdditive(set, undefined, options);
    const at = (weights: Float64Array) => {
      const scores = Float64Array.from({ length: set.rows }, (_, row) => {
        let sum = 0;
        for (let f = 0; f < set.features; f++)
          sum += weights[f * STRIDE + set.codes[f * set.rows + row]];
        return sum;
      });
      const ridge = weights.reduce((sum, w) => sum + w * w, 0) / 2;
      return loss(set, scores, new Float64Array(set.rows), new Float64Array(set.rows)) + ridge;
    };
    const h = 1e-3;
    for (const j of [1, STRIDE + 1, STRIDE + 5, 2 * STRIDE + 3, 3 * STRIDE + 2]) {
      const slope =
        (at(fit.weights.with(j, fit.weights[j] + h)) -
          at(fit.weights.with(j, fit.weights[j] - h))) /
        (2 * h);
      expect(Math.abs(slope)).toBeLessThan(0.02);
    }
  });
});
