import { beforeAll, describe, expect, it } from 'vitest';
import { STRIDE } from '../../../../../shared/score/scorer.ts';
import type { ExaminationPropensities } from '../../../../../backend/science/evaluation/position-bias/examination.ts';
import { examinationFromHarvest } from '../../../../../backend/science/evaluation/position-bias/intervention-harvesting.ts';
import { examinationFromRandomised } from '../../../../../backend/science/evaluation/position-bias/randomised-slots.ts';
import {
  impressionsOf,
  withExaminationWeights,
} from '../../../../../backend/science/evaluation/position-bias/examination-weights.ts';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';
import { emptyWeights } from '../../../../../backend/science/learn/additive/fit-options.ts';
import {
  withPosition,
  type TrainingSet,
} from '../../../../../backend/science/learn/training-set.ts';
import {
  BUCKETS,
  estimated,
  examinedSchema,
  examinedSlates,
  LIKING,
  SLATE,
} from '../../../../world/examined.ts';

const SEED = 31;

async function learned(set: TrainingSet): Promise<Float64Array> {
  const flat = emptyWeights(set.features);
  const { weights } = await fitAdditive(set, undefined, {
    device: cpuDevice(),
    schema: examinedSchema,
    objective: 'listwise',
    start: flat,
    prior: flat,
    l2: 1,
    slope: 1,
    maxIterations: 150,
    patience: 150,
  });
  return weights;
}

/** Root mean square of (learned − true) weight, each feature's weights about their own mean. */
function errorOf(weights: Float64Array): number {
  let squares = 0;
  LIKING.forEach((truth, f) => {
    const off = truth.map((value, b) => weights[(f + 1) * STRIDE + 1 + b] - value);
    const mean = off.reduce((sum, value) => sum + value, 0) / BUCKETS;
    squares += off.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return Math.sqrt(squares / (LIKING.length * BUCKETS));
}

describe(`weights learned from simulated visitors who look less the lower (seed ${SEED})`, () => {
  let naive: number;
  let errors: Record<string, number>;
  beforeAll(async () => {
    const set = examinedSlates(15_000, SEED, 'by b');
    const shuffled = impressionsOf(examinedSlates(6000, SEED + 1, 'shuffled'));
    const rankers = impressionsOf(examinedSlates(15_000, SEED + 2, 'by two rankers'));
    const weighed = async (propensities: ExaminationPropensities) =>
      errorOf(await learned(withExaminationWeights(set, estimated(propensities))));
    naive = errorOf(await learned(set));
    errors = {
      'weights from randomised slots': await weighed(examinationFromRandomised(shuffled, SLATE)),
      'weights from harvested interventions': await weighed(examinationFromHarvest(rankers, SLATE)),
      'position as a feature': errorOf(await learned(withPosition(set))),
    };
    const shown = Object.entries(errors).map(([name, error]) => `${name} ${error.toFixed(4)}`);
    console.log(`error of the weights: naive ${naive.toFixed(4)}, ${shown.join(', ')}`);
  });

  it.each([
    'weights from randomised slots',
    'weights from harvested interventions',
    'position as a feature',
  ])('err under half as much as the naive ones with %s', (variant) => {
    expect(errors[variant]).toBeLessThan(naive / 2);
  });
});

describe('withExaminationWeights', () => {
  const slots = [1, 0.5, 0.01].map((examination, k) => ({
    slot: k + 1,
    examination,
    low: examination,
    high: examination,
    impressions: 1,
    clicks: 1,
  }));
  const set = examinedSlates(50, SEED, 'shuffled');
  const weighed = withExaminationWeights(
    { ...set, reward: set.reward.map(() => 1) },
    { kind: 'estimated', method: 'randomised slots', slots },
    20,
  );
  it.each([
    { row: 0, slot: 1, weight: 1, as: 'its examination asks' },
    { row: 1, slot: 2, weight: 2, as: 'its examination asks' },
    { row: 2, slot: 3, weight: 20, as: 'the clip allows' },
    { row: 7, slot: 8, weight: 20, as: 'the last estimated slot' },
  ])('weighs a reward at slot $slot by $weight: as $as', ({ row, slot, weight }) => {
    expect(set.position[row]).toBe(slot);
    expect(weighed.reward[row]).toBe(weight);
  });
});
