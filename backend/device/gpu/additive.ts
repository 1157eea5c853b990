/// <reference types="@webgpu/types" />
import type { AdditiveJob, AdditiveLosses } from '../../science/learn/device/additive-losses.ts';
import type { DescentLoss } from '../../science/learn/device/descent-loss.ts';
import type { Objective } from '../../science/learn/device/objective.ts';
import type { Histogram } from '../../science/learn/histogram.ts';
import type { CodesOptions } from './codes.ts';
import { DeviceRows, type DeviceRowsSource } from './device-rows.ts';
import { UnfitForGpu } from './failures.ts';
import { histogramBytes, HistogramPass, toHistogram } from './histogram-pass.ts';
import { MAX_FIXED } from './histogram.wgsl.ts';
import { floatBits, spread, Workspace, type Step } from './kernel.ts';
import { additiveScoresStep } from './scores.ts';
import { COMBINE_WGSL } from './scores.wgsl.ts';

/**
 * The WebGPU twin of `AdditiveLoss`: scores, the loss's gradient per row, and its histogram, all on the device; only
 * the F × 256 sums come back. The gradient is off by half a whole number's step per row in a bucket (see
 * `histogram.wgsl.ts`), and by f32's scores.
 * @throws UnfitForGpu when the rows do not fit the device; its promises, DeviceLost.
 */
export class GpuAdditiveLoss implements DescentLoss {
  readonly precision = 2 ** -23;
  readonly #workspace: Workspace;
  readonly #rows: DeviceRows;
  readonly #weights: GPUBuffer;
  readonly #factors: GPUBuffer;
  /** By handle: one buffer per block. */
  readonly #scores: GPUBuffer[][] = [];
  #histogram: { readonly sums: GPUBuffer; readonly steps: readonly Step[] } | undefined;

  constructor(
    device: GPUDevice,
    set: DeviceRowsSource,
    objective: Objective,
    options: CodesOptions = {},
  ) {
    this.#workspace = new Workspace(device);
    this.#rows = new DeviceRows(device, set, objective, options);
    this.#weights = this.#workspace.storage(this.#rows.features * 1024);
    this.#factors = this.#workspace.changingUniform(2);
  }

  allocateScores(): number {
    const { blocks } = this.#rows;
    // The first are those that the rows come with.
    const isFirst = this.#scores.length === 0;
    const own = blocks.map(({ scores, rows }) =>
      isFirst ? scores : this.#workspace.storage(4 * rows),
    );
    return this.#scores.push(own) - 1;
  }

  score(weights: Float64Array, into: number): void {
    const { blocks, features } = this.#rows;
    this.#workspace.write(this.#weights, Float32Array.from(weights));
    const scores = this.#scores[into];
    this.#workspace.submit(
      blocks.map(({ codes, rows }, b) =>
        additiveScoresStep(this.#workspace, codes, this.#weights, scores[b], rows, features),
      ),
    );
  }

  combine(x: number, a: number, y: number, b: number, into: number): void {
    const workspace = this.#workspace;
    workspace.write(this.#factors, Uint32Array.of(floatBits(a), floatBits(b)));
    const [left, right, result] = [x, y, into].map((handle) => this.#scores[handle]);
    workspace.submit(
      this.#rows.blocks.map(({ rows }, block) =>
        workspace.step(
          COMBINE_WGSL,
          [left[block], right[block], result[block], workspace.uniform(rows), this.#factors],
          spread(Math.ceil(rows / 256)),
        ),
      ),
    );
  }

  async value(scores: number): Promise<number> {
    this.#workspace.submit(this.#rows.gradients(this.#scores[scores]));
    return this.#rows.loss();
  }

  async gradient(scores: number, into: Float64Array, curvature?: Float64Array): Promise<number> {
    const { histogram, loss } = await this.#evaluate(scores);
    into.set(histogram.gradient);
    curvature?.set(histogram.hessian);
    return loss;
  }

  async curvature(scores: number, into: Float64Array): Promise<void> {
    into.set((await this.#evaluate(scores)).histogram.hessian);
  }

  destroy(): void {
    this.#rows.destroy();
    this.#workspace.destroy();
  }

  async #evaluate(scores: number): Promise<{ histogram: Histogram; loss: number }> {
    const workspace = this.#workspace;
    const rows = this.#rows;
    const { sums, steps } = (this.#histogram ??= this.#histogramSteps());
    workspace.clear(rows.largest);
    workspace.submit([...rows.gradients(this.#scores[scores]), ...steps]);
    const [words, most, loss] = await Promise.all([
      workspace.read(sums),
      workspace.read(rows.largest, 8),
      rows.loss(),
    ]);
    const [gradientStep, hessianStep] = Array.from(
      new Float32Array(most),
      (value) => Math.max(value, 1e-30) / MAX_FIXED,
    );
    const histogram = toHistogram(
      new Int32Array(words),
      rows.features,
      0,
      gradientStep,
      hessianStep,
    );
    return { histogram, loss };
  }

  /** Made when a gradient is first asked for: held-out rows need none. */
  #histogramSteps() {
    const workspace = this.#workspace;
    const { blocks, features } = this.#rows;
    const sums = workspace.storage(histogramBytes(features));
    const largest = Math.max(...blocks.map((block) => block.rows));
    const pass = new HistogramPass(workspace, features, largest, 1);
    const place = workspace.upload(Uint32Array.of(0));
    const steps = [
      ...this.#rows.toFixed(),
      ...blocks.flatMap((block, b) => {
        const tiles = Uint32Array.of(0, Math.ceil(block.rows / pass.tileRows));
        return [
          pass.whole(block.codes, block.fixed, block.rows),
          pass.addTiles(workspace.upload(tiles), sums, place, 1, b > 0),
        ];
      }),
    ];
    return { sums, steps };
  }
}

/** Losses of an additive model on the GPU. @throws UnfitForGpu for mini-batches, or when the rows do not fit the device. */
export function gpuAdditive(
  device: GPUDevice,
  { train, validation, objective, method }: AdditiveJob,
): AdditiveLosses {
  if (method === 'mini-batch')
    throw new UnfitForGpu('a mini-batch is too small to keep a GPU busy');
  const losses: GpuAdditiveLoss[] = [];
  const lossOf = (rows: DeviceRowsSource) => {
    const loss = new GpuAdditiveLoss(device, rows, objective);
    losses.push(loss);
    return loss;
  };
  const close = async () => {
    for (const loss of losses) loss.destroy();
  };
  try {
    return {
      train: lossOf(train),
      ...(validation && { validation: lossOf(validation) }),
      close,
    };
  } catch (error) {
    void close();
    throw error;
  }
}
