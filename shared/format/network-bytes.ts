import { bucketCount, type Schema } from '../features/schema.ts';
import { widthProblem, type Network } from '../score/network.ts';
import { STRIDE } from '../score/scorer.ts';
import { FormatError, type ByteReader, type ByteWriter } from './bytes.ts';

/**
 * A network as bytes, with float32 parameters: width E (u16); for each feature the embedding rows of its buckets; the
 * embedding bias; the number of hidden layers (u8); for each its size (u16), its weights (row-major) and its bias;
 * the output weights; the output bias.
 */

/** @param network a valid one, for which `networkProblem` returns undefined. */
export function writeNetwork(out: ByteWriter, schema: Schema, network: Network): void {
  const { width, embedding, embeddingBias, hidden, output, outputBias } = network;
  out.u16(width);
  schema.features.forEach((spec, feature) => {
    const start = feature * STRIDE * width;
    out.f32s(embedding.subarray(start, start + bucketCount(spec) * width));
  });
  out.f32s(embeddingBias).u8(hidden.length);
  for (const { size, weights, bias } of hidden) out.u16(size).f32s(weights).f32s(bias);
  out.f32s(output).f32s(Float32Array.of(outputBias));
}

/** @throws FormatError when the bytes end too early. Whether the network is valid is checked by `networkProblem`. */
export function readNetwork(from: ByteReader, schema: Schema): Network {
  const width = from.u16();
  const problem = widthProblem(width, schema.features.length);
  if (problem !== undefined) throw new FormatError(problem);
  const embedding = new Float32Array(schema.features.length * STRIDE * width);
  schema.features.forEach((spec, feature) => {
    embedding.set(from.f32s(bucketCount(spec) * width), feature * STRIDE * width);
  });
  const embeddingBias = from.f32s(width);
  let inputs = width;
  const hidden = Array.from({ length: from.u8() }, () => {
    const size = from.u16();
    const layer = { size, weights: from.f32s(size * inputs), bias: from.f32s(size) };
    inputs = size;
    return layer;
  });
  const output = from.f32s(inputs);
  return { width, embedding, embeddingBias, hidden, output, outputBias: from.f32s(1)[0] };
}
