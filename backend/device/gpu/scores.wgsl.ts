import { GROUP_INDEX } from './kernel.ts';

/** Rows that one lane adds up: the tables are read once for all of them. */
const LANE_ROWS = 8;
export const SCORE_ROWS = 256 * LANE_ROWS;

/**
 * Additive scores, `scores[row] = Σ weights[feature · 256 + code]` in f32: the histogram's transpose.
 * Bytes moved: the codes once (16 · ⌈F/16⌉ per row) and 4 per row written; the tables (1 KiB per feature) come from
 * the cache, once per 2,048 rows. A workgroup holds 16 features' tables as `[bucket][feature]`, and each lane visits
 * them in an order that starts at its own number, so that lanes hit different banks.
 * Bound: F additions of rounded terms, |error| ≤ F · 2⁻²⁴ · Σ |weight|, whatever the order.
 * Bindings: 0 codes `[group][row]`, 1 weights, 2 scores, 3 shape.
 */
export const ADDITIVE_SCORES_WGSL = /* wgsl */ `
struct Shape { rows: u32, features: u32 }
@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;
var<workgroup> tables: array<f32, 4096>;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let first = groupIndex(group, groups) * ${SCORE_ROWS}u + thread;
  let turn = thread & 15u;
  let shift = 8u * (turn & 3u);
  var sums: array<f32, ${LANE_ROWS}>;
  for (var span = 0u; span * 16u < shape.features; span++) {
    workgroupBarrier();
    for (var feature = 0u; feature < 16u; feature++) {
      let known = span * 16u + feature < shape.features;
      tables[thread * 16u + feature] = select(0.0, weights[min(span * 16u + feature, shape.features - 1u) * 256u + thread], known);
    }
    workgroupBarrier();
    for (var k = 0u; k < ${LANE_ROWS}u; k++) {
      let row = first + k * 256u;
      if (row >= shape.rows) { break; }
      var four = codes[span * shape.rows + row];
      four = select(four, four.yzwx, (turn & 4u) != 0u);
      four = select(four, four.zwxy, (turn & 8u) != 0u);
      four = (four >> vec4<u32>(shift)) | ((four.yzwx << vec4<u32>(31u - shift)) << vec4<u32>(1u));
      var sum = sums[k];
      ${Array.from(
        { length: 16 },
        (_, s) =>
          `sum += tables[((four.${'xyzw'[s >> 2]} >> ${8 * (s & 3)}u) & 255u) * 16u + ((turn + ${s}u) & 15u)];`,
      ).join('\n      ')}
      sums[k] = sum;
    }
  }
  for (var k = 0u; k < ${LANE_ROWS}u; k++) {
    let row = first + k * 256u;
    if (row < shape.rows) { scores[row] = sums[k]; }
  }
}`;

/**
 * `into = a · x + b · y` of each row: off by at most 1.5 ε of |a x| + |b y|.
 * Bindings: 0 x, 1 y, 2 into (neither of them), 3 shape, 4 factors.
 */
export const COMBINE_WGSL = /* wgsl */ `
struct Shape { rows: u32 }
struct Factors { a: f32, b: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> into: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<uniform> factors: Factors;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let row = groupIndex(group, groups) * 256u + thread;
  if (row < shape.rows) { into[row] = factors.a * x[row] + factors.b * y[row]; }
}`;
