import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import type { TrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import {
  additiveFromPoints,
  checkTotal,
  rangeOf,
  STRIDE,
  toUnits,
} from '../../../../shared/score/scorer.ts';

const SLOTS = 4;
const schema = parseSchema({
  name: 'pairs',
  columns: [
    { name: 'photos', type: 'number' },
    { name: 'rooms', type: 'number' },
  ],
  features: [
    { name: 'photos', kind: 'quantile', column: 'photos', edges: [2] },
    { name: 'rooms', kind: 'quantile', column: 'rooms', edges: [2] },
  ],
  rules: {},
  training: { objective: 'listwise', position: 'given', reward: { click: 1 } },
});
const rules = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });

/** Slates of items with few rooms, of which those with the second kind of photos are clicked by a rate of their own. */
function slates(count: number, rates: readonly [number, number]): TrainingSet {
  const random = seededRandom(5);
  const rows = count * SLOTS;
  const codes = new Uint8Array(rows * 2).fill(1);
  const reward = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    codes[row] = random() < 0.5 ? 1 : 2;
    reward[row] = random() < rates[codes[row] - 1] ? 1 : 0;
  }
  return {
    rows,
    features: 2,
    codes,
    starts: Uint32Array.from({ length: count + 1 }, (_, slate) => slate * SLOTS),
    reward,
    position: Uint16Array.from({ length: rows }, (_, row) => 1 + (row % SLOTS)),
    at: Float64Array.from({ length: count }, (_, slate) => slate),
    cluster: Uint32Array.from({ length: count }, (_, slate) => slate),
  };
}

const startOf = (points: Record<string, number[]>) => {
  const weights = rules.weights.slice();
  Object.values(points).forEach((own, feature) =>
    own.forEach((value, bucket) => (weights[feature * STRIDE + bucket] = toUnits(value))),
  );
  return { ...rules, weights };
};

test.each([
  // Photos tell a lot by few points, so that the points of rooms that nobody has been shown become many.
  ['whose slope is steep', { photos: [0, 9.9, 10], rooms: [0, 0, 900] }, [0.02, 0.5]],
  // As they came of what was learned when a log-odds was hundreds of points.
  ['out of range that says nothing', { photos: [0, 900, 960], rooms: [0, 1100, 1400] }, [0.3, 0.3]],
  ['out of range that is true', { photos: [0, -1500, 900], rooms: [0, 1300, 1400] }, [0.1, 0.3]],
] as const)('a training makes a version from a start %s', async (_, points, rates) => {
  const { photos, rooms } = points;
  const { scorer } = await learn(slates(400, rates), {
    learner: 'additive',
    parent: rules,
    startFrom: startOf({ photos: [...photos], rooms: [...rooms] }),
    name: 'learned',
    device: cpuDevice(),
  });
  expect(() => checkTotal(rangeOf(scorer))).not.toThrow();
});
