/// <reference types="@webgpu/types" />
import type { CodeMatrix } from '../../science/learn/code-matrix.ts';
import type { LabelledRows } from '../../science/learn/device/labelled-rows.ts';
import type { Objective } from '../../science/learn/device/objective.ts';
import { discountsOf, inverseIdeals } from '../../science/learn/ndcg.ts';
import { DeviceCodes, type CodesOptions, type CodeSource } from './codes.ts';
import {
  ROWS_PER_GROUP,
  rowGradientsWgsl,
  SLATE_GRADIENTS_WGSL,
  SLATES_PER_GROUP,
  type RowLossName,
} from './gradients.wgsl.ts';
import { UnfitForGpu } from './failures.ts';
import { MAX_FIXED } from './histogram.wgsl.ts';
import { floatBits, spread, Workspace, type Step } from './kernel.ts';
import { LAMBDA_RANK_WGSL } from './lambda-rank.wgsl.ts';
import { LARGEST_PAIR_WGSL, REDUCE_ROWS, REDUCE_WGSL, TO_FIXED_WGSL } from './reduce.wgsl.ts';

/** Labelled rows, whose codes may also be made on the device. */
export type DeviceRowsSource = CodeSource & Omit<LabelledRows, keyof CodeMatrix>;

interface Block {
  readonly codes: GPUBuffer;
  readonly first: number;
  readonly rows: number;
  readonly scores: GPUBuffer;
  readonly pairs: GPUBuffer;
  readonly fixed: GPUBuffer;
  readonly results: GPUBuffer;
  readonly resultCount: number;
  /** Pairs and loss at scores, the block's own or others. */
  readonly gradientsAt: (scores: GPUBuffer) => Step[];
}

/**
 * Rows on the device with scores, and the gradients and the loss of an objective at those scores.
 * Bytes per row: 16 · ⌈F/16⌉ for codes, 24 for scores, rewards, pairs and their whole numbers; LambdaRank needs 4
 * more, trees 12 more.
 * @throws UnfitForGpu when the codes do not fit `budgetBytes`: trees need all rows at hand.
 */
export class DeviceRows {
  readonly features: number;
  readonly blocks: readonly Block[];
  /** Bits of the largest |gradient| and |hessian| of the last `gradients`. */
  readonly largest: GPUBuffer;
  readonly #codes: DeviceCodes;
  readonly #workspace: Workspace;

