/// <reference types="@webgpu/types" />
import type {
  BoostedTree,
  Booster,
  BoosterOptions,
  BoostingJob,
  TreeSample,
} from '../../science/learn/device/tree-growers.ts';
import type { Objective } from '../../science/learn/device/objective.ts';
import { DeviceRows, type DeviceRowsSource } from './device-rows.ts';
import { GpuTreeGrower } from './grow-tree.ts';
import { Workspace, type Step } from './kernel.ts';

/** A boosting job whose codes may also be made on the device. */
export interface GpuBoostingJob extends Omit<BoostingJob, 'train' | 'heldOut'> {
  readonly train: DeviceRowsSource;
  readonly heldOut?: DeviceRowsSource;
}

/**
 * Boosts trees with all of the work on the device: gradients of the scores so far, a tree on them, its values added to
 * the scores. Trees grow by whole levels.
 * @throws UnfitForGpu when the rows do not fit the device; its promises, DeviceLost.
 */
export class GpuBooster implements Booster {
  readonly #rows: DeviceRows;
  readonly #heldOut: DeviceRows | undefined;
  readonly #grower: GpuTreeGrower;
  readonly #workspace: Workspace;
  readonly #before: readonly Step[];
  readonly #after: readonly Step[];

  constructor(device: GPUDevice, { train, heldOut, objective, options }: GpuBoostingJob) {
    const own: { destroy(): void }[] = [];
    const load = (rows: DeviceRowsSource, by: Objective) => {
      const loaded = new DeviceRows(device, rows, by);
      own.push(loaded);
      return loaded;
    };
    try {
      this.#rows = load(train, objective);
      this.#heldOut = heldOut && load(heldOut, objective);
      this.#grower = new GpuTreeGrower(device, this.#rows, {
        ...options,
        maxDepth: levelsFor(options),
      });
    } catch (error) {
      for (const one of own) one.destroy();
      throw error;
    }
    this.#workspace = new Workspace(device);
    this.#before = this.#rows.gradients();
    this.#after = this.#heldOut
      ? [...this.#grower.addTo(this.#heldOut), ...this.#heldOut.gradients()]
      : [];
  }

  async heldOutLoss(): Promise<number | undefined> {
    if (this.#heldOut === undefined) return undefined;
    this.#workspace.submit(this.#heldOut.gradients());
    return this.#heldOut.loss();
  }

  async next(sample?: TreeSample): Promise<BoostedTree | undefined> {
    const tree = await this.#grower.grow(this.#before, this.#after, sample);
    if (tree.left[0] === 0) return undefined;
    const loss = await this.#rows.loss();
    return { tree, loss, ...(this.#heldOut && { heldOut: await this.#heldOut.loss() }) };
  }

  async close(): Promise<void> {
    this.#grower.destroy();
    this.#rows.destroy();
    this.#heldOut?.destroy();
    this.#workspace.destroy();
  }
}

/** Whole levels that hold as many leaves as are allowed, rounded up to the next power of two. */
const levelsFor = ({ maxDepth, maxLeaves }: BoosterOptions): number =>
  Math.min(maxDepth, Math.ceil(Math.log2(maxLeaves)));
