import { seededRandom } from '../../../../shared/explore/random.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { MlpLayout, MlpShape } from '../device/mlp-engine.ts';

/** How far a bucket begins off its feature's line, as a share of a direction's size. */
const OFF_LINE = 0.05;

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
 * A seeded start. Layers as He et al. (2015): uniform, variance 2 / inputs. A bucket begins at its place on its feature's
 * line, and a little off it: a number in bins is then to the first layer what a standardised number is, so that what is
 * learned of a bucket holds for its neighbours. Buckets that no row has are 0, and stay 0.
 * @param counts rows per bucket (or group), of each feature of the layout.
 */
export function initialParameters(
  layout: MlpLayout,
  counts: readonly Uint32Array[],
  seed: number,
): Float32Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const parameters = new Float32Array(layout.size);
  const fill = (from: number, to: number, most: number) => {
    for (let at = from; at < to; at++) parameters[at] = most * (2 * random() - 1);
  };
  const { features, width } = layout;
  const most = Math.sqrt(6 / features);
  counts.forEach((own, feature) => {
    const place = placesOf(own);
    const direction = Float64Array.from({ length: width }, () => most * (2 * random() - 1));
    own.forEach((count, bucket) => {
      if (count === 0) return;
      const from = (feature * STRIDE + bucket) * width;
      fill(from, from + width, OFF_LINE * most);
      for (let e = 0; e < width; e++) parameters[from + e] += place[bucket] * direction[e];
    });
  });
  fill(layout.weights, layout.bias, Math.sqrt(6 / width));
  fill(layout.output, layout.outputBias, Math.sqrt(1 / layout.last));
  return parameters;
}

/** Buckets as numbers of mean 0 and variance 1 over the rows; what is missing is at the mean. */
function placesOf(counts: Uint32Array): Float64Array {
  let [rows, sum, squares] = [0, 0, 0];
  for (let bucket = 1; bucket < STRIDE; bucket++) {
    rows += counts[bucket];
    sum += counts[bucket] * bucket;
    squares += counts[bucket] * bucket * bucket;
  }
  const mean = sum / rows;
  const deviation = Math.sqrt(squares / rows - mean * mean);
  return Float64Array.from(counts, (_, bucket) =>
    bucket > 0 && deviation > 0 ? (bucket - mean) / deviation : 0,
  );
}
