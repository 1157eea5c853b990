import { bucketCount, type Schema } from '../features/schema.ts';
import type { Network } from './network.ts';
import { STRIDE } from './stride.ts';

/** A network as the kernel reads it (`shared/kernels/assembly/network.ts`). */
export interface NetworkImage {
  /** Values of the first layer, a multiple of 8. */
  readonly width: number;
  /** Values of the hidden layer, a multiple of 8; 0 where there is none. */
  readonly hidden: number;
  /** By feature, the bytes before its first row in the embedding. */
  readonly starts: Uint32Array;
  /** The embedding of the buckets that there are, `Float64Array(Σ buckets × width)`. */
  readonly embedding: Float64Array;
  /**
   * The bias of the embedding `Float64Array(width)`; weights of the hidden layer by input `Float64Array(width × hidden)`, its bias
   * `Float64Array(hidden)`; output.
   */
  readonly layers: readonly Float64Array[];
}

/** @param network a valid one of the schema's features, for which `networkProblem` returns undefined. */
export function networkImage(network: Network, schema: Schema): NetworkImage {
  const width = filledUp(network.width);
  const layer = network.hidden[0];
  const hidden = layer === undefined ? 0 : filledUp(layer.size);
  const weights = new Float64Array(width * hidden);
  for (let to = 0; to < (layer?.size ?? 0); to++)
    for (let from = 0; from < network.width; from++)
      weights[from * hidden + to] = layer.weights[to * network.width + from];
  return {
    width,
    hidden,
    ...embeddingOf(network, schema, width),
    layers: [
      filled(network.embeddingBias, width),
      weights,
      filled(layer?.bias ?? [], hidden),
      Float64Array.from(network.output),
    ],
  };
}

/** Values of a layer are computed by eights. */
const filledUp = (size: number) => Math.ceil(size / 8) * 8;

function filled(values: ArrayLike<number>, size: number): Float64Array {
  const all = new Float64Array(size);
  all.set(values);
  return all;
}

function embeddingOf(
  { width: own, embedding: values }: Network,
  { features }: Schema,
  width: number,
): Pick<NetworkImage, 'starts' | 'embedding'> {
  const starts = new Uint32Array(features.length);
  const rows = features.map(bucketCount);
  const embedding = new Float64Array(rows.reduce((sum, count) => sum + count) * width);
  let to = 0;
  rows.forEach((count, feature) => {
    starts[feature] = to * Float64Array.BYTES_PER_ELEMENT;
    for (let bucket = 0; bucket < count; bucket++, to += width) {
      const from = (feature * STRIDE + bucket) * own;
      embedding.set(values.subarray(from, from + own), to);
    }
  });
  return { starts, embedding };
}
