import type { DescentLoss } from '../device/descent-loss.ts';
import { lossMass } from '../loss.ts';
import type { TrainingSet } from '../training-set.ts';
import type { FitOptions } from './fit-options.ts';

/** The loss of additive weights over one set, with the penalties for leaving the prior. */
export class AdditiveProblem {
  readonly loss: DescentLoss;
  readonly features: number;
  /** Divides the loss, so that sets can be compared: Σ reward (listwise) or Σ row weight (pointwise). */
  readonly mass: number;
  readonly #options: FitOptions;

  constructor(loss: DescentLoss, set: TrainingSet, options: FitOptions) {
    this.loss = loss;
    this.features = set.features;
    this.mass = Math.max(lossMass(set, options.objective), Number.MIN_VALUE);
    this.#options = options;
  }

  ridge(weights: Float64Array): number {
    const { prior, l2, ridge } = this.#options;
    let sum = 0;
    for (let j = 0; j < weights.length; j++)
      sum += (ridge?.[j] ?? 1) * (weights[j] - prior[j]) ** 2;
    return (l2 / 2) * sum;
  }

  lasso(weights: Float64Array): number {
    const { prior, l1 = 0 } = this.#options;
    let sum = 0;
    if (l1 > 0) for (let j = 0; j < weights.length; j++) sum += Math.abs(weights[j] - prior[j]);
    return l1 * sum;
  }

  /**
   * Gradient of loss and ridge at weights whose scores are given.
   * @param curvature takes the diagonal of the hessian of both; absent: it is not needed.
   * @returns the loss alone.
   */
  async gradient(
    weights: Float64Array,
    scores: number,
    into: Float64Array,
    curvature?: Float64Array,
  ): Promise<number> {
    const smooth = await this.loss.gradient(scores, into, curvature);
    if (curvature !== undefined) this.addRidge(curvature);
    const { prior, l2, ridge } = this.#options;
    for (let j = 0; j < into.length; j++)
      into[j] += l2 * (ridge?.[j] ?? 1) * (weights[j] - prior[j]);
    return smooth;
  }

  /** Diagonal of the hessian of loss and ridge, never quite 0, as it would be for a bucket that no row has. */
  async curvature(scores: number, into: Float64Array): Promise<void> {
    await this.loss.curvature(scores, into);
    this.addRidge(into);
  }

  /** @param diagonal of the loss's hessian; the ridge's is added. */
  addRidge(diagonal: Float64Array): void {
    const { l2, ridge } = this.#options;
    for (let j = 0; j < diagonal.length; j++) diagonal[j] += l2 * (ridge?.[j] ?? 1) + 1e-6;
  }
}
