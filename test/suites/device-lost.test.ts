/// <reference types="@webgpu/types" />
import { expect, test } from 'vitest';
import { chooseDevice, gpuDevice } from '../../backend/device/choose-device.ts';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { GpuBooster } from '../../backend/device/gpu/booster.ts';
import { DeviceLost } from '../../backend/device/gpu/failures.ts';
import { openGpu, type FoundGpu } from '../../backend/device/gpu/open-gpu.ts';
import { gpuHistogram } from './support/gpu-histogram.ts';
import { fitAdditive } from '../../backend/science/learn/additive/fit-additive.ts';
import { emptyWeights } from '../../backend/science/learn/additive/fit-options.ts';
import type { FitStep } from '../../backend/science/learn/fit-step.ts';
import { boostedLearner } from '../../backend/science/learn/learners/boosted.ts';
import { boost } from '../../backend/science/learn/trees/boost.ts';
import type { MlpCheckpoint } from '../../backend/science/learn/mlp/trainer.ts';
import { trainMlp } from '../../backend/science/learn/mlp/train-mlp.ts';
import { agreeingSlates } from '../backend/science/learn/mlp/support.ts';
import * as visitors from '../world/agreeing.ts';
import { noGpu, whyNoGpu } from './support/gpu.ts';

/** A device of its own, to be lost. */
async function another(): Promise<FoundGpu> {
  const gpu = await openGpu();
  return gpu.found ? gpu : expect.fail(gpu.reason);
}

test.skipIf(noGpu)(
  `an MLP run whose device is lost goes on from its last checkpoint on the CPU${whyNoGpu}`,
  async () => {
    const gpu = await another();
    const lines: string[] = [];
    const epochs: { epoch: number; checkpoint: MlpCheckpoint }[] = [];
    const set = agreeingSlates(300, 3, 4);
    const options = {
      objective: 'listwise',
      seed: 3,
      batchRows: 256,
      epochs: 4,
      validation: agreeingSlates(100, 3, 5),
      patience: 9,
    } as const;
    const trainer = await trainMlp(set, {
      ...options,
      device: gpuDevice(gpu, (line) => lines.push(line)),
      onEpoch: ({ epoch }, checkpoint) => {
        epochs.push({ epoch, checkpoint });
        // In mid-run: the next epoch's work is handed in first.
        if (epoch === 2) setImmediate(() => gpu.device.destroy());
      },
    });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^the GPU .*: the run goes on from epoch 2 on the CPU$/);
    // From epoch 2 on it is the CPU's run, exactly.
    const onCpu = await trainMlp(set, {
      ...options,
      device: cpuDevice(),
      from: epochs[1].checkpoint,
    });
    expect(await trainer.checkpoint()).toEqual(await onCpu.checkpoint());
    trainer.close();
    onCpu.close();
  },
);

