import type { Schema } from '../../shared/features/schema.ts';
import { STRIDE } from '../../shared/score/scorer.ts';
import { project } from './constraints.ts';
import { additiveScores, emptyHistogram, histogram } from './histogram.ts';
import { lossMass, type Loss } from './loss.ts';
import type { TrainingSet } from './training-set.ts';

export interface FitOptions {
  readonly schema: Schema;
  readonly objective: 'listwise' | 'pointwise';
  readonly loss: Loss;
  /** Start of the descent, log-odds, `Float64Array(set.features × STRIDE)`. */
  readonly start: Float64Array;
  /** What the ridge pulls towards, same shape. */
  readonly prior: Float64Array;
  readonly l2: number;
  /** Log-odds per point. */
  readonly slope: number;
  readonly maxIterations: number;
  /** Stop when the validation loss has not improved for this many iterations. */
  readonly patience: number;
  readonly onIteration?: (step: FitStep) => void;
}

export interface FitStep {
  readonly iteration: number;
  /** Per unit of reward (listwise) or per row (pointwise), without the ridge. */
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
 * Minimises `loss(w) + l2/2 · ‖w − prior‖²` under the schema's constraints by accelerated projected gradient
 * descent (Beck & Teboulle, FISTA, 2009) with function restart (O'Donoghue & Candès, 2015), scaled per bucket
 * by the hessian's diagonal. The gradient is the histogram kernel's.
 * @param validation stops the descent early; absent, it runs `maxIterations`.
 */
export function fitAdditive(
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
): Fit {
  const problem = new Objective(set, options);
  const held = validation && new Objective(validation, options);
  let current: Float64Array = Float64Array.from(options.start);
  problem.evaluate(current);
  const scale = problem.scale();
  project(options.schema, current, scale, options.slope);
  let lookahead: Float64Array = current;
  let momentum = 1;
  let objective = problem.evaluate(current).total;
  let step = 1;
  let best = {
    weights: current,
    loss: held?.loss(current) ?? Number.POSITIVE_INFINITY,
    iteration: 0,
  };
  const curve: FitStep[] = [];
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    const { total: from, gradient } = problem.evaluate(lookahead);
    // Try a longer step than last time, then shorten until the quadratic model is an upper bound.
    step = Math.min(1, step * 1.25);
    let next: Float64Array = lookahead;
    for (;;) {
      next = descend(lookahead, gradient, scale, step);
      project(options.schema, next, scale, options.slope);
      if (
        problem.value(next) <=
        from + modelChange(lookahead, next, gradient, scale, step) + 1e-12 * Math.abs(from)
      )
        break;
      step /= 2;
      if (step < 1e-9) break;
    }
    const value = problem.value(next);
    if (value > objective && momentum > 1) {
      // The momentum overshot: forget it and go on from the last point.
      momentum = 1;
      lookahead = current;
      continue;
    }
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    lookahead = next.map((weight, j) => weight + carry * (weight - current[j]));
    const gained = objective - value;
    [current, objective, momentum] = [next, value, nextMomentum];
    const report: FitStep = {
      iteration,
      trainLoss: problem.loss(current),
      ...(held && { validationLoss: held.loss(current) }),
    };
    curve.push(report);
    options.onIteration?.(report);
    const judged = report.validationLoss ?? objective;
    if (judged < best.loss) best = { weights: current, loss: judged, iteration };
    if (
      iteration - best.iteration >= options.patience ||
      Math.abs(gained) <= 1e-9 * Math.abs(objective)
    )
      break;
  }
  return { weights: best.weights, iterations: best.iteration, curve };
}

/** The total loss and its gradient over one set, with the buffers that they need. */
class Objective {
  readonly #set: TrainingSet;
  readonly #options: FitOptions;
  readonly #mass: number;
  readonly #scores: Float64Array;
  readonly #rowGradient: Float64Array;
  readonly #rowHessian: Float64Array;

  constructor(set: TrainingSet, options: FitOptions) {
    this.#set = set;
    this.#options = options;
    this.#mass = Math.max(lossMass(set, options.objective), Number.MIN_VALUE);
    this.#scores = new Float64Array(set.rows);
    this.#rowGradient = new Float64Array(set.rows);
    this.#rowHessian = new Float64Array(set.rows);
  }

  /** Per unit of mass, without the ridge. */
  loss(weights: Float64Array): number {
    return this.#total(weights) / this.#mass;
  }

  value(weights: Float64Array): number {
    return this.#total(weights) + this.#ridge(weights);
  }

  evaluate(weights: Float64Array): { total: number; gradient: Float64Array } {
    const total = this.value(weights);
    const { gradient } = histogram(this.#set, this.#rowGradient, this.#rowHessian);
    for (let j = 0; j < gradient.length; j++)
      gradient[j] += this.#options.l2 * (weights[j] - this.#options.prior[j]);
    return { total, gradient };
  }

  /** Diagonal of the hessian at the weights last evaluated, times F: with one bucket per feature and row, F · diag bounds the whole. */
  scale(): Float64Array {
    const { hessian } = histogram(
      this.#set,
      this.#rowGradient,
      this.#rowHessian,
      emptyHistogram(this.#set.features),
    );
    return Float64Array.from(
      hessian,
      (curvature) => this.#set.features * curvature + this.#options.l2 + 1e-6,
    );
  }

  #total(weights: Float64Array): number {
    additiveScores(this.#set, weights, this.#scores);
    return this.#options.loss(this.#set, this.#scores, this.#rowGradient, this.#rowHessian);
  }

  #ridge(weights: Float64Array): number {
    let sum = 0;
    for (let j = 0; j < weights.length; j++) sum += (weights[j] - this.#options.prior[j]) ** 2;
    return (this.#options.l2 / 2) * sum;
  }
}

/** Minus the gradient: the loss falls along it. */
function descend(
  from: Float64Array,
  gradient: Float64Array,
  scale: Float64Array,
  step: number,
): Float64Array {
  return from.map((weight, j) => weight - (step * gradient[j]) / scale[j]);
}

/** `⟨g, d⟩ + ‖d‖²_scale / (2 · step)` for `d = to − from`. */
function modelChange(
  from: Float64Array,
  to: Float64Array,
  gradient: Float64Array,
  scale: Float64Array,
  step: number,
): number {
  let change = 0;
  for (let j = 0; j < from.length; j++) {
    const d = to[j] - from[j];
    change += gradient[j] * d + (scale[j] * d * d) / (2 * step);
  }
  return change;
}

export const emptyWeights = (features: number): Float64Array => new Float64Array(features * STRIDE);
