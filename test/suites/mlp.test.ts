import { describe, expect, test } from 'vitest';
import { gpuMlpEngine } from '../../backend/device/gpu/mlp.ts';
import { lossOf } from '../../backend/science/learn/loss.ts';
import { BETA1, BETA2 } from '../../backend/science/learn/mlp/adam.ts';
import { Batches, type MlpSet } from '../../backend/science/learn/mlp/batches.ts';
import { cpuMlpEngine } from '../../backend/device/cpu/mlp-engine.ts';
import type {
  MlpBatch,
  MlpEngineOptions,
  MlpLayout,
} from '../../backend/science/learn/device/mlp-engine.ts';
import {
  backward,
  forward,
  makeActivations,
  type Activations,
} from '../../backend/science/learn/mlp/gradient.ts';
import { bucketCounts } from '../../backend/science/learn/mlp/groupings.ts';
import { initialParameters, layoutOf } from '../../backend/science/learn/mlp/parameters.ts';
import { MlpRun } from '../../backend/science/learn/mlp/trainer.ts';
import {
  expectWithin,
  freshSeed,
  gpuName,
  noGpu,
  randomCodes,
  randomStarts,
  seededRandom,
  theGpu,
} from './support/gpu.ts';

const EPSILON = 2 ** -23;

function makeSet(rows: number, features: number, longest: number, random: () => number): MlpSet {
  const starts = randomStarts(rows, longest, random);
  return {
    ...randomCodes(rows, features, random),
    starts,
    reward: Float64Array.from({ length: rows }, (_, row) =>
      row === 0 || random() < 0.2 ? Math.fround(0.5 + random()) : 0,
    ),
    base: Float32Array.from({ length: rows }, () => random() - 0.5),
    position: new Uint16Array(rows),
    at: new Float64Array(starts.length - 1),
    cluster: new Uint32Array(starts.length - 1),
  };
}

const emptyState = (layout: MlpLayout, parameters: Float32Array<ArrayBuffer>) => ({
  parameters,
  mean: new Float32Array(layout.size),
  square: new Float32Array(layout.size),
  steps: 0,
});

/** True where some unit is so near its kink that f32 may see it on the other side. */
function nearKink(layout: MlpLayout, parameters: Float32Array, batch: MlpBatch): boolean {
  const shift = (by: number): Activations => {
    const biased = Float64Array.from(parameters, (value, at) =>
      (at >= layout.embeddingBias && at < layout.weights) ||
      (at >= layout.bias && at < layout.output)
        ? value + by
        : value,
    );
    const activations = makeActivations(layout, batch.rows);
    forward(layout, biased, batch, activations);
    return activations;
  };
  const [up, down] = [shift(1e-5), shift(-1e-5)];
  const differs = (a: Float64Array, b: Float64Array) => a.some((h, at) => h > 0 !== b[at] > 0);
  return differs(up.first, down.first) || differs(up.second, down.second);
}

