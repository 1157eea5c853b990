import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { MlpBatch, MlpLayout } from '../device/mlp-engine.ts';
import { strideOf } from './batches.ts';

/** Parameters as they are learned (f32), or as a check wants them. */
export type Parameters = Float32Array | Float64Array;

/** What the backward pass needs of the forward pass. */
export interface Activations {
  /** `[row][E]`, after ReLU. */
  readonly first: Float64Array;
  /** `[row][hidden]`, after ReLU. */
  readonly second: Float64Array;
  /** Log-odds, base included. */
  readonly scores: Float64Array;
}

export const makeActivations = ({ width, hidden }: MlpLayout, rows: number): Activations => ({
  first: new Float64Array(rows * width),
  second: new Float64Array(rows * hidden),
  scores: new Float64Array(rows),
});

/** `h₀ = relu(b₀ + Σ_f embedding)`, `h₁ = relu(W h₀ + b)`, `score = base + output · h + outputBias`. */
export function forward(
  layout: MlpLayout,
  parameters: Parameters,
  { rows, codes, base }: Pick<MlpBatch, 'rows' | 'codes' | 'base'>,
  into: Activations,
): void {
  const { features, width, hidden, embeddingBias, weights, bias, output, outputBias } = layout;
  const { first, second, scores } = into;
  const stride = strideOf(features);
  for (let row = 0; row < rows; row++) {
    const h0 = row * width;
    for (let e = 0; e < width; e++) first[h0 + e] = parameters[embeddingBias + e];
    for (let feature = 0; feature < features; feature++) {
      const from = (feature * STRIDE + codes[row * stride + feature]) * width;
      for (let e = 0; e < width; e++) first[h0 + e] += parameters[from + e];
    }
    for (let e = 0; e < width; e++) if (!(first[h0 + e] > 0)) first[h0 + e] = 0;
    let score = base[row] + parameters[outputBias];
    if (hidden === 0) {
      for (let e = 0; e < width; e++) score += parameters[output + e] * first[h0 + e];
    } else {
      for (let j = 0; j < hidden; j++) {
        let z = parameters[bias + j];
        const from = weights + j * width;
        for (let e = 0; e < width; e++) z += parameters[from + e] * first[h0 + e];
        const h = z > 0 ? z : 0;
        second[row * hidden + j] = h;
        score += parameters[output + j] * h;
      }
    }
    scores[row] = score;
  }
}

/**
 * Adds the gradient of `Σ_row slope[row] · score[row]` in the parameters (Rumelhart, Hinton & Williams, 1986).
 * @param slope derivative of the loss in each row's score.
 * @param into `Float64Array(layout.size)`, added to.
 */
export function backward(
  layout: MlpLayout,
  parameters: Parameters,
  { rows, codes }: Pick<MlpBatch, 'rows' | 'codes'>,
  { first, second }: Activations,
  slope: Float64Array,
  into: Float64Array,
): void {
  const { features, width, hidden, embeddingBias, weights, bias, output, outputBias } = layout;
  const stride = strideOf(features);
  const d0 = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const d = slope[row];
    if (d === 0) continue;
    const h0 = row * width;
    into[outputBias] += d;
    if (hidden === 0) {
      for (let e = 0; e < width; e++) {
        into[output + e] += d * first[h0 + e];
        d0[e] = d * parameters[output + e];
      }
    } else {
      d0.fill(0);
      for (let j = 0; j < hidden; j++) {
        const h = second[row * hidden + j];
        if (h === 0) continue;
        into[output + j] += d * h;
        const dj = d * parameters[output + j];
        into[bias + j] += dj;
        const from = weights + j * width;
        for (let e = 0; e < width; e++) {
          into[from + e] += dj * first[h0 + e];
          d0[e] += dj * parameters[from + e];
        }
      }
    }
    for (let e = 0; e < width; e++) {
      if (first[h0 + e] === 0) d0[e] = 0;
      into[embeddingBias + e] += d0[e];
    }
    for (let feature = 0; feature < features; feature++) {
      const from = (feature * STRIDE + codes[row * stride + feature]) * width;
      for (let e = 0; e < width; e++) into[from + e] += d0[e];
    }
  }
}
