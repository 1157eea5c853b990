/** The most scores that a descent keeps on the device at a time. */
export const MOST_SCORES = 3;

/**
 * The loss of an additive model on one device, as the descents use it. The scores of all rows at some weights stay on
 * the device and are named by a handle. They are linear in the weights, so a line search needs no pass over the codes.
 * Weights and gradients are `Float64Array(F × 256)`.
 */
export interface DescentLoss {
  /** Relative rounding error of a loss: two losses that differ by a smaller share are taken as equal. */
  readonly precision: number;
  /** Makes room for the scores of all rows. @returns their handle. */
  allocateScores(): number;
  score(weights: Float64Array, into: number): void;
  /** `into = a · x + b · y`. */
  combine(x: number, a: number, y: number, b: number, into: number): void;
  /** @param thenGradient whether the gradient at the same scores may be asked for next: a device may then keep what it needs. */
  value(scores: number, thenGradient?: boolean): number | Promise<number>;
  /**
   * @param into takes the gradient.
   * @param curvature takes the diagonal of the hessian; absent: it is not needed.
   * @returns the loss.
   */
  gradient(scores: number, into: Float64Array, curvature?: Float64Array): number | Promise<number>;
  /** @param into takes the diagonal of the hessian. */
  curvature(scores: number, into: Float64Array): void | Promise<void>;
}
