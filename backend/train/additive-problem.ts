import type { FitOptions } from './fit-additive.ts';
import { AdditiveLoss } from './kernels/additive-loss.ts';
import { loadCodes } from './kernels/code-matrix.ts';
import type { KernelPool } from './kernels/pool.ts';
import { listwise, pointwise, type RowLoss } from './kernels/row-losses.ts';
import { lossMass } from './loss.ts';
import type { TrainingSet } from './training-set.ts';

/** The loss of additive weights over one set, and what they pay for leaving the prior. */
export class AdditiveProblem {
  readonly loss: AdditiveLoss;
  readonly features: number;
  /** Divides the loss, so that sets compare: Σ reward (listwise) or Σ row weight (pointwise). */
  readonly mass: number;
  readonly #options: FitOptions;

  constructor(pool: KernelPool, set: TrainingSet, options: FitOptions) {
    this.loss = new AdditiveLoss(loadCodes(pool, set), rowLoss(pool, set, options.objective));
    this.features = set.features;
    this.mass = Math.max(lossMass(set, options.objective), Number.MIN_VALUE);
    this.#options = options;
  }

  ridge(weights: Float64Array): number {
    const { prior, l2 } = this.#options;
    let sum = 0;
    for (let j = 0; j < weights.length; j++) sum += (weights[j] - prior[j]) ** 2;
    return (l2 / 2) * sum;
  }

  lasso(weights: Float64Array): number {
    const { prior, l1 = 0 } = this.#options;
    let sum = 0;
    if (l1 > 0) for (let j = 0; j < weights.length; j++) sum += Math.abs(weights[j] - prior[j]);
    return l1 * sum;
  }

  /** Gradient of loss and ridge at weights whose scores are given. @returns the loss alone. */
  gradient(weights: Float64Array, scores: number, into: Float64Array): number {
    const smooth = this.loss.gradient(scores, into);
    const { prior, l2 } = this.#options;
    for (let j = 0; j < into.length; j++) into[j] += l2 * (weights[j] - prior[j]);
    return smooth;
  }

  /** Diagonal of the hessian of loss and ridge, at least a hair: a bucket never seen has none. */
  curvature(scores: number, into: Float64Array): void {
    this.loss.curvature(scores, into);
    for (let j = 0; j < into.length; j++) into[j] += this.#options.l2 + 1e-6;
  }
}

function rowLoss(pool: KernelPool, set: TrainingSet, objective: FitOptions['objective']): RowLoss {
  const { reward } = set;
  if (objective === 'listwise') return listwise(pool, reward, set.starts);
  const clicked = new Float32Array(reward.length);
  const weight = new Float32Array(reward.length);
  let isPlain = true;
  for (let row = 0; row < reward.length; row++) {
    clicked[row] = reward[row] > 0 ? 1 : 0;
    weight[row] = reward[row] > 0 ? reward[row] : 1;
    isPlain &&= weight[row] === 1;
  }
  return pointwise(pool, 'logistic', clicked, isPlain ? undefined : weight);
}
