import type { DescentLoss } from './descent-loss.ts';
import type { FitOptions } from './fit-additive.ts';
import type { KernelPool } from '../../device/cpu/pool.ts';
import { listwise, pointwise, type RowLoss } from '../../device/cpu/row-losses.ts';
import { lossMass } from './loss.ts';
import type { TrainingSet } from './training-set.ts';

/** The loss of additive weights over one set, and what they pay for leaving the prior. */
export class AdditiveProblem {
  readonly loss: DescentLoss;
  readonly features: number;
  /** Divides the loss, so that sets compare: Σ reward (listwise) or Σ row weight (pointwise). */
  readonly mass: number;
  readonly #options: FitOptions;

  constructor(loss: DescentLoss, set: TrainingSet, options: FitOptions) {
    this.loss = loss;
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
  async gradient(weights: Float64Array, scores: number, into: Float64Array): Promise<number> {
    const smooth = await this.loss.gradient(scores, into);
    const { prior, l2 } = this.#options;
    for (let j = 0; j < into.length; j++) into[j] += l2 * (weights[j] - prior[j]);
    return smooth;
  }

  /** Diagonal of the hessian of loss and ridge, at least a hair: a bucket never seen has none. */
  async curvature(scores: number, into: Float64Array): Promise<void> {
    await this.loss.curvature(scores, into);
    this.addRidge(into);
  }

  /** @param diagonal of the loss's hessian; the ridge's is added. */
  addRidge(diagonal: Float64Array): void {
    for (let j = 0; j < diagonal.length; j++) diagonal[j] += this.#options.l2 + 1e-6;
  }
}

/** The CPU's loss of each row or slate. */
export function rowLossOf(
  pool: KernelPool,
  { reward, starts }: TrainingSet,
  objective: FitOptions['objective'],
): RowLoss {
  if (objective === 'listwise') return listwise(pool, reward, starts);
  let row = 0;
  while (row < reward.length && (reward[row] === 0 || reward[row] === 1)) row++;
  if (row === reward.length) return pointwise(pool, 'logistic', reward);
  const clicked = Float32Array.from(reward, (earned) => (earned > 0 ? 1 : 0));
  const weight = Float32Array.from(reward, (earned) => (earned > 0 ? earned : 1));
  return pointwise(pool, 'logistic', clicked, weight);
}