  constructor(
    device: GPUDevice,
    set: DeviceRowsSource,
    objective: Objective,
    options: CodesOptions = {},
  ) {
    const { features, starts, reward, base, outside } = set;
    this.features = features;
    const isListwise = objective === 'softmax' || typeof objective === 'object';
    if (isListwise && starts === undefined)
      throw new TypeError('an objective over slates needs them: give `starts`');
    const listwise = isListwise ? starts : undefined;
    this.#codes = new DeviceCodes(device, set, { ...options, starts: listwise });
    if (this.#codes.streams) {
      this.#codes.destroy();
      throw new UnfitForGpu(
        `${set.rows} rows of ${features} features exceed the budget of ${options.budgetBytes} bytes: learn on the CPU, or from a sample of the rows`,
      );
    }
    const workspace = new Workspace(device);
    this.#workspace = workspace;
    this.largest = workspace.storage(8);
    this.blocks = this.#codes.blocks.map(({ first, rows }, index) => {
      const scores = workspace.upload(
        base === undefined
          ? new Float32Array(rows)
          : Float32Array.from(base.subarray(first, first + rows)),
      );
      const earned = reward.subarray(first, first + rows);
      const target = workspace.upload(Float32Array.from(earned));
      const pairs = workspace.storage(8 * rows);
      const fixed = workspace.storage(8 * rows);
      const own = listwise && slatesWithin(listwise, first, rows);
      const none = listwise && outsideWithin(listwise, outside, first, rows);
      const lossCount = own === undefined ? Math.ceil(rows / ROWS_PER_GROUP) : own.length - 1;
      const losses = workspace.storage(4 * lossCount);
      const resultCount = Math.ceil(lossCount / REDUCE_ROWS);
      const results = workspace.storage(8 * resultCount);
      const gradient = gradientStep(workspace, objective, earned, own, none, {
        target,
        pairs,
        losses,
      });
      const reduce = workspace.step(
        REDUCE_WGSL,
        [losses, results, workspace.uniform(lossCount)],
        spread(resultCount),
      );
      return {
        codes: this.#codes.block(index),
        first,
        rows,
        scores,
        pairs,
        fixed,
        results,
        resultCount,
        gradientsAt: (at: GPUBuffer) => [gradient(at), reduce],
      };
    });
  }

  /** Gradient and hessian of each row at its score, and the loss. @param scores of each block, in place of its own. */
  gradients(scores: readonly GPUBuffer[] = this.blocks.map((block) => block.scores)): Step[] {
    return this.blocks.flatMap(({ gradientsAt }, b) => gradientsAt(scores[b]));
  }

  /** The pairs as whole numbers. `largest` must have been cleared. */
  toFixed(): Step[] {
    const { largest } = this;
    const most = this.blocks.map(({ pairs, rows }) =>
      this.#workspace.step(
        LARGEST_PAIR_WGSL,
        [pairs, largest, this.#workspace.uniform(rows)],
        spread(Math.ceil(rows / REDUCE_ROWS)),
      ),
    );
    const rounded = this.blocks.map(({ pairs, fixed, rows }) =>
      this.#workspace.step(
        TO_FIXED_WGSL,
        [pairs, largest, fixed, this.#workspace.uniform(rows, floatBits(MAX_FIXED))],
        spread(Math.ceil(rows / 256)),
      ),
    );
    return [...most, ...rounded];
  }

  /** Gradients made elsewhere (LambdaMART's, say), `Float32Array(2 × rows)`, gradient and hessian in turn. */
  writePairs(pairs: Float32Array<ArrayBuffer>): void {
    for (const { first, rows, pairs: into } of this.blocks)
      this.#workspace.write(into, pairs.subarray(2 * first, 2 * (first + rows)));
  }

  /** The total loss at the scores of the last `gradients`. */
  async loss(): Promise<number> {
    let total = 0;
    for (const { results, resultCount } of this.blocks) {
      const sums = new Float32Array(await this.#workspace.read(results, 8 * resultCount));
      for (let at = 0; at < sums.length; at += 2) total += sums[at];
    }
    return total;
  }

  async scores(): Promise<Float32Array> {
    const all = new Float32Array(this.blocks.reduce((sum, { rows }) => sum + rows, 0));
    for (const { first, rows, scores } of this.blocks)
      all.set(new Float32Array(await this.#workspace.read(scores, 4 * rows)), first);
    return all;
  }

  destroy(): void {
    this.#codes.destroy();
    this.#workspace.destroy();
  }
}

interface GradientBuffers {
  readonly target: GPUBuffer;
  readonly pairs: GPUBuffer;
  readonly losses: GPUBuffer;
}

/**
 * @param starts of the block's slates, for an objective over slates. @param outside weight of the outside option in each.
 * @returns the step for given scores.
 */
function gradientStep(
  workspace: Workspace,
  objective: Objective,
  reward: Float64Array,
  starts: Uint32Array<ArrayBuffer> | undefined,
  outside: Float32Array<ArrayBuffer> | undefined,
  { target, pairs, losses }: GradientBuffers,
): (scores: GPUBuffer) => Step {
  if (starts === undefined) {
    const shape = workspace.uniform(reward.length);
    const groups = spread(Math.ceil(reward.length / ROWS_PER_GROUP));
    const code = rowGradientsWgsl(objective as RowLossName);
    return (scores) => workspace.step(code, [scores, target, pairs, losses, shape], groups);
  }
  const slates = starts.length - 1;
  const at = workspace.upload(starts);
  if (typeof objective === 'string') {
    const shape = workspace.uniform(slates);
    const groups = spread(Math.ceil(slates / SLATES_PER_GROUP));
    const buffers = [target, at, workspace.upload(outside!), pairs, losses, shape];
    return (scores) => workspace.step(SLATE_GRADIENTS_WGSL, [scores, ...buffers], groups);
  }
  const { truncation, normalise } = objective.lambdaRank;
  let longest = 1;
  for (let slate = 0; slate < slates; slate++)
    longest = Math.max(longest, starts[slate + 1] - starts[slate]);
  const discounts = workspace.upload(Float32Array.from(discountsOf(longest)));
  const ideals = workspace.upload(Float32Array.from(inverseIdeals(reward, starts, truncation)));
  const rowAt = workspace.storage(4 * reward.length);
  const shape = workspace.uniform(slates, truncation, normalise ? 1 : 0);
  const buffers = [target, at, discounts, ideals, rowAt, pairs, losses, shape];
  return (scores) => workspace.step(LAMBDA_RANK_WGSL, [scores, ...buffers], spread(slates));
}

/** Starts of the slates that make up rows `first .. first + rows − 1`, counted from `first`. */
function slatesWithin(starts: Uint32Array, first: number, rows: number): Uint32Array<ArrayBuffer> {
  const from = starts.indexOf(first);
  const to = starts.indexOf(first + rows, from);
  return Uint32Array.from(starts.subarray(from, to + 1), (start) => start - first);
}

/** Weight of the outside option in each of these slates. */
function outsideWithin(
  starts: Uint32Array,
  outside: Float32Array | undefined,
  first: number,
  rows: number,
): Float32Array<ArrayBuffer> {
  const from = starts.indexOf(first);
  const to = starts.indexOf(first + rows, from);
  return outside === undefined
    ? new Float32Array(to - from)
    : Float32Array.from(outside.subarray(from, to));
}
