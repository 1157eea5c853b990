import type { Network } from '../../../../shared/score/network.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { MlpLayout } from '../device/mlp-engine.ts';
import { ungrouped, type Grouping } from './groupings.ts';

/**
 * The network that serves, in points.
 * @param slope log-odds per point: what is learned in log-odds is divided by it.
 * @param groupings what the layout's features are: a bucket's embedding is the sum of those of its groups.
 * @param features features that serving has. What training had beyond them (the shown position) is held at bucket
 *   `held`: its embedding goes into the bias.
 */
export function toNetwork(
  layout: MlpLayout,
  parameters: Float32Array,
  slope: number,
  groupings: readonly Grouping[] = ungrouped(layout.features),
  features?: number,
  held = 1,
): Network {
  if (!(slope > 0)) throw new RangeError(`slope is ${slope} log-odds per point, must be above 0`);
  const { width, hidden, embeddingBias, weights, bias, output, outputBias, last } = layout;
  const part = (from: number, size: number) => parameters.slice(from, from + size);
  const own = 1 + groupings.reduce((most, { feature }) => Math.max(most, feature), -1);
  const embedding = new Float32Array(own * STRIDE * width);
  groupings.forEach(({ feature, groupOf }, column) =>
    groupOf.forEach((group, bucket) => {
      const [to, from] = [feature * STRIDE + bucket, column * STRIDE + group];
      for (let e = 0; e < width; e++) embedding[to * width + e] += parameters[from * width + e];
    }),
  );
  const served = features ?? own;
  const first = part(embeddingBias, width);
  for (let feature = served; feature < own; feature++)
    for (let e = 0; e < width; e++) first[e] += embedding[(feature * STRIDE + held) * width + e];
  return {
    width,
    embedding: embedding.slice(0, served * STRIDE * width),
    embeddingBias: first,
    hidden:
      hidden === 0
        ? []
        : [{ size: hidden, weights: part(weights, hidden * width), bias: part(bias, hidden) }],
    output: part(output, last).map((weight) => weight / slope),
    outputBias: Math.fround(parameters[outputBias] / slope),
  };
}
