import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { learnDeltas } from '../../../../../backend/science/learn/additive/learn-deltas.ts';
import { slotWeights } from '../../../../../backend/science/learn/additive/slot-weights.ts';
import { warmSlope } from '../../../../../backend/science/learn/additive/first-pass.ts';
import { pointsPerRow } from '../../../../../backend/science/learn/score-set.ts';
import {
  sliceSlates,
  slateCount,
  type TrainingSet,
} from '../../../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import type { WeightDelta } from '../../../../../shared/domain/weight-delta.ts';
import type { Schema } from '../../../../../shared/features/schema.ts';
import { additiveFromPoints, type CrossPoints } from '../../../../../shared/score/scorer.ts';
import { EXAMINED, examinedSchema, examinedSlates, LIKING } from '../../../../world/examined.ts';

const SEED = 20_261_125;
const SPREAD = 0.5;
const { training } = examinedSchema;
const byFeature: Schema = { ...examinedSchema, training: { ...training, position: 'feature' } };
/** Published weights follow b alone, which visitors do not care for that much. */
const baseOf = (schema: Schema) =>
  additiveFromPoints(
    schema,
    { b: [0, 0, 10, 20, 30, 40] },
    { version: RULES_VERSION, name: 'base' },
  );
const ofFeature = (deltas: readonly WeightDelta[], name: string): number[] =>
  [1, 2, 3, 4, 5].map(
    (bucket) =>
      deltas.find((delta) => delta.feature === name && delta.bucket === bucket)?.points ?? 0,
  );
const rise = (points: readonly number[]): number => points[4] - points[0];

