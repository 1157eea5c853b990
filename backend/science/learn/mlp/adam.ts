import type { MlpLayout } from './parameters.ts';

/** Adam (Kingma & Ba, ICLR 2015) on `loss / mass + l2 / 2 · ‖weights‖²`; biases are not pulled to 0. */
export interface AdamOptions {
  readonly rate: number;
  readonly l2: number;
  /** Keeps a parameter with a gradient near 0 from taking whole steps. */
  readonly epsilon: number;
}

export const BETA1 = 0.9;
export const BETA2 = 0.999;

/** All that a run needs to go on: it is the same on the CPU and on the GPU. */
export interface MlpState {
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Running means of the gradient and of its square. */
  readonly mean: Float32Array<ArrayBuffer>;
  readonly square: Float32Array<ArrayBuffer>;
  /** Steps taken. */
  readonly steps: number;
}

/** The rate of step `t` (from 1) with both means' start at 0 corrected for. */
export const correctedRate = (rate: number, t: number): number =>
  (rate * Math.sqrt(1 - BETA2 ** t)) / (1 - BETA1 ** t);

/** Epsilon of the same form: `rate · m̂ / (√v̂ + ε)` equals `correctedRate · m / (√v + correctedEpsilon)`. */
export const correctedEpsilon = (epsilon: number, t: number): number =>
  epsilon * Math.sqrt(1 - BETA2 ** t);

/** Step `t`, in place. @param gradient of the loss per mass. */
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
