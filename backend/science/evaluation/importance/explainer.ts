/** Attributes a score to its features by Shapley values, in points. */
export interface Explainer {
  /** Expected score of an unknown item. */
  readonly expected: number;
  /**
   * Adds each feature's Shapley value to `into`; together they are the item's score minus `expected` (local accuracy).
   * @param codes F codes. @param into F values.
   */
  add(codes: Uint8Array, into: Float64Array): void;
}
