import { BETA1, BETA2 } from '../../science/learn/mlp/adam.ts';
import { strideOf } from '../../science/learn/mlp/batches.ts';
import type { MlpLayout } from '../../science/learn/device/mlp-engine.ts';

/**
 * Kernels of the multilayer perceptron, written out for one layout. With ε = 2⁻²⁴:
 * a score is a sum of sums, off by at most (F + E + H + 6) · 2ε of the same network evaluated on absolute values; a
 * gradient's dense parts carry their rows' errors and as many roundings as rows and layers; the embedding's part is
 * summed in whole numbers, off by half a unit per row on top, a unit being the largest row's part over `units`.
 * No sum depends on the order of threads: a run on one device repeats bit for bit.
 */
export interface MlpKernels {
  /** 0 parameters, 1 codes, 2 base, 3 first, 4 scores, 5 shape, 6 second (if there is one). One lane per row. */
  readonly forward: string;
  /** 0 parameters, 1 pairs, 2 first, 3 slopes in the first layer, 4 largest slope, 5 shape, 6 second, 7 its slopes. */
  readonly backward: string;
  /** 0 first, 1 slopes in first, 2 pairs, 3 partial sums, 4 shape, 5 second, 6 its slopes. Group y: a tile of rows. */
  readonly dense: string;
  /** 0 codes, 1 slopes in first, 2 largest slope, 3 gradient of the embedding, 4 shape. Group (feature, four values). */
  readonly embedding: string;
  /** 0 parameters, 1 mean, 2 square, 3 gradient of the embedding, 4 partial sums, 5 largest slope, 6 shape. */
  readonly adam: string;
}

/** Rows whose parts one workgroup of `dense` adds up. */
export const TILE_ROWS = 256;

const SHAPE = /* wgsl */ `
struct Shape {
  rows: u32, perMass: f32, units: f32, tiles: u32,
  rate: f32, epsilon: f32, l2: f32,
}`;

/** Values after the embedding, of which each tile has a partial sum. */
export const denseSize = ({ embeddingBias, size }: MlpLayout): number => size - embeddingBias;

