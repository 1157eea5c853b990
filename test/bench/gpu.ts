/// <reference types="@webgpu/types" />
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { GpuBooster } from '../../backend/device/gpu/booster.ts';
import { DeviceCodes } from '../../backend/device/gpu/codes.ts';
import { openGpu } from '../../backend/device/gpu/open-gpu.ts';
import {
  histogramBytes,
  HistogramPass,
  toHistogram,
} from '../../backend/device/gpu/histogram-pass.ts';
import { slotsOf } from '../../backend/device/gpu/histogram.wgsl.ts';
import { Workspace, type Step } from '../../backend/device/gpu/kernel.ts';
import { additiveScoresStep } from '../../backend/device/gpu/scores.ts';
import { additiveScores, histogram } from '../../backend/science/learn/histogram.ts';
import { boost } from '../../backend/science/learn/trees/boost.ts';
import {
  codeBytes,
  fillPairs,
  madeCode,
  madeOnDevice,
  madeOnHost,
  madePair,
} from './support/made-codes.ts';

/**
 * The GPU kernels against the device's own copy bandwidth, and boosted trees, on made codes. Needs Node, this
 * repository and `node_modules/webgpu`. Each size is checked against the CPU twin before it is timed.
 *   node test/bench/gpu.ts [--rows 10000000,100000000] [--out result.json] [--allow-software] [--dawn FLAG]
 */
const FEATURES = 32;
const CHECKED_ROWS = 200_000;
const BOOST_ROWS = 10_000_000;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000,100000000' },
    trees: { type: 'string', default: '100' },
    repeats: { type: 'string', default: '20' },
    out: { type: 'string' },
    'allow-software': { type: 'boolean', default: false },
    /** For Dawn, e.g. enable-dawn-features=disable_robustness. */
    dawn: { type: 'string', multiple: true, default: [] },
  },
});
const repeats = Number(options.repeats);

interface PassResult {
  readonly ms: number;
  /** What must be moved at least: codes and pairs or scores once. */
  readonly leastGBs: number;
  /** What the kernel moves, by its own account. */
  readonly movedGBs: number;
  readonly leastShareOfCopy: number;
}

const gpu = await openGpu(options.dawn);
if (!gpu.found || (gpu.software && !options['allow-software'])) {
  const seen = gpu.found ? `only the software adapter ${gpu.name}` : gpu.reason;
  console.log(
    `no GPU to measure: ${seen}. This needs a hardware adapter that WebGPU can open (a Vulkan, Metal or D3D12 driver) with 8 GiB of memory for 100,000,000 × ${FEATURES} codes, or --rows for less; --allow-software --rows 100000 tries the script itself.`,
  );
  process.exit(0);
}
const { device } = gpu;
const timesPasses = device.features.has('timestamp-query');

