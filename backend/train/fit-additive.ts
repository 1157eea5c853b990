import type { Schema } from '../../shared/features/schema.ts';
import { STRIDE } from '../../shared/score/scorer.ts';
import { AdditiveProblem } from './additive-problem.ts';
import { AdditiveLoss } from './kernels/additive-loss.ts';
import { codesBytes, strideOf } from './kernels/code-matrix.ts';
import { KernelPool } from './kernels/pool.ts';
import { lossBytes } from './kernels/row-losses.ts';
import { threadsFor } from './kernels/threads-for.ts';
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
  readonly maxIterations: number;
  /** Stop when the validation loss has not improved for this many iterations. */
  readonly patience: number;
  /** Stop when an iteration saves less than this share of the objective; default 1e-9. */
  readonly tolerance?: number;
  readonly threads?: number;
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
 * Minimises `loss(w) + l2/2 · ‖w − prior‖² + l1 · ‖w − prior‖₁` under the schema's constraints. All rows count in
 * every iteration: by L-BFGS, or, where there is a lasso or a constraint, by projected gradient descent.
 * @param validation stops the descent early; absent, it runs `maxIterations`.
 */
export function fitAdditive(
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
): Fit {
  const threads = options.threads ?? threadsFor(set.rows * set.features);
  const sizes = [set, ...(validation ? [validation] : [])].map((one) => bytesFor(one, threads));
  const pool = new KernelPool(
    sizes.reduce((sum, size) => sum + size, 0),
    threads,
  );
  try {
    const problem = new AdditiveProblem(pool, set, options);
    const held = validation && new AdditiveProblem(pool, validation, options);
    const progress = new Progress(problem, held, options);
    const isFree = options.schema.constraints.length === 0 && (options.l1 ?? 0) === 0;
    (isFree ? quasiNewton : projectedDescent)(problem, progress, options);
    return progress.fit();
  } finally {
    void pool.close();
  }
}

/** Bytes for the scores of the descent's points. */
const SCORE_BUFFERS = 3;

const bytesFor = ({ rows, features, starts }: TrainingSet, threads: number): number =>
  codesBytes(rows, features) +
  lossBytes(rows, starts.length) +
  AdditiveLoss.sizeBytes(rows, strideOf(features), threads, SCORE_BUFFERS);

/** What a descent reports after each iteration, and whether it should go on. */
export class Progress {
  readonly #problem: AdditiveProblem;
  readonly #held: AdditiveProblem | undefined;
  readonly #heldScores: number;
  readonly #options: FitOptions;
  readonly #curve: FitStep[] = [];
  #best: { weights: Float64Array; judged: number; iteration: number };
  #objective = Number.POSITIVE_INFINITY;

  constructor(problem: AdditiveProblem, held: AdditiveProblem | undefined, options: FitOptions) {
    this.#problem = problem;
    this.#held = held;
    this.#heldScores = held?.loss.allocateScores() ?? 0;
    this.#options = options;
    const judged = held ? this.#heldLoss(options.start) : Number.POSITIVE_INFINITY;
    this.#best = { weights: options.start, judged, iteration: 0 };
  }

  get iteration(): number {
    return this.#curve.length;
  }

  /** @returns false when the descent is to end. */
  goesOn(weights: Float64Array, smooth: number, objective: number): boolean {
    const step: FitStep = {
      iteration: this.iteration + 1,
      trainLoss: smooth / this.#problem.mass,
      ...(this.#held && { validationLoss: this.#heldLoss(weights) }),
    };
    this.#curve.push(step);
    this.#options.onIteration?.(step);
    const judged = step.validationLoss ?? objective;
    if (judged < this.#best.judged)
      this.#best = { weights: Float64Array.from(weights), judged, iteration: step.iteration };
    const gained = this.#objective - objective;
    this.#objective = objective;
    const { maxIterations, patience, tolerance = 1e-9 } = this.#options;
    return (
      step.iteration < maxIterations &&
      step.iteration - this.#best.iteration < patience &&
      !(Math.abs(gained) <= tolerance * Math.abs(objective))
    );
  }

  fit(): Fit {
    const { weights, iteration } = this.#best;
    return { weights, iterations: iteration, curve: this.#curve };
  }

  #heldLoss(weights: Float64Array): number {
    const { loss, mass } = this.#held!;
    loss.score(weights, this.#heldScores);
    return loss.value(this.#heldScores) / mass;
  }
}

export const emptyWeights = (features: number): Float64Array => new Float64Array(features * STRIDE);