test.skipIf(noGpu)(
  `a device lost before the first epoch leaves all of the run to the CPU${whyNoGpu}`,
  async () => {
    const gpu = await another();
    gpu.device.destroy();
    const lines: string[] = [];
    const set = agreeingSlates(100, 3, 4);
    const options = { objective: 'listwise', seed: 3, epochs: 1 } as const;
    const trainer = await trainMlp(set, {
      ...options,
      device: gpuDevice(gpu, (line) => lines.push(line)),
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/: the run goes on from epoch 0 on the CPU$/);
    const onCpu = await trainMlp(set, {
      ...options,
      device: cpuDevice(),
    });
    expect(await trainer.checkpoint()).toEqual(await onCpu.checkpoint());
  },
);

test.skipIf(noGpu)(
  `a boosted run whose device is lost goes on from its whole trees on the CPU${whyNoGpu}`,
  async () => {
    const set = visitors.agreeingSlates(400, 3);
    const offset = Float64Array.from({ length: set.rows }, (_, row) => set.codes[row] / 10);
    const run = async (gpu: FoundGpu, rounds: number, lostAfter?: number) => {
      const [lines, steps]: [string[], FitStep[]] = [[], []];
      const fitted = await boostedLearner('softmax').fit({ set, offset }, undefined, {
        schema: visitors.agreeingSchema(),
        seed: 3,
        rounds,
        device: gpuDevice(gpu, (line) => lines.push(line)),
        onStep: (step) => {
          steps.push(step);
          if (step.iteration === lostAfter) gpu.device.destroy();
        },
      });
      return { fitted, lines, steps };
    };
    const [broken, kept] = [await another(), await another()];
    const lost = await run(broken, 8, 3);
    const whole = await run(kept, 4);
    expect(whole.lines).toEqual([]);
    expect(lost.lines).toEqual([
      expect.stringMatching(/^the GPU .*: the run goes on from tree 3 on the CPU$/),
    ]);
    expect(lost.fitted.rounds).toBe(8);
    expect(lost.steps.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // The loss before tree 4 is that of the three trees from the device.
    expect(lost.fitted.trees!.slice(0, 3)).toEqual(whole.fitted.trees!.slice(0, 3));
    expect(lost.steps[3].trainLoss).toBeCloseTo(whole.steps[3].trainLoss, 5);
    expect(lost.steps[7].trainLoss).toBeLessThan(lost.steps[3].trainLoss);
    // The next fit does not try it again.
    const { lines } = await run(broken, 2);
    expect(lines).toEqual([]);
    kept.close();
  },
);

test.skipIf(noGpu)(
  `the trees that served best on held-out rows are kept, whichever device grew them${whyNoGpu}`,
  async () => {
    const gpu = await another();
    const steps: FitStep[] = [];
    const set = visitors.agreeingSlates(150, 3);
    const fitted = await boostedLearner('lambdarank').fit(
      { set },
      { set: visitors.agreeingSlates(150, 4) },
      {
        schema: visitors.agreeingSchema(),
        seed: 3,
        rounds: 30,
        device: gpuDevice(gpu, () => {}),
        onStep: (step) => {
          steps.push(step);
          if (step.iteration === 6) gpu.device.destroy();
        },
      },
    );
    const held = steps.map(({ validationLoss }) => validationLoss!);
    expect(held.length).toBeGreaterThan(6);
    expect(fitted.rounds).toBe(1 + held.indexOf(Math.min(...held)));
  },
);

test.skipIf(noGpu).for([
  ['L-BFGS', []],
  ['projected descent', [{ feature: 'a', monotone: 'increasing' as const }]],
] as const)(
  `an additive fit whose device is lost goes on from its last iterate on the CPU: %s${whyNoGpu}`,
  async ([, constraints]) => {
    const gpu = await another();
    const start = emptyWeights(4);
    const options = {
      schema: visitors.agreeingSchema(constraints),
      objective: 'listwise',
      start,
      prior: start,
      l2: 1,
      slope: 1,
      maxIterations: 40,
      patience: 40,
    } as const;
    const lines: string[] = [];
    const set = visitors.agreeingSlates(400, 3);
    const fit = await fitAdditive(set, visitors.agreeingSlates(100, 4), {
      ...options,
      device: gpuDevice(gpu, (line) => lines.push(line)),
      onIteration: ({ iteration }) => {
        if (iteration === 3) setImmediate(() => gpu.device.destroy());
      },
    });
    expect(lines).toHaveLength(1);
    const from = Number(/goes on from iteration (\d+) on the CPU$/.exec(lines[0])?.[1]);
    expect(from).toBeGreaterThanOrEqual(3);
    expect(fit.curve.map(({ iteration }) => iteration)).toEqual(fit.curve.map((_, i) => i + 1));
    expect(fit.curve.length).toBeGreaterThan(from);
    expect(fit.curve[from].trainLoss).toBeLessThan(fit.curve[0].trainLoss);
    const onCpu = await fitAdditive(set, undefined, { ...options, device: cpuDevice() });
    expect(fit.curve.at(-1)!.trainLoss / onCpu.curve.at(-1)!.trainLoss).toBeCloseTo(1, 4);
  },
);

test.skipIf(noGpu)(`rows that a GPU cannot hold are learned on the CPU${whyNoGpu}`, async () => {
  const gpu = await another();
  const small = new Proxy(gpu.device, {
    get: (device, name) => {
      if (name === 'limits') return { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 4096 };
      const value: unknown = Reflect.get(device, name);
      return typeof value === 'function' ? value.bind(device) : value;
    },
  });
  const lines: string[] = [];
  const start = emptyWeights(4);
  const fit = await fitAdditive(visitors.agreeingSlates(400, 3), undefined, {
    schema: visitors.agreeingSchema(),
    objective: 'listwise',
    start,
    prior: start,
    l2: 1,
    slope: 1,
    maxIterations: 3,
    patience: 3,
    device: gpuDevice({ ...gpu, device: small }, (line) => lines.push(line)),
  });
  expect(lines).toEqual([
    expect.stringMatching(
      /is over this GPU's 4096.*: the fit goes on from iteration 0 on the CPU$/,
    ),
  ]);
  expect(fit.curve).toHaveLength(3);
  gpu.close();
});

test.skipIf(noGpu)(
  `trees grown before the device is lost are kept by who asked for them${whyNoGpu}`,
  async () => {
    const gpu = await another();
    const { rows, features, codes, reward, starts } = agreeingSlates(300, 3, 4);
    const trees: number[] = [];
    const booster = new GpuBooster(gpu.device, {
      train: { rows, features, codes, reward, starts },
      objective: 'softmax',
      options: {
        order: 'depth',
        maxDepth: 3,
        maxLeaves: 8,
        lambda: 1,
        minChildHessian: 1,
        minChildRows: 0,
        minGain: 0,
        rate: 0.1,
      },
    });
    const run = boost(booster, { trees: 20 }, ({ tree }) => {
      trees.push(tree);
      if (tree === 3) gpu.device.destroy();
    });
    await expect(run).rejects.toThrow(DeviceLost);
    expect(trees).toEqual([1, 2, 3]);
  },
);

test.skipIf(noGpu)(`what WebGPU refuses is thrown by the next answer${whyNoGpu}`, async () => {
  const gpu = await another();
  const kernel = gpuHistogram(gpu.device, { rows: 4, features: 1, codes: new Uint8Array(4) });
  gpu.device.createBuffer({ size: 16, usage: 0xffff });
  await expect(kernel.run(new Float64Array(4), new Float64Array(4))).rejects.toThrow(
    /WebGPU refused: .*BufferUsage/,
  );
  // Told once: the device is as good as before.
  await kernel.run(new Float64Array(4), new Float64Array(4));
  gpu.close();
});

test('this machine learns on the GPU only where one is in hardware', async () => {
  const gpu = await openGpu();
  const choice = await chooseDevice();
  expect(choice.kind).toBe(gpu.found && !gpu.software ? 'gpu' : 'cpu');
  expect(choice.because).toContain(gpu.found ? gpu.name : gpu.reason);
  choice.close();
  if (gpu.found) gpu.close();
});

const found = (software: boolean): FoundGpu => ({
  found: true,
  device: undefined as unknown as GPUDevice,
  name: 'Example 9000',
  software,
  close: () => {},
});

test.for([
  ['a hardware adapter is used', found(false), 'gpu', 'learning on the GPU: Example 9000'],
  [
    'a software adapter is not',
    found(true),
    'cpu',
    'learning on the CPU: software adapter Example 9000 is not used for speed',
  ],
  [
    'without an adapter it is the CPU',
    { found: false, reason: 'no Vulkan, Metal or D3D12 driver was found' },
    'cpu',
    'learning on the CPU: no Vulkan, Metal or D3D12 driver was found',
  ],
] as const)('%s, and the log says so', async ([, gpu, kind, because]) => {
  const lines: string[] = [];
  const choice = await chooseDevice(
    (line) => lines.push(line),
    async () => gpu,
  );
  expect(choice).toMatchObject({ kind, because });
  expect(lines).toEqual([because]);
});
