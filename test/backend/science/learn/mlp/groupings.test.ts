import { expect, test } from 'vitest';
import { cpuMlpEngine } from '../../../../../backend/device/cpu/mlp-engine.ts';
import { Batches, type MlpSet } from '../../../../../backend/science/learn/mlp/batches.ts';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { auc } from '../../../../../backend/science/evaluation/classification-metrics.ts';
import { mlpLearner } from '../../../../../backend/science/learn/learners/mlp.ts';
import {
  bucketCounts,
  groupCounts,
  groupingsOf,
} from '../../../../../backend/science/learn/mlp/groupings.ts';
import {
  initialParameters,
  layoutOf,
} from '../../../../../backend/science/learn/mlp/parameters.ts';
import { toNetwork } from '../../../../../backend/science/learn/mlp/to-network.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { networkPoints } from '../../../../../shared/score/network.ts';
import { agreeingSchema } from '../../../../world/agreeing.ts';

/** Features of so many buckets; a row earns where the first two features are both high or both low. */
function setOf(rows: number, buckets: readonly number[], seed: number): MlpSet {
  const random = seededRandom(seed);
  const codes = Uint8Array.from(
    { length: rows * buckets.length },
    (_, at) => 1 + Math.floor(buckets[Math.floor(at / rows)] * random()),
  );
  const isHigh = (feature: number, row: number) =>
    codes[feature * rows + row] > buckets[feature] / 2;
  const reward = Float64Array.from({ length: rows }, (_, row) =>
    Number(random() < (isHigh(0, row) === isHigh(1, row) ? 0.85 : 0.15)),
  );
  return {
    rows,
    features: buckets.length,
    codes,
    starts: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    reward,
    position: new Uint16Array(rows),
    at: new Float64Array(rows),
    cluster: Uint32Array.from({ length: rows }, (_, row) => row),
  };
}

test('few buckets stay as they are; many are learned in groups of neighbours, and in coarse ones, too', () => {
  const counts = bucketCounts(setOf(10_000, [10, 200, 16, 17], 1));
  const groupings = groupingsOf(counts);
  expect(groupings.map(({ feature }) => feature)).toEqual([0, 1, 2, 3, 1, 3]);
  const groups = groupings.map((grouping) =>
    groupCounts(counts, grouping).filter((rows) => rows > 0),
  );
  expect(groups.map(({ length }) => length)).toEqual([10, 40, 16, 17, 8, 8]);
  // Groups of whole buckets of about 50 rows have 250 and 1,250 within two buckets.
  for (const rows of groups[1]) expect(Math.abs(rows - 250)).toBeLessThan(150);
  for (const rows of groups[4]) expect(Math.abs(rows - 1250)).toBeLessThan(150);
  for (const { groupOf } of groupings) {
    expect(groupOf[0]).toBe(0);
    expect(groupOf.toSorted()).toEqual(groupOf);
  }
});

test('with rows enough every bucket is told apart', () => {
  const [, first] = groupingsOf([new Uint32Array(256).fill(300), new Uint32Array(256).fill(300)]);
  expect(first.groupOf).toEqual(Uint8Array.from({ length: 256 }, (_, bucket) => bucket));
});

test('the network that serves scores plain codes as the one that is learned scores groups', async () => {
  const set = setOf(3000, [5, 120, 60], 2);
  const counts = bucketCounts(set);
  const groupings = groupingsOf(counts);
  const layout = layoutOf({ features: groupings.length, width: 8, hidden: 12 });
  const parameters = initialParameters(
    layout,
    groupings.map((grouping) => groupCounts(counts, grouping)),
    3,
  );
  const [batch] = new Batches(set, 'pointwise', set.rows, groupings).inOrder();
  const engine = cpuMlpEngine(layout, {
    objective: 'pointwise',
    rate: 0,
    l2: 0,
    epsilon: 1,
    mostRows: set.rows,
    mostSlates: set.rows,
  });
  const empty = new Float32Array(layout.size);
  engine.write({ parameters, mean: empty, square: empty, steps: 0 });
  const scores = await engine.scores(batch);
  const network = toNetwork(layout, parameters, 1, groupings);
  for (let row = 0; row < set.rows; row++) {
    const codes = Uint8Array.from(
      { length: 3 },
      (_, feature) => set.codes[feature * set.rows + row],
    );
    expect(Math.abs(networkPoints(network, codes) - scores[row])).toBeLessThan(1e-5);
  }
});

test('200 buckets of a dozen rows each are learned nearly as well as two', async () => {
  const schema = agreeingSchema();
  const options = {
    schema: { ...schema, training: { ...schema.training, objective: 'pointwise' as const } },
    seed: 1,
    device: cpuDevice(),
    onStep: () => {},
  };
  const buckets = Array.from({ length: 10 }, () => 200);
  const [train, validation, judged] = [2400, 600, 2000].map((rows, i) => setOf(rows, buckets, i));
  const fitted = await mlpLearner.fit({ set: train }, { set: validation }, options);
  // Who knew which buckets are high would have 0.85; without groups and places, nothing is found: 0.5.
  expect(auc(fitted.scores(judged), judged.reward)!).toBeGreaterThan(0.75);
});