export function mlpKernels(layout: MlpLayout): MlpKernels {
  const { features, width, hidden, embeddingBias, weights, bias, output, outputBias, size, last } =
    layout;
  const [e4, h4] = [width / 4, hidden / 4];
  const words = strideOf(features) / 4;
  const deep = hidden > 0;
  const dense = denseSize(layout);

  const forward = /* wgsl */ `
${SHAPE}
@group(0) @binding(0) var<storage, read> parameters: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> base: array<f32>;
@group(0) @binding(3) var<storage, read_write> first: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
${deep ? '@group(0) @binding(6) var<storage, read_write> second: array<f32>;' : ''}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row >= shape.rows) { return; }
  var h: array<vec4<f32>, ${e4}>;
  for (var e = 0u; e < ${e4}u; e++) { h[e] = parameters[${embeddingBias / 4}u + e]; }
  for (var feature = 0u; feature < ${features}u; feature++) {
    let code = (codes[row * ${words}u + feature / 4u] >> (8u * (feature % 4u))) & 255u;
    let at = (feature * 256u + code) * ${e4}u;
    for (var e = 0u; e < ${e4}u; e++) { h[e] += parameters[at + e]; }
  }
  for (var e = 0u; e < ${e4}u; e++) {
    h[e] = max(h[e], vec4<f32>(0.0));
    first[row * ${e4}u + e] = h[e];
  }
  var score = base[row] + parameters[${outputBias / 4}u].x;
  ${
    deep
      ? `for (var j = 0u; j < ${hidden}u; j++) {
    var z = parameters[${bias / 4}u + j / 4u][j % 4u];
    for (var e = 0u; e < ${e4}u; e++) { z += dot(parameters[${weights / 4}u + j * ${e4}u + e], h[e]); }
    z = max(z, 0.0);
    second[row * ${hidden}u + j] = z;
    score += parameters[${output / 4}u + j / 4u][j % 4u] * z;
  }`
      : `for (var e = 0u; e < ${e4}u; e++) { score += dot(parameters[${output / 4}u + e], h[e]); }`
  }
  scores[row] = score;
}`;

  const backward = /* wgsl */ `
${SHAPE}
@group(0) @binding(0) var<storage, read> parameters: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> first: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> slopes: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> largest: atomic<u32>;
@group(0) @binding(5) var<uniform> shape: Shape;
${
  deep
    ? `@group(0) @binding(6) var<storage, read> second: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> secondSlopes: array<vec4<f32>>;`
    : ''
}
var<workgroup> most: atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  if (thread == 0u) { atomicStore(&most, 0u); }
  workgroupBarrier();
  let row = id.x;
  if (row < shape.rows) {
    let d = pairs[row].x * shape.perMass;
    var d0: array<vec4<f32>, ${e4}>;
    ${
      deep
        ? `for (var j4 = 0u; j4 < ${h4}u; j4++) {
      let open = second[row * ${h4}u + j4] > vec4<f32>(0.0);
      let dj = select(vec4<f32>(0.0), d * parameters[${output / 4}u + j4], open);
      secondSlopes[row * ${h4}u + j4] = dj;
      for (var e = 0u; e < ${e4}u; e++) {
        let at = ${weights / 4}u + j4 * ${4 * e4}u + e;
        d0[e] += dj.x * parameters[at] + dj.y * parameters[at + ${e4}u] +
          dj.z * parameters[at + ${2 * e4}u] + dj.w * parameters[at + ${3 * e4}u];
      }
    }`
        : `for (var e = 0u; e < ${e4}u; e++) { d0[e] = d * parameters[${output / 4}u + e]; }`
    }
    var top = 0.0;
    for (var e = 0u; e < ${e4}u; e++) {
      let own = select(vec4<f32>(0.0), d0[e], first[row * ${e4}u + e] > vec4<f32>(0.0));
      slopes[row * ${e4}u + e] = own;
      let size = abs(own);
      top = max(top, max(max(size.x, size.y), max(size.z, size.w)));
    }
    // Floats above 0 are ordered as their bits are.
    atomicMax(&most, bitcast<u32>(top));
  }
  workgroupBarrier();
  if (thread == 0u) { atomicMax(&largest, atomicLoad(&most)); }
}`;

  // Places within the dense part.
  const [w, b, o, ob] = [weights, bias, output, outputBias].map((at) => at - embeddingBias);
  const lastName = deep ? 'second' : 'first';
  const denseSums = /* wgsl */ `
${SHAPE}
@group(0) @binding(0) var<storage, read> first: array<f32>;
@group(0) @binding(1) var<storage, read> slopes: array<f32>;
@group(0) @binding(2) var<storage, read> pairs: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;
${
  deep
    ? `@group(0) @binding(5) var<storage, read> second: array<f32>;
@group(0) @binding(6) var<storage, read> secondSlopes: array<f32>;`
    : ''
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= ${dense}u) { return; }
  let end = min(shape.rows, (id.y + 1u) * ${TILE_ROWS}u);
  var sum = 0.0;
  var row = id.y * ${TILE_ROWS}u;
  if (p < ${w}u) {
    for (; row < end; row++) { sum += slopes[row * ${width}u + p]; }
  }${
    deep
      ? ` else if (p < ${b}u) {
    let j = (p - ${w}u) / ${width}u;
    let e = (p - ${w}u) % ${width}u;
    for (; row < end; row++) { sum += secondSlopes[row * ${hidden}u + j] * first[row * ${width}u + e]; }
  } else if (p < ${o}u) {
    for (; row < end; row++) { sum += secondSlopes[row * ${hidden}u + p - ${b}u]; }
  }`
      : ''
  } else if (p < ${ob}u) {
    for (; row < end; row++) { sum += pairs[row].x * ${lastName}[row * ${last}u + p - ${o}u]; }
    sum *= shape.perMass;
  } else if (p == ${ob}u) {
    for (; row < end; row++) { sum += pairs[row].x; }
    sum *= shape.perMass;
  }
  partial[id.y * ${dense}u + p] = sum;
}`;

  const embedding = /* wgsl */ `
${SHAPE}
@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> slopes: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> largest: f32;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> shape: Shape;
var<workgroup> own: array<atomic<i32>, 1024>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  for (var at = thread; at < 1024u; at += 256u) { atomicStore(&own[at], 0); }
  workgroupBarrier();
  let most = max(largest, 1e-30);
  for (var row = thread; row < shape.rows; row += 256u) {
    let code = (codes[row * ${words}u + group.x / 4u] >> (8u * (group.x % 4u))) & 255u;
    let whole = vec4<i32>(round(slopes[row * ${e4}u + group.y] / most * shape.units));
    for (var e = 0u; e < 4u; e++) {
      if (whole[e] != 0) { atomicAdd(&own[4u * code + e], whole[e]); }
    }
  }
  workgroupBarrier();
  let sum = vec4<f32>(f32(atomicLoad(&own[4u * thread])), f32(atomicLoad(&own[4u * thread + 1u])),
    f32(atomicLoad(&own[4u * thread + 2u])), f32(atomicLoad(&own[4u * thread + 3u])));
  gradient[(group.x * 256u + thread) * ${e4}u + group.y] = sum / shape.units * most;
}`;

  const adam = /* wgsl */ `
${SHAPE}
@group(0) @binding(0) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> square: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> partial: array<f32>;
@group(0) @binding(5) var<storage, read_write> largest: u32;
@group(0) @binding(6) var<uniform> shape: Shape;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let at = id.y * groups.x * 256u + id.x;
  if (at >= ${size}u) { return; }
  // For the next step's backward pass.
  if (at == 0u) { largest = 0u; }
  var g = 0.0;
  if (at < ${embeddingBias}u) { g = gradient[at]; }
  else {
    for (var tile = 0u; tile < shape.tiles; tile++) { g += partial[tile * ${dense}u + at - ${embeddingBias}u]; }
  }
  let pulled = at < ${embeddingBias}u || (at >= ${weights}u && at < ${bias}u) || (at >= ${output}u && at < ${outputBias}u);
  if (pulled) { g += shape.l2 * parameters[at]; }
  let m = ${BETA1} * mean[at] + ${(1 - BETA1).toPrecision(9)} * g;
  let v = ${BETA2} * square[at] + ${(1 - BETA2).toPrecision(9)} * g * g;
  mean[at] = m;
  square[at] = v;
  parameters[at] -= shape.rate * m / (sqrt(v) + shape.epsilon);
}`;

  return { forward, backward, dense: denseSums, embedding, adam };
}

/** Adds losses to a running total. Bindings: 0 losses, 1 total, 2 shape. One workgroup. */
export const ADD_LOSSES_WGSL = /* wgsl */ `
struct Shape { count: u32 }
@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: f32;
@group(0) @binding(2) var<uniform> shape: Shape;
var<workgroup> lanes: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32) {
  var own = 0.0;
  for (var at = thread; at < shape.count; at += 256u) { own += losses[at]; }
  lanes[thread] = own;
  workgroupBarrier();
  for (var step = 128u; step > 0u; step /= 2u) {
    if (thread < step) { lanes[thread] += lanes[thread + step]; }
    workgroupBarrier();
  }
  if (thread == 0u) { total += lanes[0]; }
}`;
