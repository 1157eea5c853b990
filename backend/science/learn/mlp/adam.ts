import type { AdamOptions, MlpLayout, MlpState } from '../device/mlp-engine.ts';

export const BETA1 = 0.9;
export const BETA2 = 0.999;

/** The rate of step `t` (from 1), corrected for both running means having started at 0. */
export const correctedRate = (rate: number, t: number): number =>
  (rate * Math.sqrt(1 - BETA2 ** t)) / (1 - BETA1 ** t);

/** Epsilon, corrected alike: `rate · m̂ / (√v̂ + ε)` equals `correctedRate · m / (√v + correctedEpsilon)`. */
export const correctedEpsilon = (epsilon: number, t: number): number =>
  epsilon * Math.sqrt(1 - BETA2 ** t);

/** Takes step `t` of Adam, in place. @param gradient of `loss / mass`. */
export function adamStep(
  layout: MlpLayout,
  { parameters, mean, square }: MlpState,
  gradient: Float64Array,
  { rate, l2, epsilon }: AdamOptions,
  t: number,
): void {
  const [size, tiny] = [correctedRate(rate, t), correctedEpsilon(epsilon, t)];
  for (let at = 0; at < parameters.length; at++) {
    const g = gradient[at] + (isBias(layout, at) ? 0 : l2 * parameters[at]);
    const m = BETA1 * mean[at] + (1 - BETA1) * g;
    const v = BETA2 * square[at] + (1 - BETA2) * g * g;
    mean[at] = m;
    square[at] = v;
    parameters[at] -= (size * m) / (Math.sqrt(v) + tiny);
  }
}

const isBias = (
  { embeddingBias, weights, bias, output, outputBias }: MlpLayout,
  at: number,
): boolean =>
  (at >= embeddingBias && at < weights) || (at >= bias && at < output) || at >= outputBias;
