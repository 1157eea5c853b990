import type { CodeMatrix } from '../code-matrix.ts';

/** Codes with what their rows earned. */
export interface LabelledRows extends CodeMatrix {
  /** One per row: a reward, or what squared loss should find. */
  readonly reward: Float64Array;
  /** Slate s covers rows `starts[s] .. starts[s + 1] − 1`. Objectives over slates need it. */
  readonly starts?: Uint32Array;
  /** Weight of the outside option in each slate's softmax: see `listwiseLoss`. Default: 0. */
  readonly outside?: Float32Array;
  /** Scores that the learner has to take as given, one per row, in log-odds. Default: 0. */
  readonly base?: Float64Array | Float32Array;
}
