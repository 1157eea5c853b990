import { describe, expect, test } from 'vitest';
import { cpuKernels } from '../../backend/device/cpu/cpu-device.ts';
import { gpuKernels } from '../../backend/device/gpu/gpu-kernels.ts';
import type { Kernels } from '../../backend/science/learn/device/device.ts';
import type { LabelledRows } from '../../backend/science/learn/device/labelled-rows.ts';
import type { Objective } from '../../backend/science/learn/device/objective.ts';
import type { BoosterOptions } from '../../backend/science/learn/device/tree-growers.ts';
import { listwiseLoss, pointwiseLoss } from '../../backend/science/learn/loss.ts';
import { boost, type Boosted, type BoostOptions } from '../../backend/science/learn/trees/boost.ts';
import { scoreTrees } from '../../backend/science/learn/trees/score-trees.ts';
import { drawSample } from '../../backend/science/learn/trees/tree-sampling.ts';
import {
  freshSeed,
  gpuName,
  noGpu,
  randomCodes,
  randomStarts,
  seededRandom,
  theGpu,
} from './support/gpu.ts';

/** One contract of boosted trees for every device, in the one interface that learners see. */
const OPTIONS: BoosterOptions = {
  order: 'depth',
  maxDepth: 4,
  maxLeaves: 16,
  lambda: 1,
  minChildHessian: 0.5,
  minChildRows: 0,
  minGain: 0.02,
  rate: 0.3,
};

/** Rewards of 0 and 1 that follow a few of the codes, in slates, with scores to start from. */
function makeRows(rows: number, random: () => number): Required<LabelledRows> {
  const matrix = randomCodes(rows, 4, random);
  const reward = Float64Array.from({ length: rows }, (_, row) => {
    const code = (feature: number) => matrix.codes[feature * rows + row];
    const signal = (code(0) > 100 ? 1 : -1) + (code(1) === 0 ? 2 : 0) * (code(2) > 30 ? 1 : -1);
    return signal + 2 * random() - 1 > random() ? 1 : 0;
  });
  const base = Float64Array.from({ length: rows }, () => Math.fround(random() - 0.5));
  const starts = randomStarts(rows, 20, random);
  // Some slates have an outside option.
  const outside = Float32Array.from({ length: starts.length - 1 }, (_, slate) => (slate % 3) / 2);
  return { ...matrix, reward, starts, outside, base };
}

/** Of all pairs of a rewarded row and one without a reward, the share in which the rewarded one scores higher. */
function concordance({ reward }: Required<LabelledRows>, scores: ArrayLike<number>): number {
  const rows = Array.from(reward, (_, row) => row);
  const [won, lost] = [1, 0].map((value) => rows.filter((row) => reward[row] === value));
  const above = won.reduce((n, a) => n + lost.filter((b) => scores[a] > scores[b]).length, 0);
  return above / (won.length * lost.length);
}

async function boosted(
  { boosting }: Kernels,
  objective: Objective,
  own: Partial<BoosterOptions> & BoostOptions,
  train: LabelledRows,
  heldOut?: LabelledRows,
): Promise<Boosted> {
  const options = { ...OPTIONS, ...own };
  const booster = boosting({ train, ...(heldOut && { heldOut }), objective, options });
  try {
    return await boost(booster, own);
  } finally {
    await booster.close();
  }
}

/** The total loss in float64, of the objectives that have one outside of the kernels. */
function lossOf(objective: Objective, rows: Required<LabelledRows>, scores: Float64Array): number {
  const scratch = () => new Float64Array(rows.rows);
  if (objective === 'softmax') return listwiseLoss(rows, scores, scratch(), scratch());
  if (objective === 'logistic') return pointwiseLoss(rows, scores, scratch(), scratch());
  return rows.reward.reduce((sum, own, row) => sum + (scores[row] - own) ** 2 / 2, 0);
}

const CPU = () => cpuKernels(2);
const GPU = () => gpuKernels(theGpu());

