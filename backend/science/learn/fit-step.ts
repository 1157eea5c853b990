/** What a fit reports after each iteration, tree or epoch. */
export interface FitStep {
  readonly iteration: number;
  /** Per unit of reward (listwise) or per row (pointwise), without the penalties. */
  readonly trainLoss: number;
  readonly validationLoss?: number;
}
