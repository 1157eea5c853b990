import type { Network } from '../../../../shared/score/network.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { MlpLayout } from '../device/mlp-engine.ts';

/**
 * The network that serves, in points.
 * @param slope log-odds per point: what is learned in log-odds is divided by it.
 * @param features features that serving has. What training had beyond them (the shown position) is held at bucket
 *   `held`: its embedding goes into the bias.
 */
export function toNetwork(
  layout: MlpLayout,
  parameters: Float32Array,
  slope: number,
  features = layout.features,
  held = 1,
): Network {
  if (!(slope > 0)) throw new RangeError(`slope is ${slope} log-odds per point, must be above 0`);
  const { width, hidden, embeddingBias, weights, bias, output, outputBias, last } = layout;
  const part = (from: number, size: number) => parameters.slice(from, from + size);
  const first = part(embeddingBias, width);
  for (let feature = features; feature < layout.features; feature++)
    for (let e = 0; e < width; e++) first[e] += parameters[(feature * STRIDE + held) * width + e];
  return {
    width,
    embedding: part(0, features * STRIDE * width),
    embeddingBias: first,
    hidden:
      hidden === 0
        ? []
        : [{ size: hidden, weights: part(weights, hidden * width), bias: part(bias, hidden) }],
    output: part(output, last).map((weight) => weight / slope),
    outputBias: Math.fround(parameters[outputBias] / slope),
  };
}