describe.skipIf(noGpu)(`the MLP on ${gpuName}`, () => {
  test.for([
    ['a single row', 1, 1, 1, 4, 0, 'pointwise'],
    ['rows that fill no workgroup', 70, 5, 20, 8, 12, 'listwise'],
    ['no second layer', 300, 18, 20, 16, 0, 'listwise'],
    ['the default sizes', 300, 32, 25, 16, 32, 'pointwise'],
    ['the default sizes by slate', 300, 32, 25, 16, 32, 'listwise'],
  ] as const)(
    'scores, loss, gradient and step equal float64: %s',
    async ([, rows, features, longest, width, hidden, objective]) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const layout = layoutOf({ features, width, hidden });
      const set = makeSet(rows, features, longest, random);
      const batches = new Batches(set, objective, rows);
      const [batch] = batches.inOrder();
      let parameters: Float32Array<ArrayBuffer>;
      do {
        parameters = initialParameters(
          layout,
          bucketCounts(set),
          Math.floor(random() * 2 ** 31),
        ).map((value) => (value === 0 ? random() - 0.5 : value));
      } while (nearKink(layout, parameters, batch));
      const options: MlpEngineOptions = {
        objective,
        rate: 0.01,
        l2: 0,
        epsilon: 1e-3,
        mostRows: rows,
        mostSlates: batches.mostSlates,
      };
      const engine = gpuMlpEngine(theGpu())(layout, options);
      engine.write(emptyState(layout, parameters));
      const scores = await engine.scores(batch);
      await engine.step(batch);
      const loss = await engine.takeLoss();
      const state = await engine.read();
      engine.destroy();

      // The same network of absolute values bounds what rounding can do to a score.
      const activations = makeActivations(layout, rows);
      forward(layout, parameters, batch, activations);
      const sizes = makeActivations(layout, rows);
      const absolute = parameters.map(Math.abs);
      forward(layout, absolute, { ...batch, base: batch.base.map(Math.abs) }, sizes);
      const roundings = features + width + hidden + 6;
      const scoreBound = (row: number) => roundings * EPSILON * sizes.scores[row];
      expectWithin(`seed ${seed}: scores`, scores, activations.scores, scoreBound);

      const [slope, hessian] = [new Float64Array(rows), new Float64Array(rows)];
      const total = lossOf(objective)(batch, activations.scores, slope, hessian);
      const worst = sizes.scores.reduce((a, b) => Math.max(a, b), 0);
      // Roundings of a row's gradient: the loss's own, and twice the score's.
      const ofRow = 64 + longest + 2 * roundings * worst;
      expectWithin(
        `seed ${seed}: loss`,
        [loss],
        [total],
        () => ofRow * EPSILON * (total + 2 * rows),
      );

      const gradient = new Float64Array(layout.size);
      backward(
        layout,
        parameters,
        batch,
        activations,
        slope.map((d) => d / batch.mass),
        gradient,
      );
      const weight = Float64Array.from(
        slope,
        (d, row) =>
          (Math.abs(d) + (objective === 'listwise' ? earned(batch, row) : 2)) / batch.mass,
      );
      const reach = new Float64Array(layout.size);
      backward(layout, absolute, batch, sizes, weight, reach);
      // The embedding's gradient is summed in whole numbers: half a unit per row, and f32's division.
      const unit =
        (weight.reduce((a, b) => Math.max(a, b)) * steepest(layout, absolute)) /
        2 ** Math.floor(30 - Math.log2(rows));
      const found = state.mean.map((m) => m / (1 - BETA1));
      expectWithin(
        `seed ${seed}: gradient`,
        found,
        gradient,
        (at) =>
          (ofRow + roundings + rows / 256 + 16) * EPSILON * reach[at] +
          (at < layout.embeddingBias && reach[at] > 0 ? rows * unit : 0),
      );
      // The step itself, from the device's own gradient.
      const step = Float64Array.from(parameters, (value, at) => {
        const g = found[at];
        return value - (0.01 * g) / (Math.abs(g) + 1e-3);
      });
      expectWithin(
        `seed ${seed}: parameters`,
        state.parameters,
        step,
        (at) => 16 * EPSILON * (Math.abs(parameters[at]) + 0.01),
      );
      expectWithin(
        `seed ${seed}: squares`,
        state.square,
        Float64Array.from(found, (g) => (1 - BETA2) * g * g),
        (at) => 8 * EPSILON * found[at] ** 2,
      );
    },
  );

  test.for(['listwise', 'pointwise'] as const)(
    'ends up where the CPU does after the same batches: %s',
    async (objective) => {
      const seed = freshSeed();
      const random = seededRandom(seed);
      const set = makeSet(3000, 6, 25, random);
      const layout = layoutOf({ features: 6, width: 8, hidden: 12 });
      const batches = new Batches(set, objective, 256);
      const parameters = initialParameters(layout, bucketCounts(set), seed);
      // A large epsilon: where a gradient is all but 0, Adam's step else follows the rounding's sign.
      const options: MlpEngineOptions = {
        objective,
        rate: 0.01,
        l2: 1e-3,
        epsilon: 1e-2,
        mostRows: batches.mostRows,
        mostSlates: batches.mostSlates,
      };
      const ends = [];
      for (const make of [cpuMlpEngine, gpuMlpEngine(theGpu())]) {
        const engine = make(layout, options);
        engine.write(emptyState(layout, parameters));
        let steps = 0;
        for (const batch of batches.shuffled(seed)) {
          await engine.step(batch);
          steps++;
        }
        expect(steps).toBeGreaterThan(8);
        ends.push({ ...(await engine.read()), loss: await engine.takeLoss() });
        engine.destroy();
      }
      const [cpu, gpu] = ends;
      expect(gpu.steps).toBe(cpu.steps);
      // A unit at its kink may be open on one and shut on the other, which moves a few parameters by a row's share;
      // by itself rounding moves them by a millionth.
      const size = (values: Float32Array) => Math.hypot(...values) / Math.sqrt(layout.size);
      const apart = size(gpu.parameters.map((value, at) => value - cpu.parameters[at]));
      const travelled = size(cpu.parameters.map((value, at) => value - parameters[at]));
      expect(apart, `seed ${seed}`).toBeLessThan(0.01 * travelled);
      expectWithin(`seed ${seed}: loss`, [gpu.loss], [cpu.loss], () => 1e-3 * cpu.loss);
      const moved = cpu.parameters.filter((value, at) => Math.abs(value - parameters[at]) > 1e-3);
      expect(moved.length).toBeGreaterThan(layout.size / 10);
    },
  );

  test('a run repeats bit for bit, goes on from a checkpoint, and learns as the CPU does', async () => {
    const seed = freshSeed();
    const random = seededRandom(seed);
    const set = makeSet(2000, 5, 25, random);
    const validation = makeSet(800, 5, 25, random);
    const options = {
      objective: 'listwise',
      seed,
      batchRows: 500,
      rate: 0.01,
      validation,
    } as const;
    const runs = [gpuMlpEngine(theGpu()), gpuMlpEngine(theGpu()), cpuMlpEngine].map((make) => {
      const run = new MlpRun(make);
      run.start(set, options);
      return run;
    });
    const firsts = [];
    for (const run of runs) firsts.push(await run.epoch());
    const [one, two, cpu] = runs;
    expect(await one.checkpoint()).toEqual(await two.checkpoint());
    for (const measure of ['trainLoss', 'validationLoss'] as const)
      expect(Math.abs(firsts[0][measure]! / firsts[2][measure]! - 1), `seed ${seed}`).toBeLessThan(
        1e-3,
      );
    // The GPU's checkpoint, gone on with on the CPU.
    cpu.resume(await one.checkpoint());
    const [a, b] = [await one.epoch(), await cpu.epoch()];
    expect(Math.abs(a.validationLoss! / b.validationLoss! - 1), `seed ${seed}`).toBeLessThan(1e-3);
    for (const run of runs) run.close();
  });
});

/** The most that one unit of a row's gradient becomes in the first layer. */
function steepest(layout: MlpLayout, absolute: Float32Array): number {
  const { width, hidden, weights, output } = layout;
  const slopes = Array.from({ length: width }, (_, e) =>
    hidden === 0
      ? absolute[output + e]
      : Array.from({ length: hidden }, (_unused, j) => j).reduce(
          (sum, j) => sum + absolute[output + j] * absolute[weights + j * width + e],
          0,
        ),
  );
  return Math.max(...slopes);
}

const earned = ({ starts, reward }: MlpBatch, row: number): number => {
  const slate = starts.findIndex((start) => start > row) - 1;
  return reward.subarray(starts[slate], starts[slate + 1]).reduce((a, b) => a + b, 0);
};