describe.each([
  ['the CPU', CPU, false],
  [gpuName, GPU, noGpu],
] as const)('boosted trees on %s', (_, kernels, absent) => {
  test.skipIf(absent).for(['logistic', 'squared', 'softmax'] as const)(
    'report the %s loss at the scores that base and trees add up to',
    async (objective) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const [train, heldOut] = [makeRows(2000, random), makeRows(700, random)];
      const { trees, curve } = await boosted(kernels(), objective, { trees: 6 }, train, heldOut);
      expect(trees).toHaveLength(6);
      curve.forEach(({ tree, loss, heldOut: held }, t) => {
        expect(tree).toBe(t + 1);
        const at = (rows: Required<LabelledRows>, grown: number) =>
          lossOf(
            objective,
            rows,
            scoreTrees(trees.slice(0, grown), rows, Float64Array.from(rows.base)),
          );
        expect(loss / at(train, t), `seed ${seed}`).toBeCloseTo(1, 4);
        expect(held! / at(heldOut, t + 1), `seed ${seed}`).toBeCloseTo(1, 4);
      });
    },
  );

  test.skipIf(absent).for([
    ['logistic', 'logistic', 0.97],
    ['squared', 'squared', 0.97],
    ['softmax', 'softmax', 0.97],
    // The weights of LambdaRank's pairs change with the order, so its loss may rise while the order gets better.
    ['LambdaRank', { lambdaRank: { truncation: 10, normalise: true } }, undefined],
  ] as const)(
    'lower the %s loss, and stop when that of rows that they have not seen no longer falls',
    async ([, objective, share]) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const [train, heldOut] = [makeRows(3000, random), makeRows(1500, random)];
      const asked = { trees: 60, patience: 5 };
      const { trees, curve } = await boosted(kernels(), objective, asked, train, heldOut);
      const held = curve.map((step) => step.heldOut!);
      const message = `seed ${seed}: ${held.join(' ')}`;
      expect(curve.at(-1)!.loss, message).toBeLessThan(0.9 * curve[0].loss);
      if (share !== undefined) expect(Math.min(...held), message).toBeLessThan(share * held[0]);
      const ordered = concordance(
        heldOut,
        scoreTrees(trees, heldOut, Float64Array.from(heldOut.base)),
      );
      expect(ordered, message).toBeGreaterThan(concordance(heldOut, heldOut.base) + 0.05);
      expect(held.indexOf(Math.min(...held)) + 1, message).toBe(trees.length);
      if (held.length < asked.trees)
        expect(held.length - trees.length, message).toBe(asked.patience);
    },
  );

  test.skipIf(absent)('gain is twice the loss that a split of squared loss saves', async () => {
    const seed = freshSeed();
    const { base: _base, ...train } = makeRows(3000, seededRandom(seed));
    const stump = { trees: 1, rate: 1, lambda: 0, maxDepth: 1, maxLeaves: 2, minGain: 0 };
    const { trees, curve } = await boosted(kernels(), 'squared', stump, train);
    const [tree] = trees;
    // The leaves hold the means of their rows, from scores of 0: so the root has to be taken at its own mean.
    const mean = train.reward.reduce((sum, own) => sum + own, 0) / train.rows;
    const rootLoss = train.reward.reduce((sum, own) => sum + (own - mean) ** 2 / 2, 0);
    const scores = scoreTrees([tree], train);
    const leafLoss = train.reward.reduce((sum, own, row) => sum + (scores[row] - own) ** 2 / 2, 0);
    expect(curve[0].loss / (train.reward.reduce((sum, own) => sum + own ** 2, 0) / 2)).toBeCloseTo(
      1,
      5,
    );
    expect(tree.gain[0] / (2 * (rootLoss - leafLoss)), `seed ${seed}`).toBeCloseTo(1, 2);
  });

  test.skipIf(absent)('a split that gains no more than asked is none', async () => {
    const seed = freshSeed();
    const { base: _base, ...train } = makeRows(3000, seededRandom(seed));
    const stump = { trees: 1, maxDepth: 1, maxLeaves: 2 };
    const { trees } = await boosted(kernels(), 'logistic', stump, train);
    const gain = trees[0].gain[0];
    const grownWith = async (minGain: number) =>
      (await boosted(kernels(), 'logistic', { ...stump, minGain }, train)).trees.length;
    expect(await grownWith(0.99 * gain), `seed ${seed}`).toBe(1);
    expect(await grownWith(1.01 * gain), `seed ${seed}`).toBe(0);
  });

  test.skipIf(absent)('split on the features of their sample alone', async () => {
    const seed = freshSeed();
    const train = makeRows(2000, seededRandom(seed));
    const sampleOf = (draw: number) => drawSample(train, { features: 0.5, slates: 1, seed }, draw);
    const { trees } = await boosted(kernels(), 'logistic', { trees: 8, sampleOf }, train);
    expect(trees, `seed ${seed}`).toHaveLength(8);
    // Each has the first of its draws that it could split.
    trees.forEach(({ feature, left }, t) => {
      const used = feature.filter((_own, node) => left[node] !== 0);
      const draws = Array.from({ length: 16 }, (_own, draw) => sampleOf(16 * t + draw).features!);
      const fits = draws.some((allowed) => used.every((own) => allowed[own] === 1));
      expect(fits, `seed ${seed}: tree ${t + 1} splits on ${used.join()}`).toBe(true);
      expect(new Set(used).size, `seed ${seed}`).toBeLessThanOrEqual(2);
    });
  });

  test.skipIf(absent)(
    'are grown on the rows of their sample alone, and scored on all',
    async () => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const [train, heldOut] = [makeRows(2500, random), makeRows(700, random)];
      const sampleOf = (draw: number) =>
        drawSample(train, { features: 1, slates: 0.4, seed }, draw);
      const options = { trees: 5, sampleOf };
      const { trees, curve } = await boosted(kernels(), 'squared', options, train, heldOut);
      const sampled = sampleOf(0).rows!;
      // Squared loss has a hessian of 1 a row, so that the root covers as many as it was grown on.
      expect(trees[0].cover[0] / sampled.length, `seed ${seed}`).toBeCloseTo(1, 2);
      curve.forEach(({ loss, heldOut: held }, t) => {
        const at = (rows: Required<LabelledRows>, grown: number) =>
          lossOf(
            'squared',
            rows,
            scoreTrees(trees.slice(0, grown), rows, Float64Array.from(rows.base)),
          );
        expect(loss / at(train, t), `seed ${seed}`).toBeCloseTo(1, 4);
        expect(held! / at(heldOut, t + 1), `seed ${seed}`).toBeCloseTo(1, 4);
      });
      // What the others look like makes no difference to the first tree.
      const isIn = new Uint8Array(train.rows);
      for (const row of sampled) isIn[row] = 1;
      const codes = train.codes.map((code, at) =>
        isIn[at % train.rows] === 1 ? code : Math.floor(200 * random()),
      );
      const other = await boosted(
        kernels(),
        'squared',
        { ...options, trees: 1 },
        { ...train, codes },
      );
      expect(other.trees[0], `seed ${seed}`).toEqual(trees[0]);
    },
  );

  test.skipIf(absent)('are whole again after a sample', async () => {
    const seed = freshSeed();
    const train = makeRows(2000, seededRandom(seed));
    const whole = await boosted(kernels(), 'squared', { trees: 1 }, train);
    const booster = kernels().boosting({ train, objective: 'squared', options: OPTIONS });
    const sample = drawSample(train, { features: 0.5, slates: 0.3, seed }, 0);
    const first = await booster.next(sample);
    const second = await booster.next();
    await booster.close();
    expect(first!.tree.cover[0] / sample.rows!.length, `seed ${seed}`).toBeCloseTo(1, 2);
    expect(second!.tree.cover[0] / whole.trees[0].cover[0], `seed ${seed}`).toBeCloseTo(1, 2);
  });

  test.skipIf(absent)('add nothing where a sample leaves nothing to split on', async () => {
    const seed = freshSeed();
    const train = makeRows(1000, seededRandom(seed));
    const booster = kernels().boosting({ train, objective: 'logistic', options: OPTIONS });
    const before = await booster.next({ features: new Uint8Array(4) });
    const grown = await booster.next();
    await booster.close();
    expect(before).toBeUndefined();
    expect(grown!.loss / lossOf('logistic', train, Float64Array.from(train.base))).toBeCloseTo(
      1,
      5,
    );
  });

  test.skipIf(absent)('go on from trees that the base holds', async () => {
    const seed = freshSeed();
    const train = makeRows(2000, seededRandom(seed));
    const whole = await boosted(kernels(), 'logistic', { trees: 6 }, train);
    const base = scoreTrees(whole.trees.slice(0, 3), train, Float64Array.from(train.base));
    const booster = kernels().boosting({
      train: { ...train, base },
      objective: 'logistic',
      options: OPTIONS,
    });
    const from = { trees: whole.trees.slice(0, 3), curve: whole.curve.slice(0, 3) };
    const { trees, curve } = await boost(booster, { trees: 6 }, undefined, from);
    await booster.close();
    expect(trees).toHaveLength(6);
    expect(curve.map(({ tree }) => tree)).toEqual([1, 2, 3, 4, 5, 6]);
    // Gradients are rounded anew, so that a near tie may fall otherwise: the loss is what must agree.
    expect(curve[3].loss / whole.curve[3].loss, `seed ${seed}`).toBeCloseTo(1, 5);
    expect(curve[5].loss / whole.curve[5].loss, `seed ${seed}`).toBeCloseTo(1, 2);
  });
});

test.skipIf(noGpu)(
  'both devices find the same gains, covers and values where no split is a near tie',
  async () => {
    const seed = freshSeed();
    const train = makeRows(5000, seededRandom(seed));
    const stump = { trees: 1, maxDepth: 1, maxLeaves: 2 };
    const [cpu, gpu] = [
      await boosted(CPU(), 'logistic', stump, train),
      await boosted(GPU(), 'logistic', stump, train),
    ].map(({ trees }) => trees[0]);
    for (const column of ['gain', 'cover'] as const)
      expect(gpu[column][0] / cpu[column][0], `seed ${seed}: ${column}`).toBeCloseTo(1, 2);
    expect(gpu.feature[0], `seed ${seed}`).toBe(cpu.feature[0]);
  },
);
