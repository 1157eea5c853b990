import { describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import { STRIDE } from '../../../../../shared/score/scorer.ts';
import { fitAdditive } from '../../../../../backend/science/learn/additive/fit-additive.ts';
import {
  emptyWeights,
  type FitOptions,
} from '../../../../../backend/science/learn/additive/fit-options.ts';
import type { TrainingSet } from '../../../../../backend/science/learn/training-set.ts';
import { agreeingSchema, agreeingSlates } from '../../../../world/agreeing.ts';
import { freshRandom } from '../../../device/cpu/support.ts';
import { sized } from '../../../../support/size.ts';

const FEATURES = 4;

function optionsFor(set: TrainingSet, more: Partial<FitOptions>): FitOptions {
  const start = emptyWeights(set.features);
  return {
    schema: agreeingSchema(),
    objective: 'listwise',
    start,
    prior: start,
    l2: 1,
    slope: 1,
    maxIterations: 60,
    patience: 60,
    device: cpuDevice(),
    ...more,
  };
}

/** Least training loss on the way, per reward or row. */
async function lossOf(set: TrainingSet, options: FitOptions): Promise<number> {
  const { curve } = await fitAdditive(set, undefined, options);
  return Math.min(...curve.map(({ trainLoss }) => trainLoss));
}

describe('mini-batch descent', () => {
  test.each([
    ['listwise', {}],
    ['pointwise', { objective: 'pointwise' }],
    ['with a lasso', { l1: 4 }],
    ['hardly regularised', { l2: 0.01 }],
    ['under constraints', { schema: agreeingSchema([{ feature: 'c', monotone: 'decreasing' }]) }],
  ] as [string, Partial<FitOptions>][])(
    "reaches the full batch's loss to within half a percent: %s",
    async (_, more) => {
      const { seed, random } = freshRandom();
      const set = agreeingSlates(sized({ small: 2000, full: 4000 }), Math.floor(1e6 * random()));
      const options = optionsFor(set, more);
      const full = await lossOf(set, options);
      const mini = await lossOf(set, { ...options, method: 'mini-batch', seed });
      expect(mini / full, `seed ${seed}`).toBeLessThan(1.005);
      expect(mini / full, `seed ${seed}`).toBeGreaterThan(0.99);
    },
  );

  test('keeps the declared constraints to the bit', async () => {
    const set = agreeingSlates(500, 3);
    const schema = agreeingSchema([
      { feature: 'c', monotone: 'decreasing' },
      { feature: 'a', max: 0.01, min: -0.01 },
    ]);
    const { weights } = await fitAdditive(
      set,
      undefined,
      optionsFor(set, { schema, method: 'mini-batch', maxIterations: 5 }),
    );
    const c = [...weights.subarray(2 * STRIDE + 1, 2 * STRIDE + 9)];
    expect(c).toEqual(c.toSorted((x, y) => y - x));
    for (const weight of weights.subarray(1, 9)) expect(Math.abs(weight)).toBeLessThanOrEqual(0.01);
  });

  test('from a warm start is ahead of a cold one from the first epoch', async () => {
    const { seed, random } = freshRandom();
    const set = agreeingSlates(1000, Math.floor(1e6 * random()));
    const cold = optionsFor(set, { method: 'mini-batch', maxIterations: 8, seed });
    const { weights, curve } = await fitAdditive(set, undefined, cold);
    const warm = await fitAdditive(set, undefined, { ...cold, start: weights });
    expect(warm.curve[0].trainLoss, `seed ${seed}`).toBeLessThan(curve[0].trainLoss);
  });

  test('stops when held-out slates no longer gain, and keeps the best epoch', async () => {
    const set = agreeingSlates(40, 5);
    const held = agreeingSlates(200, 6);
    const fit = await fitAdditive(
      set,
      held,
      optionsFor(set, { method: 'mini-batch', l2: 0, maxIterations: 400, patience: 5 }),
    );
    const losses = fit.curve.map(({ validationLoss }) => validationLoss!);
    expect(fit.curve.length).toBeLessThan(400);
    expect(fit.iterations).toBe(1 + losses.indexOf(Math.min(...losses)));
    expect(fit.curve.length).toBe(fit.iterations + 5);
  });

  test('is the same for the same seed, and another for another', async () => {
    const set = agreeingSlates(300, 8);
    const run = async (seed: number) =>
      (
        await fitAdditive(
          set,
          undefined,
          optionsFor(set, { method: 'mini-batch', maxIterations: 2, seed }),
        )
      ).weights;
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  test('buckets that no row has are left where the penalties have them', async () => {
    const set = agreeingSlates(300, 8);
    const prior = emptyWeights(FEATURES).fill(0.5);
    const run = async (l2: number) =>
      (
        await fitAdditive(
          set,
          undefined,
          optionsFor(set, { method: 'mini-batch', maxIterations: 1, prior, l2 }),
        )
      ).weights;
    // Bucket 0 is never seen.
    expect((await run(1))[0]).toBe(0.5);
    expect((await run(0))[0]).toBe(0);
  });
});
