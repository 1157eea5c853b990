/**
 * The loss of an additive model on one device, as the descents use it. Scores of points stay on the device and go by
 * a handle; they are linear in the weights, so a line search costs no pass over the codes.
 * Weights and gradients are `Float64Array(F × 256)`.
 */
export interface DescentLoss {
  /** Share of a loss that is rounding: what differs by less is equal. */
  readonly precision: number;
  /** @returns the handle of scores of its own. */
  allocateScores(): number;
  score(weights: Float64Array, into: number): void;
  /** `into = a · x + b · y`. */
  combine(x: number, a: number, y: number, b: number, into: number): void;
  value(scores: number): number | Promise<number>;
  /** @param into takes the gradient. @returns the loss. */
  gradient(scores: number, into: Float64Array): number | Promise<number>;
  /** @param into takes the diagonal of the hessian. */
  curvature(scores: number, into: Float64Array): void | Promise<void>;
}
