/** Shares a score out among its features, in points. */
export interface Explainer {
  /** What the score is when nothing is known of an item. */
  readonly expected: number;
  /**
   * Adds each feature's part, which together are the item's score minus `expected` (local accuracy).
   * @param codes `Uint8Array(F)` @param into `Float64Array(F)`
   */
  add(codes: Uint8Array, into: Float64Array): void;
}
