import { seededRandom } from '../../../../shared/explore/random.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { MlpLayout, MlpShape } from '../device/mlp-engine.ts';

/** @throws RangeError when a size is not a multiple of 4. */
export function layoutOf(shape: MlpShape): MlpLayout {
  const { features, width, hidden } = shape;
  for (const [name, size] of Object.entries({ width, hidden }))
    if (!Number.isInteger(size) || size % 4 !== 0 || size < 0 || size > 256)
      throw new RangeError(`${name} is ${size}, must be a multiple of 4 up to 256`);
  if (width === 0) throw new RangeError('width is 0, must be at least 4');
  const embeddingBias = features * STRIDE * width;
  const weights = embeddingBias + width;
  const bias = weights + hidden * width;
  const output = bias + hidden;
  const last = hidden === 0 ? width : hidden;
  const outputBias = output + last;
  return {
    ...shape,
    embeddingBias,
    weights,
    bias,
    output,
    outputBias,
    last,
    size: outputBias + 4,
  };
}

/**
 * A seeded start. Layers as He et al. (2015): uniform, variance 2 / inputs; embeddings a quarter of that, as a bucket
 * seen once or twice stays near its start. Buckets that no row has are 0, and stay 0.
 * @param codes feature-major, `codes[feature * rows + row]`.
 */
export function initialParameters(
  layout: MlpLayout,
  codes: Uint8Array,
  seed: number,
): Float32Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const parameters = new Float32Array(layout.size);
  const fill = (from: number, to: number, most: number) => {
    for (let at = from; at < to; at++) parameters[at] = most * (2 * random() - 1);
  };
  const { features, width } = layout;
  const rows = codes.length / features;
  for (let feature = 0; feature < features; feature++) {
    const seen = new Uint8Array(STRIDE);
    for (let row = 0; row < rows; row++) seen[codes[feature * rows + row]] = 1;
    for (let bucket = 0; bucket < STRIDE; bucket++) {
      const from = (feature * STRIDE + bucket) * width;
      if (seen[bucket] === 1) fill(from, from + width, 0.25 * Math.sqrt(6 / features));
    }
  }
  fill(layout.weights, layout.bias, Math.sqrt(6 / width));
  fill(layout.output, layout.outputBias, Math.sqrt(1 / layout.last));
  return parameters;
}