/** Milliseconds of the work that `submit` hands in; the least of three. */
async function fastestMs(
  submit: (timing?: GPUComputePassTimestampWrites) => void,
  inPass: boolean,
) {
  submit();
  await device.queue.onSubmittedWorkDone();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    if (inPass && timesPasses) {
      const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
      const workspace = new Workspace(device);
      const resolved = workspace.storage(256, GPUBufferUsage.QUERY_RESOLVE);
      submit({ querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
      const encoder = device.createCommandEncoder();
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      device.queue.submit([encoder.finish()]);
      const [from, to] = new BigInt64Array(await workspace.read(resolved, 16));
      workspace.destroy();
      querySet.destroy();
      best = Math.min(best, Number(to - from) / 1e6);
    } else {
      const from = performance.now();
      submit();
      await device.queue.onSubmittedWorkDone();
      best = Math.min(best, performance.now() - from);
    }
  }
  return best;
}

/** GB/s of a device-to-device copy, bytes read and bytes written both counted. */
async function copyBandwidth(): Promise<number> {
  const bytes = Math.min(
    2 ** 30,
    device.limits.maxBufferSize,
    gpu.found && gpu.software ? 2 ** 24 : 2 ** 30,
  );
  const { COPY_SRC, COPY_DST } = GPUBufferUsage;
  const [a, b] = [0, 1].map(() => device.createBuffer({ size: bytes, usage: COPY_SRC | COPY_DST }));
  const ms = await fastestMs(() => {
    const encoder = device.createCommandEncoder();
    for (let n = 0; n < repeats; n++)
      encoder.copyBufferToBuffer(n % 2 ? a : b, 0, n % 2 ? b : a, 0, bytes);
    device.queue.submit([encoder.finish()]);
  }, false);
  a.destroy();
  b.destroy();
  return (2 * bytes * repeats) / ms / 1e6;
}

async function timePass(
  workspace: Workspace,
  steps: readonly Step[],
  leastBytes: number,
  movedBytes: number,
  copyGBs: number,
): Promise<PassResult> {
  const many = Array.from({ length: repeats }, () => steps).flat();
  const ms = (await fastestMs((timing) => workspace.submit(many, timing), true)) / repeats;
  const leastGBs = leastBytes / ms / 1e6;
  return { ms, leastGBs, movedGBs: movedBytes / ms / 1e6, leastShareOfCopy: leastGBs / copyGBs };
}

/** Both passes over `rows` made rows; `check` compares them with the CPU twins. */
async function passes(rows: number, copyGBs: number, check: boolean) {
  const workspace = new Workspace(device);
  const codes = new DeviceCodes(device, madeOnDevice(workspace, rows, FEATURES));
  const largest = Math.max(...codes.blocks.map((block) => block.rows));
  const pass = new HistogramPass(workspace, FEATURES, largest, 1);
  const sums = workspace.storage(histogramBytes(FEATURES));
  const place = workspace.upload(Uint32Array.of(0));
  const weights = Float32Array.from(
    { length: FEATURES * 256 },
    (_, j) => ((j * 37) % 101) / 101 - 0.5,
  );
  const table = workspace.upload(weights);
  const histogramSteps: Step[] = [];
  const scoreSteps: Step[] = [];
  const scores: GPUBuffer[] = [];
  let tiles = 0;
  codes.blocks.forEach((block, index) => {
    const buffer = codes.block(index);
    const pairs = workspace.storage(8 * block.rows);
    fillPairs(workspace, pairs, block.first, block.rows);
    const own = Math.ceil(block.rows / pass.tileRows);
    tiles += own;
    const firstTile = workspace.upload(Uint32Array.of(0, own));
    histogramSteps.push(
      pass.whole(buffer, pairs, block.rows),
      pass.addTiles(firstTile, sums, place, 1, index > 0),
    );
    scores.push(workspace.storage(4 * block.rows));
    scoreSteps.push(
      additiveScoresStep(workspace, buffer, table, scores[index], block.rows, FEATURES),
    );
  });
  if (check) {
    workspace.submit([...histogramSteps, ...scoreSteps]);
    const words = new Int32Array(await workspace.read(sums));
    const found = new Float32Array(await workspace.read(scores[0], 4 * codes.blocks[0].rows));
    compare(rows, toHistogram(words, FEATURES, 0, 1, 1), found, weights);
    workspace.destroy();
    codes.destroy();
    return undefined;
  }
  const codesBytes = codeBytes(rows, FEATURES);
  const spans = FEATURES / 16;
  const partial = tiles * spans * slotsOf(16) * 8;
  const result = {
    histogram: await timePass(
      workspace,
      histogramSteps,
      codesBytes + 8 * rows,
      codesBytes + 8 * rows * spans + 2 * partial,
      copyGBs,
    ),
    additive: await timePass(
      workspace,
      scoreSteps,
      codesBytes + 4 * rows,
      codesBytes + 4 * rows,
      copyGBs,
    ),
  };
  workspace.destroy();
  codes.destroy();
  return result;
}

function compare(
  rows: number,
  found: { gradient: Float64Array; hessian: Float64Array },
  scores: Float32Array,
  weights: Float32Array,
): void {
  const matrix = { rows, features: FEATURES, codes: madeOnHost(rows, FEATURES) };
  const pairs = Array.from({ length: rows }, (_, row) => madePair(row));
  const [gradient, hessian] = [0, 1].map((side) => Float64Array.from(pairs, (pair) => pair[side]));
  const expected = histogram(matrix, gradient, hessian);
  const expectedScores = additiveScores(matrix, Float64Array.from(weights));
  const wrong = [
    expected.gradient.findIndex((sum, j) => sum !== found.gradient[j]),
    expected.hessian.findIndex((sum, j) => sum !== found.hessian[j]),
    scores.findIndex((score, row) => !(Math.abs(score - expectedScores[row]) < 1e-5)),
  ];
  if (wrong.some((at) => at >= 0))
    throw new Error(
      `the GPU differs from the CPU twin at (gradient, hessian, score) ${wrong.join(', ')}`,
    );
}

async function boostTrees(rows: number) {
  const workspace = new Workspace(device);
  const reward = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const signal =
      (madeCode(row, 0) > 64 ? 1 : -1) * (madeCode(row, 1) > 64 ? 1 : -1) + madeCode(row, 2) / 128;
    reward[row] = signal + madeCode(row, 999) / 64 > 2 ? 1 : 0;
  }
  const starts: number[] = [];
  const from = performance.now();
  const booster = new GpuBooster(device, {
    train: { ...madeOnDevice(workspace, rows, FEATURES), reward },
    objective: 'logistic',
    options: {
      order: 'depth',
      maxDepth: 6,
      maxLeaves: 64,
      lambda: 1,
      minChildHessian: 1,
      minChildRows: 0,
      minGain: 0,
      rate: 0.1,
    },
  });
  const { trees, curve } = await boost(booster, { trees: Number(options.trees) }, () =>
    starts.push(performance.now()),
  );
  await booster.close();
  workspace.destroy();
  const [first, last] = [curve[0].loss / rows, curve.at(-1)!.loss / rows];
  if (!(last < first)) throw new Error(`the trees do not lower the loss: ${first} to ${last}`);
  return {
    rows,
    trees: trees.length,
    depth: 6,
    seconds: (performance.now() - from) / 1000,
    // Without the first, which compiles kernels and fills the device.
    msPerTree: (starts.at(-1)! - starts[0]) / Math.max(1, starts.length - 1),
    lossBefore: first,
    lossAfter: last,
  };
}

