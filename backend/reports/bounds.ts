/** Epoch ms, `to` exclusive. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
}
