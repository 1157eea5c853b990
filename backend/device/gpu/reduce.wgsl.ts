import { GROUP_INDEX } from './kernel.ts';

export const REDUCE_ROWS = 4096;

/**
 * Sum and largest absolute value of f32 values, one of each per workgroup of 4,096 values.
 * The largest is exact; each sum has at most 16 + 8 roundings, |error| ≤ 24 · 2⁻²⁴ · Σ |value|: add them in float64.
 * Bindings: 0 values, 1 results `vec2(sum, most)`, 2 shape.
 */
export const REDUCE_WGSL = /* wgsl */ `
struct Shape { count: u32 }
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> results: array<vec2<f32>>;
@group(0) @binding(2) var<uniform> shape: Shape;
var<workgroup> lanes: array<vec2<f32>, 256>;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = groupIndex(group, groups);
  var own = vec2<f32>(0.0);
  let end = min(shape.count, (index + 1u) * ${REDUCE_ROWS}u);
  for (var at = index * ${REDUCE_ROWS}u + thread; at < end; at += 256u) {
    own = vec2<f32>(own.x + values[at], max(own.y, abs(values[at])));
  }
  lanes[thread] = own;
  workgroupBarrier();
  for (var step = 128u; step > 0u; step /= 2u) {
    if (thread < step) {
      let other = lanes[thread + step];
      lanes[thread] = vec2<f32>(lanes[thread].x + other.x, max(lanes[thread].y, other.y));
    }
    workgroupBarrier();
  }
  if (thread == 0u && index * ${REDUCE_ROWS}u < shape.count) { results[index] = lanes[0]; }
}`;

/**
 * The largest |gradient| and |hessian| of pairs, over any number of blocks: as bits, in which order f32s of one sign
 * are ordered too. The two words must be zero before the first block.
 * Bindings: 0 pairs, 1 two words, 2 shape.
 */
export const LARGEST_PAIR_WGSL = /* wgsl */ `
struct Shape { rows: u32 }
@group(0) @binding(0) var<storage, read> pairs: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read_write> largest: array<atomic<u32>, 2>;
@group(0) @binding(2) var<uniform> shape: Shape;
var<workgroup> own: array<atomic<u32>, 2>;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  if (thread < 2u) { atomicStore(&own[thread], 0u); }
  workgroupBarrier();
  let index = groupIndex(group, groups);
  var most = vec2<f32>(0.0);
  let end = min(shape.rows, (index + 1u) * ${REDUCE_ROWS}u);
  for (var row = index * ${REDUCE_ROWS}u + thread; row < end; row += 256u) { most = max(most, abs(pairs[row])); }
  atomicMax(&own[0], bitcast<u32>(most.x));
  atomicMax(&own[1], bitcast<u32>(most.y));
  workgroupBarrier();
  if (thread < 2u) { atomicMax(&largest[thread], atomicLoad(&own[thread])); }
}`;

/**
 * Pairs as whole multiples of `largest / MAX_FIXED`: off by at most 0.55 of one (half by rounding, the rest by the
 * division in f32). Bindings: 0 pairs, 1 the two largest, 2 whole numbers, 3 shape (rows, MAX_FIXED).
 */
export const TO_FIXED_WGSL = /* wgsl */ `
struct Shape { rows: u32, most: f32 }
@group(0) @binding(0) var<storage, read> pairs: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> largest: array<f32, 2>;
@group(0) @binding(2) var<storage, read_write> fixed: array<vec2<i32>>;
@group(0) @binding(3) var<uniform> shape: Shape;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let row = groupIndex(group, groups) * 256u + thread;
  if (row >= shape.rows) { return; }
  let most = max(vec2<f32>(largest[0], largest[1]), vec2<f32>(1e-30));
  let units = clamp(round(pairs[row] / most * shape.most), vec2<f32>(-shape.most), vec2<f32>(shape.most));
  fixed[row] = vec2<i32>(units);
}`;