const started = new Date().toISOString();
const sizes = options.rows.split(',').map(Number);
console.log(`${started}: ${gpu.name}${gpu.software ? ' (software)' : ''}, Node ${process.version}`);
const copyGBs = await copyBandwidth();
console.log(`copy on the device: ${copyGBs.toFixed(1)} GB/s read and written`);
await passes(Math.min(CHECKED_ROWS, Math.min(...sizes)), copyGBs, true);
console.log('histogram and additive scores equal their CPU twins');
const results = [];
for (const rows of sizes) {
  const result = (await passes(rows, copyGBs, false))!;
  results.push({ rows, features: FEATURES, ...result });
  for (const name of ['histogram', 'additive'] as const) {
    const { ms, leastGBs, movedGBs, leastShareOfCopy } = result[name];
    console.log(
      `${rows} × ${FEATURES} ${name.padEnd(9)} ${ms.toFixed(3)} ms, ${leastGBs.toFixed(1)} GB/s of least traffic (${movedGBs.toFixed(1)} moved), ${(100 * leastShareOfCopy).toFixed(0)} % of copy`,
    );
  }
}
const boosted = await boostTrees(Math.min(BOOST_ROWS, Math.max(...sizes)));
console.log(
  `boosting ${boosted.trees} trees of depth ${boosted.depth} on ${boosted.rows} × ${FEATURES}: ${boosted.seconds.toFixed(2)} s, ${boosted.msPerTree.toFixed(2)} ms per tree, loss ${boosted.lossBefore.toFixed(4)} to ${boosted.lossAfter.toFixed(4)}`,
);
if (options.out !== undefined) {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } =
    device.limits;
  const report = {
    date: started,
    gpu: gpu.name,
    software: gpu.software,
    limits: { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize },
    clock: timesPasses ? 'timestamp-query' : 'onSubmittedWorkDone',
    host: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    node: process.version,
    dawn: options.dawn,
    copyGBs,
    results,
    boosted,
  };
  writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
}
gpu.close();
