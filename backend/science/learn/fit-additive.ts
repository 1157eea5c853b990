/// <reference types="@webgpu/types" />
import type { Schema } from '../../../shared/features/schema.ts';
import { STRIDE } from '../../../shared/score/scorer.ts';
import { GpuAdditiveLoss } from '../../device/gpu/additive.ts';
import { endsGpuRun, gpuOf, type DeviceChoice } from '../../device/gpu/choose-device.ts';
import { AdditiveProblem, rowLossOf } from './additive-problem.ts';
import type { FitMethod } from './fit-method.ts';
import { AdditiveLoss } from '../../device/cpu/additive-loss.ts';
import { codesBytes, loadCodes, strideOf, type CodeMatrix } from '../../device/cpu/code-matrix.ts';
import { KernelPool } from '../../device/cpu/pool.ts';
import { lossBytes } from '../../device/cpu/row-losses.ts';
import { threadsFor } from '../../device/cpu/threads-for.ts';
import { miniBatch } from './mini-batch.ts';
import { projectedDescent } from './projected-descent.ts';
import { quasiNewton } from './quasi-newton.ts';
import type { TrainingSet } from './training-set.ts';

export interface FitOptions {
  readonly schema: Schema;
  readonly objective: 'listwise' | 'pointwise';
  /** Start of the descent, log-odds, `Float64Array(set.features × STRIDE)`. */
  readonly start: Float64Array;
  /** What ridge and lasso pull towards, same shape. */
  readonly prior: Float64Array;
  readonly l2: number;
  readonly l1?: number;
  /** Log-odds per point. */
  readonly slope: number;
  /** Epochs, with mini-batches. */
  readonly maxIterations: number;
  /** Stop when the validation loss has not improved for this many iterations. */
  readonly patience: number;
  /** Stop when an iteration saves less than this share of the objective; default 1e-9. */
  readonly tolerance?: number;
  /** Default full-batch. */
  readonly method?: FitMethod;
  /** Of the order of mini-batches; default 1. */
  readonly seed?: number;
  readonly threads?: number;
  /** Default: the CPU. */
  readonly device?: DeviceChoice;
  readonly log?: (line: string) => void;
  readonly onIteration?: (step: FitStep) => void;
}

export interface FitStep {
  readonly iteration: number;
  /** Per unit of reward (listwise) or per row (pointwise), without the penalties. */
  readonly trainLoss: number;
  readonly validationLoss?: number;
}

export interface Fit {
  /** Log-odds, `Float64Array(set.features × STRIDE)`: those of the best iteration. */
  readonly weights: Float64Array;
  readonly iterations: number;
  readonly curve: readonly FitStep[];
}

/**
 * Minimises `loss(w) + l2/2 · ‖w − prior‖² + l1 · ‖w − prior‖₁` under the schema's constraints. Full batch: all rows
 * count in every iteration, by L-BFGS, or, where there is a lasso or a constraint, by projected gradient descent; on
 * the GPU where there is one, and from the last iterate on the CPU when that is lost. Mini-batch: by Adam, on the CPU.
 * @param validation stops the descent early; absent, it runs `maxIterations`.
 */
export async function fitAdditive(
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
): Promise<Fit> {
  const { device, method = 'full-batch', log = () => {} } = options;
  const progress = new Progress(options);
  const gpu = gpuOf(device);
  if (gpu !== undefined && method === 'mini-batch')
    log('mini-batch descent runs on the CPU: a batch is too small to keep a GPU busy');
  if (gpu !== undefined && method === 'full-batch') {
    try {
      await onGpu(gpu, set, validation, options, progress);
      return progress.fit();
    } catch (error) {
      if (!endsGpuRun(error)) throw error;
      log(`${error.message}: the fit goes on from iteration ${progress.iteration} on the CPU`);
    }
  }
  const start = progress.last ?? options.start;
  const maxIterations = options.maxIterations - progress.iteration;
  if (maxIterations > 0)
    await onCpu(set, validation, { ...options, start, maxIterations }, progress);
  return progress.fit();
}

async function onGpu(
  device: GPUDevice,
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
  progress: Progress,
): Promise<void> {
  const losses: GpuAdditiveLoss[] = [];
  const problemOf = (one: TrainingSet) => {
    const objective = options.objective === 'listwise' ? 'softmax' : 'logistic';
    const loss = new GpuAdditiveLoss(device, one, objective);
    losses.push(loss);
    return new AdditiveProblem(loss, one, options);
  };
  try {
    const problem = problemOf(set);
    await progress.follow(problem, validation && problemOf(validation));
    await fullBatch(problem, progress, options);
  } finally {
    for (const loss of losses) loss.destroy();
  }
}

