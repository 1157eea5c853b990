import { describe, expect, test } from 'vitest';
import { gpuDevice } from '../../backend/device/choose-device.ts';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { fitAdditive } from '../../backend/science/learn/additive/fit-additive.ts';
import { emptyWeights } from '../../backend/science/learn/additive/fit-options.ts';
import type { Device } from '../../backend/science/learn/device/device.ts';
import type { FitMethod } from '../../backend/science/learn/fit-method.ts';
import { additiveScores } from '../../backend/science/learn/histogram.ts';
import { boostedLearner } from '../../backend/science/learn/learners/boosted.ts';
import { forestLearner } from '../../backend/science/learn/learners/forest.ts';
import type { OffsetSet, RerankLearner } from '../../backend/science/learn/learners/learner.ts';
import { mlpLearner } from '../../backend/science/learn/learners/mlp.ts';
import type { TrainingSet } from '../../backend/science/learn/training-set.ts';
import {
  agreeingSchema,
  agreeingSlates,
  codesOf,
  likingOf,
  meanReciprocalRank,
} from '../world/agreeing.ts';
import { freshSeed, gpuName, noGpu, theFoundGpu, whyNoGpu } from './support/gpu.ts';

/** One contract for all learners, on each device. */
interface Asked {
  readonly device: Device;
  readonly rounds: number;
  readonly constraints?: Parameters<typeof agreeingSchema>[0];
}
interface Answer {
  readonly rounds: number;
  readonly steps: number;
  readonly scores: (set: TrainingSet) => Float64Array;
}
type Fit = (train: OffsetSet, asked: Asked) => Promise<Answer>;

const additive =
  (method: FitMethod): Fit =>
  async ({ set }, { device, rounds, constraints }) => {
    const start = emptyWeights(set.features);
    const { weights, curve } = await fitAdditive(set, undefined, {
      schema: agreeingSchema(constraints),
      objective: 'listwise',
      start,
      prior: start,
      l2: 1,
      slope: 1,
      maxIterations: rounds,
      patience: rounds,
      tolerance: 0,
      method,
      device,
    });
    return { rounds, steps: curve.length, scores: (one) => additiveScores(one, weights) };
  };

const reranking =
  (learner: RerankLearner): Fit =>
  async (train, { device, rounds, constraints }) => {
    let steps = 0;
    const fitted = await learner.fit(train, undefined, {
      schema: agreeingSchema(constraints),
      seed: 3,
      rounds,
      device,
      onStep: () => steps++,
    });
    return { rounds: fitted.rounds, steps, scores: (one) => fitted.scores(one) };
  };

interface Learner {
  readonly name: string;
  readonly fit: Fit;
  readonly rounds: number;
  /** Share of the truth's mean reciprocal rank that it reaches on unseen slates. */
  readonly floor: number;
  readonly takesOffsets: boolean;
  readonly keepsOrder: boolean;
  readonly countsRounds: boolean;
}

const ALL = { takesOffsets: true, keepsOrder: true, countsRounds: true };
const ADDITIVE = { ...ALL, rounds: 12, floor: 0.75, takesOffsets: false };
const BOOSTED = { ...ALL, rounds: 20, floor: 0.92 };
/** An additive score reaches 0.8: it cannot tell agreement. */
const LEARNERS: Learner[] = [
  { ...ADDITIVE, name: 'additive', fit: additive('full-batch') },
  { ...ADDITIVE, name: 'additive, mini-batch', fit: additive('mini-batch') },
  { ...BOOSTED, name: 'LambdaMART', fit: reranking(boostedLearner('lambdarank')) },
  { ...BOOSTED, name: 'boosted softmax', fit: reranking(boostedLearner('softmax')) },
  {
    ...ALL,
    name: 'forest',
    fit: reranking(forestLearner),
    // Always 100 trees; regression on rewards, offsets or not.
    rounds: 100,
    countsRounds: false,
    takesOffsets: false,
    floor: 0.92,
  },
  {
    ...ALL,
    name: 'MLP',
    fit: reranking(mlpLearner),
    rounds: 40,
    floor: 0.84,
    keepsOrder: false,
  },
];

const CPU = cpuDevice();
/** What else goes on on the CPU has failed: this test would then compare the CPU with itself. */
const EXPECTED = /^(a mini-batch is too small|each node of a forest) .* on the CPU$/;
const theDevice = noGpu
  ? undefined
  : gpuDevice(theFoundGpu(), (line) => {
      if (!EXPECTED.test(line)) throw new Error(line);
    });
const gpu = (): Device => theDevice ?? expect.fail(gpuName);

const held = agreeingSlates(1000, 77);
const truth = meanReciprocalRank(held, scoresBy(held, likingOf));

function scoresBy(set: TrainingSet, of: (codes: number[]) => number): Float64Array {
  return Float64Array.from({ length: set.rows }, (_, row) => of(codesOf(set, row)));
}