describe('what the log adds to published weights', () => {
  const shuffled = examinedSlates(6000, SEED, 'shuffled');
  const base = baseOf(byFeature);
  const slope = warmSlope(base, shuffled);

  test('goes where visitors like more than the weights say, and back where less', async () => {
    const deltas = await learnDeltas(shuffled, base, SPREAD, cpuDevice());
    const [a, b, c] = ['a', 'b', 'c'].map((name) => rise(ofFeature(deltas, name)) * slope);
    expect(a).toBeCloseTo(LIKING[0][4], 0);
    expect(b).toBeCloseTo(LIKING[1][4] - 40 * slope, 0);
    expect(Math.abs(c)).toBeLessThan(0.15);
  });

  test('is where Σ (y − p)·x and the pull back to the published weights are even', async () => {
    const given = baseOf(examinedSchema);
    const clicked = one(examinedSlates(1500, SEED + 1, 'shuffled'));
    const own = warmSlope(given, clicked);
    const deltas = await learnDeltas(clicked, given, SPREAD, cpuDevice());
    const changed = additiveFromPoints(
      examinedSchema,
      Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [
          name,
          [0, ...ofFeature(deltas, name).map((points, i) => points + (name === 'b' ? 10 * i : 0))],
        ]),
      ),
      { version: RULES_VERSION, name: 'changed' },
    );
    const scores = pointsPerRow(changed, clicked).map((points) => points * own);
    ['a', 'b', 'c'].forEach((name, f) => {
      const gradient = residuals(clicked, scores, f + 1);
      ofFeature(deltas, name).forEach((points, i) =>
        expect(gradient[i + 1]).toBeCloseTo((points * own) / SPREAD ** 2, 1),
      );
    });
  });

  test('is so with learned crosses as well, which stay as they are', async () => {
    const clicked = one(examinedSlates(1500, SEED + 1, 'shuffled'));
    const crosses: CrossPoints[] = [
      { features: ['a', 'b'], points: [[], [0, 9, 3], [0, 0, 0, -12], [], [], [0, 0, 0, 0, 0, 6]] },
    ];
    const made = (points: Record<string, number[]>) =>
      additiveFromPoints(examinedSchema, points, { version: RULES_VERSION, name: 'made', crosses });
    const given = made({ b: [0, 0, 10, 20, 30, 40] });
    const own = warmSlope(given, clicked);
    const deltas = await learnDeltas(clicked, given, SPREAD, cpuDevice());
    const moved = ['a', 'b', 'c'].map((name) => ofFeature(deltas, name));
    const changed = made(
      Object.fromEntries(
        ['a', 'b', 'c'].map((name, f) => [
          name,
          [0, ...moved[f].map((points, i) => points + (name === 'b' ? 10 * i : 0))],
        ]),
      ),
    );
    const names = new Set(examinedSchema.features.map(({ name }) => name));
    expect(deltas.every(({ feature }) => names.has(feature))).toBe(true);
    const scores = pointsPerRow(changed, clicked).map((points) => points * own);
    moved.forEach((points, f) => {
      const gradient = residuals(clicked, scores, f + 1);
      points.forEach((value, i) =>
        expect(gradient[i + 1]).toBeCloseTo((value * own) / SPREAD ** 2, 1),
      );
    });
  });

  test('is less the less there is to learn from, and the narrower the prior', async () => {
    const size = async (set: TrainingSet, spread: number) =>
      Math.abs(rise(ofFeature(await learnDeltas(set, base, spread, cpuDevice()), 'a'))) *
      warmSlope(base, set);
    const [all, few, narrow] = [
      await size(shuffled, SPREAD),
      await size(sliceSlates(shuffled, 0, 40), SPREAD),
      await size(shuffled, 0.001),
    ];
    expect(few).toBeLessThan(all / 2);
    expect(narrow).toBeLessThan(all / 50);
  });

  test('is the same whatever a reward is counted in', async () => {
    const set = sliceSlates(shuffled, 0, 1000);
    const tenfold = { ...set, reward: set.reward.map((earned) => 10 * earned) };
    const [plain, counted] = [
      await learnDeltas(set, base, SPREAD, cpuDevice()),
      await learnDeltas(tenfold, base, SPREAD, cpuDevice()),
    ];
    for (const name of ['a', 'b', 'c'])
      expect(rise(ofFeature(counted, name))).toBeCloseTo(rise(ofFeature(plain, name)), 1);
  });

  test('does not change with slates that nothing came of, yet', async () => {
    const half = sliceSlates(shuffled, 0, 3000);
    const waiting = {
      ...shuffled,
      reward: shuffled.reward.map((earned, row) => (row < half.rows ? earned : 0)),
    };
    // The slope is told from all rows: in log-odds they are the same.
    const [alone, beside] = await Promise.all(
      [half, waiting].map(async (set) => ({
        slope: warmSlope(base, set),
        deltas: await learnDeltas(set, base, SPREAD, cpuDevice()),
      })),
    );
    for (const name of ['a', 'c'])
      expect(rise(ofFeature(beside.deltas, name)) * beside.slope).toBeCloseTo(
        rise(ofFeature(alone.deltas, name)) * alone.slope,
        1,
      );
  });

  test('leaves to the slot what is the slot’s, where the order follows the weights', async () => {
    const ordered = examinedSlates(8000, SEED + 2, 'by b');
    const own = warmSlope(base, ordered);
    const liked =
      40 * own + rise(ofFeature(await learnDeltas(ordered, base, 1, cpuDevice()), 'b')) * own;
    const given = baseOf(examinedSchema);
    const naive =
      40 * own + rise(ofFeature(await learnDeltas(ordered, given, 1, cpuDevice()), 'b')) * own;
    expect(naive).toBeGreaterThan(LIKING[1][4] + 0.5);
    expect(Math.abs(liked - LIKING[1][4])).toBeLessThan(0.35);
  });
});

test('a slot’s weight is how much more often it is looked at', () => {
  const set = examinedSlates(20_000, SEED + 3, 'shuffled');
  const weights = slotWeights(set, new Float64Array(set.rows));
  EXAMINED.forEach((examined, slot) =>
    expect(Math.abs(weights[slot + 1] - weights[1] - Math.log(examined))).toBeLessThan(0.15),
  );
});

/** Only the first click of each slate counts. */
function one(set: TrainingSet): TrainingSet {
  const reward = set.reward.slice();
  for (let slate = 0; slate < slateCount(set); slate++) {
    const own = reward.subarray(set.starts[slate], set.starts[slate + 1]);
    const first = own.indexOf(1);
    own.forEach((_, slot) => (own[slot] = slot === first ? 1 : 0));
  }
  return { ...set, reward };
}

/** Σ (y − p) by bucket of one feature, slate by slate; p a softmax of the scores. */
function residuals(set: TrainingSet, scores: Float64Array, feature: number): number[] {
  const sums = Array.from({ length: 6 }, () => 0);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const rows = Array.from(
      { length: set.starts[slate + 1] - set.starts[slate] },
      (_, i) => set.starts[slate] + i,
    );
    const earned = rows.reduce((sum, row) => sum + set.reward[row], 0);
    const total = rows.reduce((sum, row) => sum + Math.exp(scores[row]), 0);
    for (const row of rows)
      sums[set.codes[feature * set.rows + row]] +=
        set.reward[row] - (earned * Math.exp(scores[row])) / total;
  }
  return sums;
}
