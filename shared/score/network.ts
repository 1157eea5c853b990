import { toUnits } from './fixed-point.ts';
import { STRIDE } from './stride.ts';

/**
 * A multilayer perceptron over bucket codes. Its first layer is a sum of embedding rows, one per feature: `h₀ =
 * relu(embeddingBias + Σ_f embedding[f · STRIDE + code_f])`. At most one more ReLU layer follows, and then one linear
 * output, in points.
 */
export interface Network {
  /** E, the size of an embedding: 1 to 256. */
  readonly width: number;
  /** `Float32Array((F × STRIDE) × E)`; rows beyond a feature's buckets are neither read nor stored. */
  readonly embedding: Float32Array;
  /** `Float32Array(E)` */
  readonly embeddingBias: Float32Array;
  /** At most one layer. */
  readonly hidden: readonly HiddenLayer[];
  /** Weights of the output, one per value of the last layer. */
  readonly output: Float32Array;
  /** Points; a float32 value. */
  readonly outputBias: number;
}

interface HiddenLayer {
  /** 1 to 256. */
  readonly size: number;
  /** `Float32Array(size × inputs)`, row-major. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

const MAX_WIDTH = 256;
const MAX_HIDDEN_LAYERS = 1;
/**
 * Largest product of features and width. Embeddings take 1 KiB of memory per unit of it, so 4 MiB at most; an isolate
 * may hold ten networks.
 */
const MAX_EMBEDDINGS = 4096;
/**
 * The output of a network is clamped to ±1,024 points. A bound computed from its parameters (interval arithmetic)
 * would be about a hundred times larger than any real output, so it would reject usable networks.
 */
export const MAX_NETWORK_UNITS = 2 ** 26;

/** Scratch memory for two layers, reused by all calls. */
const FIRST = new Float64Array(MAX_WIDTH);
const SECOND = new Float64Array(MAX_WIDTH);

/**
 * The network's score of one item's codes in units, rounded and clamped to ±`MAX_NETWORK_UNITS`. Many rows are scored
 * faster by `networkBlock`.
 */
export const networkUnits = (network: Network, codes: ArrayLike<number>, offset = 0): number =>
  unitsOfPoints(networkPoints(network, codes, offset));

export function unitsOfPoints(points: number): number {
  const units = toUnits(points);
  // `| 0` turns −0 into 0: units are stored as int32, which has no −0.
  return Math.max(-MAX_NETWORK_UNITS, Math.min(MAX_NETWORK_UNITS, units)) | 0;
}

/**
 * The score in points before rounding. All sums are float64 sums of float32 parameters, start with the bias and go in
 * ascending order of feature or input, and the only function is max(0, ·). So the result has the same bits on every
 * machine and is always finite.
 */
export function networkPoints(network: Network, codes: ArrayLike<number>, offset = 0): number {
  const { width, embedding, embeddingBias, hidden, output, outputBias } = network;
  const features = embedding.length / (STRIDE * width);
  let [inputs, outputs] = [FIRST, SECOND];
  let size = width;
  for (let i = 0; i < width; i++) inputs[i] = embeddingBias[i];
  for (let feature = 0; feature < features; feature++) {
    const row = (feature * STRIDE + codes[offset + feature]) * width;
    for (let i = 0; i < width; i++) inputs[i] += embedding[row + i];
  }
  rectify(inputs, size);
  for (const layer of hidden) {
    const { weights, bias } = layer;
    for (let to = 0, at = 0; to < layer.size; to++) {
      let sum: number = bias[to];
      for (let i = 0; i < size; i++, at++) sum += weights[at] * inputs[i];
      outputs[to] = sum;
    }
    [inputs, outputs] = [outputs, inputs];
    size = layer.size;
    rectify(inputs, size);
  }
  let points = outputBias;
  for (let i = 0; i < size; i++) points += output[i] * inputs[i];
  return points;
}

function rectify(values: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) if (values[i] < 0) values[i] = 0;
}

/** @returns why this is not a valid network for `features` features, or undefined if it is one. */
export function networkProblem(network: Network, features: number): string | undefined {
  const { width, embedding, embeddingBias, hidden, output, outputBias } = network;
  const problem = widthProblem(width, features);
  if (problem !== undefined) return problem;
  if (hidden.length > MAX_HIDDEN_LAYERS)
    return `a network has at most ${MAX_HIDDEN_LAYERS} hidden layer, but this one has ${hidden.length}`;
  const parts: [string, Float32Array, number][] = [
    ['embedding', embedding, features * STRIDE * width],
    ['embeddingBias', embeddingBias, width],
  ];
  let inputs = width;
  for (const { size, weights, bias } of hidden) {
    if (!isSize(size)) return `the hidden layer's size must be 1 to ${MAX_WIDTH}, but is ${size}`;
    parts.push(['hidden weights', weights, size * inputs], ['hidden bias', bias, size]);
    inputs = size;
  }
  parts.push(['output', output, inputs]);
  for (const [name, values, length] of parts) {
    if (values.length !== length)
      return `the network's ${name} must have ${length} values, but has ${values.length}`;
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return `the network's ${name}[${at}] is ${values[at]}: train it again`;
  }
  if (!Number.isFinite(outputBias) || Math.fround(outputBias) !== outputBias)
    return `the network's outputBias must be a finite float32, but is ${outputBias}`;
  return undefined;
}

/** The part of `networkProblem` that can be checked before memory for the embeddings is allocated. */
export function widthProblem(width: number, features: number): string | undefined {
  const most = Math.min(MAX_WIDTH, Math.floor(MAX_EMBEDDINGS / features));
  return Number.isInteger(width) && width >= 1 && width <= most
    ? undefined
    : `the network's width must be 1 to ${most} for ${features} features, but is ${width}`;
}

const isSize = (size: number) => Number.isInteger(size) && size >= 1 && size <= MAX_WIDTH;
