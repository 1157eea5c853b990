/// <reference types="@webgpu/types" />
import type { Histogram } from '../train/histogram.ts';
import type { CodesOptions } from './codes.ts';
import { DeviceRows, type GpuObjective, type Labelled } from './device-rows.ts';
import { histogramBytes, HistogramPass, toHistogram } from './histogram-pass.ts';
import { MAX_FIXED } from './histogram.wgsl.ts';
import { Workspace, type Step } from './kernel.ts';
import { additiveScoresStep } from './scores.ts';

export interface AdditiveGradient extends Histogram {
  /** Total loss, without penalties. */
  readonly loss: number;
}

/**
 * Loss, gradient and hessian diagonal of an additive model, all on the device: scores, the loss's gradient per row, and
 * its histogram. Only the F × 256 sums come back. Rows must fit the device; `gpuHistogram` streams where they do not.
 * The gradient is off by half a whole number's step per row in a bucket (see `histogram.ts`), and by f32's scores.
 */
export class GpuAdditive {
  readonly #workspace: Workspace;
  readonly #rows: DeviceRows;
  readonly #weights: GPUBuffer;
  readonly #sums: GPUBuffer;
  readonly #scoring: readonly Step[];
  readonly #gradient: readonly Step[];

  constructor(
    device: GPUDevice,
    set: Labelled,
    objective: GpuObjective,
    options: CodesOptions = {},
  ) {
    if (set.base !== undefined)
      throw new RangeError('an additive model has no base scores: leave `base` out');
    const workspace = new Workspace(device);
    const rows = new DeviceRows(device, set, objective, options);
    const { blocks, features } = rows;
    this.#workspace = workspace;
    this.#rows = rows;
    this.#weights = workspace.storage(features * 1024);
    this.#sums = workspace.storage(histogramBytes(features));
    const largest = Math.max(...blocks.map((block) => block.rows));
    const pass = new HistogramPass(workspace, features, largest, 1);
    const place = workspace.upload(Uint32Array.of(0));
    this.#scoring = [
      ...blocks.map((block) =>
        additiveScoresStep(
          workspace,
          block.codes,
          this.#weights,
          block.scores,
          block.rows,
          features,
        ),
      ),
      ...rows.gradients(),
    ];
    this.#gradient = [
      ...rows.toFixed(),
      ...blocks.flatMap((block, b) => {
        const tiles = Uint32Array.of(0, Math.ceil(block.rows / pass.tileRows));
        return [
          pass.whole(block.codes, block.fixed, block.rows),
          pass.addTiles(workspace.upload(tiles), this.#sums, place, 1, b > 0),
        ];
      }),
    ];
  }

  /** @param weights log-odds, `F × 256`. */
  async loss(weights: Float64Array): Promise<number> {
    this.#workspace.write(this.#weights, Float32Array.from(weights));
    this.#workspace.submit(this.#scoring);
    return this.#rows.loss();
  }

  /** @param weights log-odds, `F × 256`. */
  async evaluate(weights: Float64Array): Promise<AdditiveGradient> {
    const workspace = this.#workspace;
    workspace.write(this.#weights, Float32Array.from(weights));
    workspace.clear(this.#rows.largest);
    workspace.submit([...this.#scoring, ...this.#gradient]);
    const words = new Int32Array(await workspace.read(this.#sums));
    const most = new Float32Array(await workspace.read(this.#rows.largest, 8));
    const [gradientStep, hessianStep] = Array.from(most, (m) => Math.max(m, 1e-30) / MAX_FIXED);
    return {
      ...toHistogram(words, this.#rows.features, 0, gradientStep, hessianStep),
      loss: await this.#rows.loss(),
    };
  }

  destroy(): void {
    this.#rows.destroy();
    this.#workspace.destroy();
  }
}
