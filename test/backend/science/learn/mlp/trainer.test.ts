import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';

import { cpuMlpEngine } from '../../../../../backend/device/cpu/mlp-engine.ts';
import type { MlpBatch } from '../../../../../backend/science/learn/device/mlp-engine.ts';
import { forward, makeActivations } from '../../../../../backend/science/learn/mlp/gradient.ts';
import { layoutOf } from '../../../../../backend/science/learn/mlp/parameters.ts';
import { toNetwork } from '../../../../../backend/science/learn/mlp/to-network.ts';
import { MlpRun, type MlpOptions } from '../../../../../backend/science/learn/mlp/trainer.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import type { Network } from '../../../../../shared/score/network.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { agreeingSlates } from './support.ts';

const train = agreeingSlates(3000, 4, 1);
const validation = agreeingSlates(1000, 4, 2);
const OPTIONS: MlpOptions = {
  objective: 'listwise',
  seed: 7,
  rate: 0.01,
  batchRows: 1024,
  validation,
};

/** The plain form of what serving computes. */
function scoreWith(network: Network, codes: ArrayLike<number>): number {
  let h = Array.from(network.embeddingBias, (bias, e) =>
    Math.max(
      0,
      Array.from(codes).reduce(
        (sum, code, f) => sum + network.embedding[(f * 256 + code) * network.width + e],
        bias,
      ),
    ),
  );
  for (const { size, weights, bias } of network.hidden) {
    const inputs = h;
    h = Array.from({ length: size }, (_, j) =>
      Math.max(
        0,
        inputs.reduce((sum, x, e) => sum + weights[j * inputs.length + e] * x, bias[j]),
      ),
    );
  }
  return h.reduce((sum, x, j) => sum + network.output[j] * x, network.outputBias);
}

describe('an MLP', () => {
  test.for([
    ['one hidden layer', 0],
    ['two hidden layers', 16],
  ] as const)('learns an interaction that no additive scorer can: %s', async ([, hidden]) => {
    const run = new MlpRun(cpuMlpEngine);
    run.start(train, { ...OPTIONS, hidden });
    let last = await run.epoch();
    const first = last;
    for (let epoch = 1; epoch < 12 && !last.stop; epoch++) last = await run.epoch();
    const { best } = await run.checkpoint();
    run.close();
    const additive = await fitAdditive(train, validation, {
      schema: { ...smarttrip, constraints: [] },
      objective: 'listwise',
      start: new Float64Array(4 * 256),
      prior: new Float64Array(4 * 256),
      l2: 1,
      slope: 1,
      maxIterations: 30,
      patience: 5,
      device: cpuDevice(),
    });
    const additiveLoss = Math.min(...additive.curve.map((step) => step.validationLoss!));
    expect(best.loss).toBeLessThan(first.validationLoss!);
    expect(best.loss).toBeLessThan(0.8 * additiveLoss);
  });

  test('goes on from a checkpoint exactly as if it had not stopped', async () => {
    const straight = new MlpRun(cpuMlpEngine);
    straight.start(train, OPTIONS);
    await straight.epoch();
    const checkpoint = await straight.checkpoint();
    const expected = [await straight.epoch(), await straight.epoch()];
    const resumed = new MlpRun(cpuMlpEngine);
    resumed.start(train, OPTIONS);
    resumed.resume(checkpoint);
    expect([await resumed.epoch(), await resumed.epoch()]).toEqual(expected);
    expect(await resumed.checkpoint()).toEqual(await straight.checkpoint());
  });

  test('says stop when validation no longer improves, and serves the best epoch', async () => {
    // So few slates that it learns them by heart.
    const run = new MlpRun(cpuMlpEngine);
    run.start(agreeingSlates(60, 4, 5), { ...OPTIONS, rate: 0.05, patience: 2 });
    const curve = [await run.epoch()];
    while (!curve.at(-1)!.stop) curve.push(await run.epoch());
    const losses = curve.map((epoch) => epoch.validationLoss!);
    const { best } = await run.checkpoint();
    expect(curve.length).toBe(best.epoch + 2);
    expect(Math.min(...losses)).toBe(best.loss);
    const layout = layoutOf({ features: 4, width: 16, hidden: 32 });
    expect(run.toNetwork(0.05)).toEqual(toNetwork(layout, best.parameters, 0.05));
  });

  test.for([
    ['pointwise, no second layer', 0, 'pointwise'],
    ['listwise, a second layer', 8, 'listwise'],
  ] as const)('serves what it learned, in points: %s', async ([, hidden, objective]) => {
    const run = new MlpRun(cpuMlpEngine);
    run.start(train, { ...OPTIONS, hidden, objective, width: 8 });
    await run.epoch();
    const { best } = await run.checkpoint();
    const layout = layoutOf({ features: 4, width: 8, hidden });
    const rows = 200;
    const random = seededRandom(3);
    const codes = Uint8Array.from({ length: 4 * rows }, () => Math.floor(10 * random()));
    const batch: Pick<MlpBatch, 'rows' | 'codes' | 'base'> = {
      rows,
      codes,
      base: new Float32Array(rows),
    };
    const activations = makeActivations(layout, rows);
    forward(layout, best.parameters, batch, activations);
    const whole = run.toNetwork(0.05);
    // The last feature as the shown position, which serving does not have.
    const held = run.toNetwork(0.05, 3, 2);
    expect(held.embedding.length).toBe(3 * 256 * 8);
    for (let row = 0; row < rows; row++) {
      const own = codes.subarray(4 * row, 4 * row + 4);
      const points = scoreWith(whole, own);
      expect(Math.abs(0.05 * points - activations.scores[row])).toBeLessThan(1e-5);
      const atSlot2 = scoreWith(whole, [...own.subarray(0, 3), 2]);
      expect(Math.abs(scoreWith(held, own.subarray(0, 3)) - atSlot2)).toBeLessThan(1e-4);
    }
  });

  test('continues a scorer whose scores it is given', async () => {
    // The base already holds the interaction: nothing is left to learn, so little is changed.
    const base = (set: typeof train) =>
      Float32Array.from({ length: set.rows }, (_, row) =>
        set.codes[row] > 4 === set.codes[set.rows + row] > 4 ? 3 : 0,
      );
    const known = new MlpRun(cpuMlpEngine);
    const validationSet = { ...validation, base: base(validation) };
    known.start({ ...train, base: base(train) }, { ...OPTIONS, validation: validationSet });
    const unknown = new MlpRun(cpuMlpEngine);
    unknown.start(train, OPTIONS);
    expect((await known.epoch()).validationLoss!).toBeLessThan(
      0.9 * (await unknown.epoch()).validationLoss!,
    );
  });

  test.for([
    ['a width that is no multiple of 4', { width: 6 }, 'width is 6, must be a multiple of 4'],
    ['a hidden layer of 500', { hidden: 500 }, 'hidden is 500, must be a multiple of 4 up to 256'],
  ] as const)('refuses %s', ([, options, message]) => {
    expect(() => new MlpRun(cpuMlpEngine).start(train, { ...OPTIONS, ...options })).toThrow(
      message,
    );
  });

  test('refuses a set without a reward', () => {
    const reward = new Float64Array(train.rows);
    expect(() => new MlpRun(cpuMlpEngine).start({ ...train, reward }, OPTIONS)).toThrow(
      'no row has a reward',
    );
  });
});
