import { expect, onTestFinished, test } from 'vitest';
import { gpuDevice } from '../../backend/device/choose-device.ts';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { openGpu } from '../../backend/device/gpu/open-gpu.ts';
import { fitUnitTrees } from '../../backend/science/metric-weighting/fit-unit-trees.ts';
import { gpuName, noGpu, randomCodes, seededRandom } from './support/gpu.ts';

test.skipIf(noGpu).each([false, true])(
  `boosted trees on units are the CPU's on the GPU (${gpuName}), labels of yes and no: %s`,
  async (isBinary) => {
    const gpu = await openGpu();
    if (!gpu.found) return expect.fail(gpu.reason);
    onTestFinished(() => gpu.close());
    const random = seededRandom(11);
    const columns = randomCodes(3000, 4, random);
    const labels = Float64Array.from({ length: 3000 }, (_, row) => {
      const value = columns.codes[row] / 128 - columns.codes[3000 + row] / 256 + random();
      return isBinary ? Number(value > 0.8) : value;
    });
    const options = { model: 'boosted', isBinary, trees: 40, seed: 1 } as const;
    const lines: string[] = [];
    const device = gpuDevice(gpu, (line) => lines.push(line));
    const [onCpu, onGpu] = [
      await fitUnitTrees(columns, labels, { ...options, device: cpuDevice() }),
      await fitUnitTrees(columns, labels, { ...options, device }),
    ].map((model) => model.predict(columns));
    expect(lines).toEqual([]);
    let [apart, spread] = [0, 0];
    const mean = onCpu.reduce((sum, value) => sum + value, 0) / 3000;
    onCpu.forEach((value, row) => {
      apart += (value - onGpu[row]) ** 2;
      spread += (value - mean) ** 2;
    });
    // Gradients are rounded in two ways, so that a near tie may fall either way.
    expect(apart / spread).toBeLessThan(0.01);
    return undefined;
  },
);
