/** Epoch ms, both inclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}