async function onCpu(
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
  progress: Progress,
): Promise<void> {
  const threads = options.threads ?? threadsFor(set.rows * set.features);
  const sizes = [set, ...(validation ? [validation] : [])].map((one) => bytesFor(one, threads));
  const pool = new KernelPool(
    sizes.reduce((sum, size) => sum + size, 0),
    threads,
  );
  const problemOf = (one: TrainingSet, matrix: CodeMatrix) => {
    const loss = new AdditiveLoss(matrix, rowLossOf(pool, one, options.objective));
    return new AdditiveProblem(loss, one, options);
  };
  try {
    const matrix = loadCodes(pool, set);
    const problem = problemOf(set, matrix);
    await progress.follow(
      problem,
      validation && problemOf(validation, loadCodes(pool, validation)),
    );
    if (options.method === 'mini-batch') await miniBatch(problem, progress, options, set, matrix);
    else await fullBatch(problem, progress, options);
  } finally {
    await pool.close();
  }
}

const fullBatch = (
  problem: AdditiveProblem,
  progress: Progress,
  options: FitOptions,
): Promise<void> => {
  const isFree = options.schema.constraints.length === 0 && (options.l1 ?? 0) === 0;
  return (isFree ? quasiNewton : projectedDescent)(problem, progress, options);
};

/** Bytes for the scores of the descent's points. */
const SCORE_BUFFERS = 3;

const bytesFor = ({ rows, features, starts }: TrainingSet, threads: number): number =>
  codesBytes(rows, features) +
  lossBytes(rows, starts.length) +
  AdditiveLoss.sizeBytes(rows, strideOf(features), threads, SCORE_BUFFERS);

/** What a descent reports after each iteration, and whether it should go on: on one device, then maybe on another. */
export class Progress {
  readonly #options: FitOptions;
  readonly #curve: FitStep[] = [];
  #problem!: AdditiveProblem;
  #held: AdditiveProblem | undefined;
  #heldScores = 0;
  #best: { weights: Float64Array; judged: number; iteration: number } | undefined;
  #last: Float64Array | undefined;
  #objective = Number.POSITIVE_INFINITY;

  constructor(options: FitOptions) {
    this.#options = options;
  }

  /** Losses come from here on from these. */
  async follow(problem: AdditiveProblem, held: AdditiveProblem | undefined): Promise<void> {
    this.#problem = problem;
    this.#held = held;
    this.#heldScores = held?.loss.allocateScores() ?? 0;
    const { start } = this.#options;
    const judged = held ? await this.#heldLoss(start) : Number.POSITIVE_INFINITY;
    this.#best ??= { weights: start, judged, iteration: 0 };
  }

  get iteration(): number {
    return this.#curve.length;
  }

  /** Weights of the last iteration. */
  get last(): Float64Array | undefined {
    return this.#last;
  }

  /** @returns false when the descent is to end. */
  async goesOn(weights: Float64Array, smooth: number, objective: number): Promise<boolean> {
    const step: FitStep = {
      iteration: this.iteration + 1,
      trainLoss: smooth / this.#problem.mass,
      ...(this.#held && { validationLoss: await this.#heldLoss(weights) }),
    };
    this.#curve.push(step);
    this.#last = Float64Array.from(weights);
    this.#options.onIteration?.(step);
    const judged = step.validationLoss ?? objective;
    const { maxIterations, patience, tolerance = 1e-9 } = this.#options;
    if (this.#best === undefined || judged < this.#best.judged)
      this.#best = { weights: this.#last, judged, iteration: step.iteration };
    const gained = this.#objective - objective;
    this.#objective = objective;
    const least = Math.max(tolerance, this.#problem.loss.precision) * Math.abs(objective);
    return (
      step.iteration < maxIterations &&
      step.iteration - this.#best.iteration < patience &&
      !(Math.abs(gained) <= least)
    );
  }

  fit(): Fit {
    const { weights, iteration } = this.#best ?? { weights: this.#options.start, iteration: 0 };
    return { weights, iterations: iteration, curve: this.#curve };
  }

  async #heldLoss(weights: Float64Array): Promise<number> {
    const { loss, mass } = this.#held!;
    loss.score(weights, this.#heldScores);
    return (await loss.value(this.#heldScores)) / mass;
  }
}

export const emptyWeights = (features: number): Float64Array => new Float64Array(features * STRIDE);
