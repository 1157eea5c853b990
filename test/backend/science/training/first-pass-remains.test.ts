import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import type { TrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { pointsPerRow } from '../../../../backend/science/learn/score-set.ts';
import { agreeingSchema, agreeingSlates } from '../../../world/agreeing.ts';
import { freshSeed } from '../../../suites/support/gpu.ts';

const schema = agreeingSchema();
const parent = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'rules' });
const trained = (set: TrainingSet, objective: 'lambdarank' | 'softmax' = 'lambdarank') =>
  learn(set, { learner: 'boosted', parent, name: 'trained', objective, device: cpuDevice() });

/** Every row a slate of its own: there is nothing to compare it with. */
function oneCandidate(slates: number): TrainingSet {
  const set = agreeingSlates(slates, 3);
  const { rows } = set;
  const each = <T>(of: (row: number) => T) => Array.from({ length: rows }, (_, row) => of(row));
  return {
    ...set,
    starts: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    at: Float64Array.from(each((row) => row)),
    cluster: Uint32Array.from(each((row) => row)),
  };
}

/** But for one of two items, which earned nothing, all slates show the only candidate. */
function onlyCandidates(slates: number): TrainingSet {
  const set = oneCandidate(slates);
  const { rows, starts, at, cluster, reward } = set;
  reward.fill(0, 0, 2);
  return {
    ...set,
    starts: Uint32Array.from([0, ...starts.subarray(2)]),
    at: at.subarray(1),
    cluster: cluster.subarray(1),
    propensity: new Float64Array(rows).fill(1),
  };
}

function constantFeatures(slates: number): TrainingSet {
  const set = agreeingSlates(slates, 4);
  return { ...set, codes: set.codes.fill(3) };
}

/** Nobody looks at what is shown: whatever trees find is noise. */
function noise(slates: number, seed: number): TrainingSet {
  const set = agreeingSlates(slates, seed);
  const random = seededRandom(seed + 1);
  set.reward.fill(0);
  for (let slate = 0; slate < slates; slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    set.reward[from + Math.floor(random() * (to - from))] = 1;
  }
  return set;
}

describe.each(['lambdarank', 'softmax'] as const)('boosting by %s', (objective) => {
  test.each([
    ['slates that show the only candidate', onlyCandidates(200)],
    ['features that are constant', constantFeatures(400)],
    ['fewer rows than a leaf must have', agreeingSlates(10, 5)],
  ])('has nothing to split in %s: the first pass remains, and it says why', async (_, set) => {
    const { scorer, iterations, learner, firstPassRemains } = await trained(set, objective);
    expect({ kind: scorer.kind, iterations, learner }).toEqual({
      kind: 'additive',
      iterations: 0,
      learner: 'boosted',
    });
    expect(firstPassRemains).toMatch(/nothing to split on.*: the first pass remains$/);
  });

  test('grows trees on slates of one, whose rewards no additive score can tell', async () => {
    const { scorer, iterations, firstPassRemains } = await trained(oneCandidate(400), objective);
    expect(scorer.kind).toBe('forest');
    expect(iterations).toBeGreaterThan(0);
    expect(firstPassRemains).toBeUndefined();
  });

  test('keeps its trees where they find what no additive score can tell', async () => {
    const { scorer, iterations, firstPassRemains } = await trained(
      agreeingSlates(1000, 9),
      objective,
    );
    expect(scorer.kind).toBe('forest');
    expect(iterations).toBeGreaterThan(0);
    expect(firstPassRemains).toBeUndefined();
  });

  test('never ranks its validation part worse than its first pass does', async () => {
    const seed = freshSeed();
    for (let i = 0; i < 4; i++) {
      const set = noise(300, seed + 10 * i);
      const boosted = await trained(set, objective);
      const additive = await learn(set, {
        learner: 'additive',
        parent,
        name: 'first pass',
        device: cpuDevice(),
      });
      expect(
        boosted.validation.learned.ndcg10!.mean,
        `seed ${seed}, set ${i}`,
      ).toBeGreaterThanOrEqual(additive.validation.learned.ndcg10!.mean);
    }
  });
});

test.each(['boosted', 'forest', 'mlp'] as const)(
  'the %s learner tells apart what is clicked alone, which no additive score can',
  async (learner) => {
    const set = oneCandidate(600);
    const fresh = agreeingSlates(200, 8);
    const { scorer } = await learn(set, { learner, parent, name: 'alone', device: cpuDevice() });
    const points = pointsPerRow({ ...scorer, version: RULES_VERSION }, fresh);
    const [clicked, not] = [true, false].map((isClicked) =>
      points.filter((_, row) => fresh.reward[row] > 0 === isClicked),
    );
    let above = 0;
    for (const one of clicked)
      for (const other of not) above += one > other ? 1 : one === other ? 0.5 : 0;
    // Far from the one half of a score that knows nothing.
    expect(above / (clicked.length * not.length)).toBeGreaterThan(0.65);
  },
);
