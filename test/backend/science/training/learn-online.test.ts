import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import type { TrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { learnOnline } from '../../../../backend/science/training/learn-online.ts';
import { warmSlope } from '../../../../backend/science/learn/additive/first-pass.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { agreeingSchema, agreeingSlates } from '../../../world/agreeing.ts';

const schema = agreeingSchema();
const base = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'nothing' });
const SPREAD = 0.5;
const update = (set: TrainingSet, trustRegion: number) =>
  learnOnline(set, base, {
    spread: SPREAD,
    trustRegion,
    look: 1,
    device: cpuDevice({ threads: 1 }),
  });

/** By how many log-odds the deltas move the item that they move furthest from the mean of its slate. */
function farthest(set: TrainingSet, { deltas }: Awaited<ReturnType<typeof update>>): number {
  const slope = warmSlope(base, set);
  const moved = new Float64Array(set.rows);
  for (const { feature, bucket, points } of deltas) {
    const f = schema.features.findIndex(({ name }) => name === feature);
    for (let row = 0; row < set.rows; row++)
      if (set.codes[f * set.rows + row] === bucket) moved[row] += points * slope;
  }
  let most = 0;
  for (let slate = 0; slate + 1 < set.starts.length; slate++) {
    const own = moved.subarray(set.starts[slate], set.starts[slate + 1]);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    for (const value of own) most = Math.max(most, Math.abs(value - mean));
  }
  return most;
}

test('what people like passes the gate, and all deltas together stay within the trust region', async () => {
  const set = agreeingSlates(2000, 1);
  const free = await update(set, 100);
  expect(free.gate.verdict).toBe('promote');
  expect(farthest(set, free)).toBeGreaterThan(0.5);
  const held = await update(set, 0.2);
  expect(farthest(set, held)).toBeLessThanOrEqual(0.2 + 1e-3);
  expect(farthest(set, held)).toBeGreaterThan(0.19);
  expect(held.gate.verdict).toBe('promote');
});

test('what chance says of the earlier rankings does not pass the gate', async () => {
  const set = agreeingSlates(2000, 2);
  const random = seededRandom(3);
  const reward = new Float64Array(set.rows);
  for (let slate = 0; slate + 1 < set.starts.length; slate++) {
    const [first, end] = [set.starts[slate], set.starts[slate + 1]];
    reward[first + Math.floor(random() * (end - first))] = 1;
  }
  const { deltas, gate } = await update({ ...set, reward }, 0.2);
  expect(deltas.length).toBeGreaterThan(0);
  expect(gate.verdict).not.toBe('promote');
});

test('slates of one teach, and their deltas stay within the trust region of the mean of them all', async () => {
  const slates = agreeingSlates(2000, 4);
  const { rows } = slates;
  const set: TrainingSet = {
    ...slates,
    starts: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    at: Float64Array.from({ length: rows }, (_, row) => row),
    cluster: Uint32Array.from({ length: rows }, (_, row) => row),
    propensity: new Float64Array(rows).fill(0.5),
  };
  const spreadOf = ({ deltas }: Awaited<ReturnType<typeof update>>) => {
    const slope = warmSlope(base, set);
    const moved = new Float64Array(rows);
    for (const { feature, bucket, points } of deltas) {
      const f = schema.features.findIndex(({ name }) => name === feature);
      for (let row = 0; row < rows; row++)
        if (set.codes[f * rows + row] === bucket) moved[row] += points * slope;
    }
    const mean = moved.reduce((sum, value) => sum + value, 0) / rows;
    return moved.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  };
  const free = await update(set, 100);
  expect(free.gate.verdict).toBe('promote');
  expect(spreadOf(free)).toBeGreaterThan(0.5);
  expect(spreadOf(await update(set, 0.2))).toBeLessThanOrEqual(0.2 + 1e-3);
});
