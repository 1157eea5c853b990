import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import {
  heldOutInFolds,
  isOfToday,
} from '../../../../backend/science/training/held-out-in-folds.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { slateCount, type TrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { MAX_VALUE } from '../../../../shared/domain/event.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';
import { EXAMINED_SPEC, examinedSchema, examinedSlates } from '../../../world/examined.ts';

const parent = additiveFromPoints(examinedSchema, {}, { version: RULES_VERSION, name: 'rules' });
const options = { parent, name: 'folds', device: cpuDevice() };
const ITERATIONS = 30;

/** The same slates, with each one's clicks put on slots by chance. */
function byChance(set: TrainingSet, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const reward = new Float64Array(set.rows);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    for (let row = from; row < to; row++)
      if (set.reward[row] > 0) reward[from + Math.floor((to - from) * random())] = 1;
  }
  return { ...set, reward };
}

/** The same slates, with each one's clicks on the item that has most of the first feature. */
function byTaste(set: TrainingSet): TrainingSet {
  const reward = new Float64Array(set.rows);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    let best = from;
    for (let row = from; row < to; row++)
      if (set.codes[set.rows + row] > set.codes[set.rows + best]) best = row;
    if (set.reward.subarray(from, to).some((own) => own > 0)) reward[best] = 1;
  }
  return { ...set, reward };
}

function rewardedVisitors({ starts, reward, cluster }: TrainingSet): Set<number> {
  const rewarded = new Set<number>();
  for (let slate = 0; slate < slateCount({ starts }); slate++)
    if (reward.subarray(starts[slate], starts[slate + 1]).some((own) => own > 0))
      rewarded.add(cluster[slate]);
  return rewarded;
}

const SETS = 60;

test(`of ${SETS} logs whose clicks are chance, a fit gains on what it has not seen in hardly any, and in the mean it loses`, async () => {
  let [certain, sum] = [0, 0];
  for (let seed = 1; seed <= SETS; seed++) {
    const set = byChance(examinedSlates(200, 500 + seed, 'shuffled'), seed);
    const gain = (await heldOutInFolds(set, options, ITERATIONS))!;
    sum += gain.mean;
    if (gain.low > 0) certain++;
  }
  expect(sum).toBeLessThan(0);
  expect(certain).toBeLessThanOrEqual(binomialBounds(SETS, 0.025).most);
});

test('all visitors with a reward are counted, and a true gain is seen with few of them', async () => {
  const set = byTaste(examinedSlates(200, 7, 'shuffled'));
  const gain = (await heldOutInFolds(set, options, ITERATIONS))!;
  expect(gain.rewarded).toBe(rewardedVisitors(set).size);
  expect(gain.low).toBeGreaterThan(0);
});

test('a single visitor can be learned from or judged on, and not both', async () => {
  const set = examinedSlates(40, 9, 'shuffled');
  const alone = { ...set, cluster: set.cluster.map(() => 0) };
  expect(await heldOutInFolds(alone, options, ITERATIONS)).toBeUndefined();
});

test('where the latest slates say less than all do, these do not stand for them', () => {
  const gain = (mean: number, error: number) => ({
    mean,
    low: mean - 1.96 * error,
    high: mean + 1.96 * error,
    n: 1000,
    clusters: 100_000,
    rewarded: 50,
  });
  expect(isOfToday(gain(0.1, 0.02), gain(0.1, 0.05))).toBe(true);
  expect(isOfToday(gain(0.1, 0.02), gain(0.07, 0.05))).toBe(true);
  expect(isOfToday(gain(0.1, 0.02), gain(0.05, 0.05))).toBe(false);
  expect(isOfToday(gain(0.01, 0.02), gain(-0.01, 0.05))).toBe(false);
});

test('rewards that drive a fit of a few iterations beyond the points that are served are judged all the same', async () => {
  const schema = parseSchema({
    ...EXAMINED_SPEC,
    training: { ...EXAMINED_SPEC.training, objective: 'pointwise' },
  });
  const set = byTaste(examinedSlates(1500, 7, 'shuffled'));
  const reward = set.reward.map((own, row) => (row % 3 === 0 ? own : own * MAX_VALUE));
  const ofPoints = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });
  const gain = await heldOutInFolds(
    { ...set, reward },
    { ...options, parent: ofPoints },
    ITERATIONS,
  );
  expect(gain!.low).toBeLessThan(gain!.mean);
  expect(gain!.mean).toBeLessThan(gain!.high);
});

test.each([
  ['may not learn crosses', undefined],
  ['may learn crosses and finds none', { pairs: 8, weights: 2048 }],
])('a training on few rewards that %s is judged on all of its visitors', async (_, crosses) => {
  const set = byTaste(examinedSlates(300, 7, 'shuffled'));
  let judged: number | undefined;
  const { gate } = await learn(set, {
    ...options,
    learner: 'additive',
    ...(crosses && { crosses }),
    onEvidence: ({ heldOutGain }) => (judged = heldOutGain?.rewarded),
  });
  expect(judged).toBe(rewardedVisitors(set).size);
  expect(gate.checks.find(({ check }) => check === 'held-out gain')).toMatchObject({
    outcome: 'passed',
  });
});
