/**
 * A network's points for a block of rows. Every sum is of float64 and has the order that `network.ts` gives it: values of a layer
 * are computed side by side, in lanes that never meet, so that each has the bits that it has alone. Two rows go together, so that
 * a sum need not wait for its own last addition. `network-image.ts` writes what is read here; layers are filled up to a multiple
 * of 8 values by ones that are 0.
 */

const BLOCK: usize = 256;

/** 0 in place of what is below it. The second operand is taken only if the first is less, so −0 stays as it is. */
// @ts-ignore: decorator
@inline
function rectified(values: v128): v128 {
  return f64x2.pmax(values, f64x2.splat(0));
}

/**
 * @param columns `u8[F][256]`: the codes of the rows, feature by feature.
 * @param rows are scored two by two, so the codes of one more than an odd number are read.
 * @param starts `u32[F]`: the bytes in the embedding before each feature's rows.
 * @param embedding `f64[Σ buckets][width]`
 * @param embeddingBias `f64[width]`
 * @param hidden the size of the hidden layer, or 0 where there is none.
 * @param weights `f64[width][hidden]`
 * @param output `f64[outputs]`: one for each value of the last layer that is not filling.
 * @param scratch memory for two layers of two rows, of at most 256 values each.
 * @param points `f64[256]`, of which those of the rows are written.
 */
export function sumNetwork(
  columns: usize,
  rows: usize,
  starts: usize,
  features: usize,
  width: usize,
  embedding: usize,
  embeddingBias: usize,
  hidden: usize,
  weights: usize,
  bias: usize,
  output: usize,
  outputs: usize,
  outputBias: f64,
  scratch: usize,
  points: usize,
): void {
  const layerBytes: usize = 256 << 3;
  for (let row: usize = 0; row < rows; row += 2) {
    let a = scratch;
    let b = scratch + layerBytes;
    embed(columns + row, starts, features, width, embedding, embeddingBias, a);
    embed(columns + row + 1, starts, features, width, embedding, embeddingBias, b);
    if (hidden > 0) {
      layer(a, b, width, hidden, weights, bias, a + 2 * layerBytes, b + 2 * layerBytes);
      a += 2 * layerBytes;
      b += 2 * layerBytes;
    }
    let sumA = outputBias;
    let sumB = outputBias;
    for (let i: usize = 0; i < outputs; i++) {
      const weight = load<f64>(output + (i << 3));
      sumA += weight * load<f64>(a + (i << 3));
      sumB += weight * load<f64>(b + (i << 3));
    }
    store<f64>(points + (row << 3), sumA);
    store<f64>(points + (row << 3), sumB, 8);
  }
}

// @ts-ignore: decorator
@inline
function embed(codes: usize, starts: usize, features: usize, width: usize, embedding: usize, bias: usize, to: usize): void {
  const rowBytes = width << 3;
  const end = starts + (features << 2);
  for (let i: usize = 0; i < rowBytes; i += 64) {
    let first = v128.load(bias + i);
    let second = v128.load(bias + i, 16);
    let third = v128.load(bias + i, 32);
    let fourth = v128.load(bias + i, 48);
    const lanes = embedding + i;
    let code = codes;
    for (let start = starts; start < end; start += 4) {
      const own = lanes + load<u32>(start) + (<usize>load<u8>(code)) * rowBytes;
      first = f64x2.add(first, v128.load(own));
      second = f64x2.add(second, v128.load(own, 16));
      third = f64x2.add(third, v128.load(own, 32));
      fourth = f64x2.add(fourth, v128.load(own, 48));
      code += BLOCK;
    }
    v128.store(to + i, rectified(first));
    v128.store(to + i, rectified(second), 16);
    v128.store(to + i, rectified(third), 32);
    v128.store(to + i, rectified(fourth), 48);
  }
}

// @ts-ignore: decorator
@inline
function layer(
  inputsA: usize,
  inputsB: usize,
  size: usize,
  outputs: usize,
  weights: usize,
  bias: usize,
  toA: usize,
  toB: usize,
): void {
  const rowBytes = outputs << 3;
  for (let o: usize = 0; o < outputs; o += 4) {
    let firstA = v128.load(bias + (o << 3));
    let secondA = v128.load(bias + (o << 3), 16);
    let firstB = firstA;
    let secondB = secondA;
    let own = weights + (o << 3);
    for (let i: usize = 0; i < size; i++) {
      const first = v128.load(own);
      const second = v128.load(own, 16);
      const a = v128.load_splat<u64>(inputsA + (i << 3));
      const b = v128.load_splat<u64>(inputsB + (i << 3));
      firstA = f64x2.add(firstA, f64x2.mul(first, a));
      secondA = f64x2.add(secondA, f64x2.mul(second, a));
      firstB = f64x2.add(firstB, f64x2.mul(first, b));
      secondB = f64x2.add(secondB, f64x2.mul(second, b));
      own += rowBytes;
    }
    v128.store(toA + (o << 3), rectified(firstA));
    v128.store(toA + (o << 3), rectified(secondA), 16);
    v128.store(toB + (o << 3), rectified(firstB));
    v128.store(toB + (o << 3), rectified(secondB), 16);
  }
}
