import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { auc } from '../../../../../backend/science/evaluation/classification-metrics.ts';
import { mlpLearner } from '../../../../../backend/science/learn/learners/mlp.ts';
import { settingsFor } from '../../../../../backend/science/learn/mlp/settings-for.ts';
import type { TrainingSet } from '../../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { agreeingSchema } from '../../../../world/agreeing.ts';

test.each([
  [50, { batchRows: 256, patience: 10, mostEpochs: 200 }],
  [5600, { batchRows: 256, patience: 10, mostEpochs: 182 }],
  [10_000, { batchRows: 512, patience: 10, mostEpochs: 200 }],
  [80_000, { batchRows: 4096, patience: 10, mostEpochs: 200 }],
  [400_000, { batchRows: 4096, patience: 3, mostEpochs: 41 }],
  [10_000_000, { batchRows: 4096, patience: 3, mostEpochs: 40 }],
])('%s rows', (rows, expected) => {
  expect(settingsFor({ rows }, rows)).toMatchObject(expected);
});

test('the ridge is a prior of one weight in all, within bounds', () => {
  expect(settingsFor({ rows: 100 }, 100).l2).toBe(0.02);
  expect(settingsFor({ rows: 5000 }, 5000).l2).toBe(0.004);
  expect(settingsFor({ rows: 1e7 }, 1e7).l2).toBe(1e-4);
});

const FEATURES = 12;

/** Rows of features with 60 buckets, of which three count: two together, one by itself. */
function fewRows(rows: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const codes = Uint8Array.from({ length: rows * FEATURES }, () => 1 + Math.floor(60 * random()));
  const high = (feature: number, row: number) => codes[feature * rows + row] > 30;
  const reward = Float64Array.from({ length: rows }, (_, row) => {
    const logOdds = (high(0, row) === high(1, row) ? 1.5 : -1.5) + (high(2, row) ? 1.5 : -1.5);
    return random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  });
  return {
    rows,
    features: FEATURES,
    codes,
    starts: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    reward,
    position: new Uint16Array(rows),
    at: new Float64Array(rows),
    cluster: Uint32Array.from({ length: rows }, (_, row) => row),
  };
}

test('a few thousand rows are enough to find what an additive score cannot tell', async () => {
  const schema = agreeingSchema();
  const found: number[] = [];
  for (const seed of [1, 2, 3]) {
    const [train, validation, test_] = [4000, 1000, 2000].map((rows, i) =>
      fewRows(rows, 10 * seed + i),
    );
    const fitted = await mlpLearner.fit(
      { set: train },
      { set: validation },
      {
        schema: { ...schema, training: { ...schema.training, objective: 'pointwise' } },
        seed,
        device: cpuDevice(),
        onStep: () => {},
      },
    );
    found.push(auc(fitted.scores(test_), test_.reward)!);
  }
  expect(Math.min(...found)).toBeGreaterThan(0.7);
});
