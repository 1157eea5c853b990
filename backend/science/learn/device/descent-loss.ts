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
  value(scores: number): number | Promise<number>;
  /** @param into takes the gradient. @returns the loss. */
  gradient(scores: number, into: Float64Array): number | Promise<number>;
  /** @param into takes the diagonal of the hessian. */
  curvature(scores: number, into: Float64Array): void | Promise<void>;
}