function spreadOf(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** One row for each bucket of feature c, the other codes the same. */
function stairs(a: number, b: number, d: number): TrainingSet {
  const codes = [a, b, -1, d].flatMap((code) =>
    Array.from({ length: 8 }, (_, bucket) => (code === -1 ? bucket + 1 : code)),
  );
  return { ...held, rows: 8, codes: Uint8Array.from(codes) };
}

const seed = freshSeed();
const train = agreeingSlates(1500, seed);
const small = agreeingSlates(300, seed + 1);
const what = `seed ${seed}`;

/** One row where a learner promises it, none where it does not: what is not promised is no test that was skipped. */
const where = (promised: boolean): readonly string[] => (promised ? [what] : []);

describe.each(LEARNERS)('$name', ({ fit, rounds, floor, ...learner }) => {
  const plain = new Map<Device, Promise<Float64Array>>();
  const plainScores = (device: Device): Promise<Float64Array> => {
    const known = plain.get(device);
    if (known !== undefined) return known;
    const scores = fit({ set: train }, { device, rounds }).then((answer) => answer.scores(held));
    plain.set(device, scores);
    return scores;
  };

  describe.each([
    ['on the CPU', () => CPU, false],
    [`on WebGPU: ${gpuName}`, gpu, noGpu],
  ] as const)('%s', (_, device, absent) => {
    test.skipIf(absent)('ranks slates that it has not seen', async () => {
      const reached = meanReciprocalRank(held, await plainScores(device())) / truth;
      expect(reached, what).toBeGreaterThan(floor);
    });

    test.skipIf(absent).each(where(learner.takesOffsets))(
      'learns only what the offset leaves (%s)',
      async () => {
        const offset = scoresBy(train, likingOf);
        const { scores } = await fit({ set: train, offset }, { device: device(), rounds });
        const share = spreadOf(scores(held)) / spreadOf(await plainScores(device()));
        expect(share, what).toBeLessThan(0.5);
      },
    );

    test.skipIf(absent).each(where(learner.countsRounds))(
      'takes as many rounds as asked (%s)',
      async () => {
        const found = await fit({ set: small }, { device: device(), rounds: 3 });
        expect(found).toMatchObject({ rounds: 3, steps: 3 });
      },
    );

    test.skipIf(absent).each(where(learner.keepsOrder))(
      'keeps a declared order although the data pull against it (%s)',
      async () => {
        const { scores } = await fit(
          { set: small },
          { device: device(), rounds: 8, constraints: [{ feature: 'c', monotone: 'decreasing' }] },
        );
        for (const [a, b, d] of [
          [1, 1, 1],
          [1, 8, 3],
          [6, 7, 8],
          [8, 2, 4],
        ]) {
          const found = [...scores(stairs(a, b, d))];
          expect(found, what).toEqual(found.toSorted((x, y) => y - x));
        }
      },
    );
  });

  test.skipIf(noGpu)(`learns alike on both devices${whyNoGpu}`, async () => {
    const [onCpu, onGpu] = [await plainScores(CPU), await plainScores(gpu())].map((scores) =>
      meanReciprocalRank(held, scores),
    );
    expect(Math.abs(onCpu - onGpu) / truth, `${what}: ${onCpu}, ${onGpu}`).toBeLessThan(0.03);
  });
});

test.skipIf(noGpu).for([
  ['L-BFGS', 'listwise', []],
  ['L-BFGS', 'pointwise', []],
  ['projected descent', 'listwise', [{ feature: 'c', monotone: 'decreasing' as const }]],
] as const)(
  `an additive fit ends at the same weights on both devices: %s, %s${whyNoGpu}`,
  async ([, objective, constraints]) => {
    const start = emptyWeights(train.features);
    const [onCpu, onGpu] = await Promise.all(
      [CPU, gpu()].map((device) =>
        fitAdditive(train, undefined, {
          schema: agreeingSchema(constraints),
          objective,
          start,
          prior: start,
          l2: 1,
          slope: 1,
          maxIterations: 200,
          patience: 200,
          device,
        }),
      ),
    );
    const [least, reached] = [onCpu, onGpu].map(({ curve }) => curve.at(-1)!.trainLoss);
    expect(reached / least - 1, what).toBeLessThan(1e-5);
    // Where the loss is flat to f32, weights may differ: a ridge of 1 leaves ‖Δw‖² ≤ 2 Δloss.
    const most = 2 * 1e-5 * least * (train.starts.length - 1);
    const square = onGpu.weights.reduce((sum, w, j) => sum + (w - onCpu.weights[j]) ** 2, 0);
    expect(square, what).toBeLessThan(most);
  },
);

test.skipIf(noGpu)(
  `what a GPU would not speed up runs on the CPU, and says why${whyNoGpu}`,
  async () => {
    const set = agreeingSlates(100, 5);
    const lines: string[] = [];
    const asked = { device: gpuDevice(theFoundGpu(), (line) => lines.push(line)), rounds: 1 };
    await additive('mini-batch')({ set }, asked);
    await reranking(forestLearner)({ set }, asked);
    expect(lines).toEqual([
      expect.stringMatching(
        /^a mini-batch is too small .*: the fit goes on from iteration 0 on the CPU$/,
      ),
      expect.stringMatching(/^each node of a forest draws .*: the forest is grown on the CPU$/),
    ]);
  },
);
