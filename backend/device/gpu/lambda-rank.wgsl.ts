import { GROUP_INDEX } from './kernel.ts';

/** Lanes of the workgroup that a slate has to itself. */
const LANES = 32;

/**
 * LambdaMART's gradients of NDCG, the twin of `lambdaRank` in `device/cpu/assembly/slates.ts` (formula and source
 * there): one workgroup per slate. A row's slot is the number of rows before it; each lane then adds up the gradients
 * of all pairs of its own rows, so that nothing is shared and the order of additions is fixed.
 * Bound, ε = 2⁻²³, pull P = σ(−d) · δ of a pair at distance d whose gains differ by Δ: P and its curvature are off by
 * at most (16 + 4 |d|) ε P, and by 2 ε σ(−d) Δ discount / ideal / (0.01 + |d|), which the difference of two
 * discounts loses. A row's sum of n of them adds n ε / 2 of itself, the slate's scale as much again as the slate's sum is off
 * by, and 8 ε. Each slate's 1 − NDCG is off by 8 ε of its number of slots within the truncation.
 * Bindings: 0 scores, 1 gains, 2 first row of each slate and the end, 3 discounts of the slots, 4 per slate
 * 1 / ideal DCG or 0, 5 rows by slot, 6 pairs, 7 loss per slate, 8 shape.
 */
export const LAMBDA_RANK_WGSL = /* wgsl */ `
struct Shape { slates: u32, truncation: u32, normalises: u32 }
@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> gains: array<f32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> discounts: array<f32>;
@group(0) @binding(4) var<storage, read> inverseIdeals: array<f32>;
@group(0) @binding(5) var<storage, read_write> rowAt: array<u32>;
@group(0) @binding(6) var<storage, read_write> pairs: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> losses: array<f32>;
@group(0) @binding(8) var<uniform> shape: Shape;
var<workgroup> lanes: array<vec2<f32>, ${LANES}>;
${GROUP_INDEX}

fn sumOfSlate(value: vec2<f32>, thread: u32) -> vec2<f32> {
  lanes[thread] = value;
  workgroupBarrier();
  for (var step = ${LANES / 2}u; step > 0u; step /= 2u) {
    if (thread < step) { lanes[thread] += lanes[thread + step]; }
    workgroupBarrier();
  }
  return lanes[0];
}

/** log2(1 + x) / x; near 0 by the series of ln(1 + x) = 2 atanh(x / (2 + x)), as 1 + x would round x away. */
fn normOf(x: f32) -> f32 {
  if (!(x > 0.0)) { return 1.0; }
  if (x > 1.0) { return log2(1.0 + x) / x; }
  let z = x / (2.0 + x);
  let s = z * z;
  let series = 1.0 + s * (1.0 / 3.0 + s * (0.2 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * (1.0 / 11.0 + s / 13.0)))));
  return 2.8853900817779268 * series / (2.0 + x);
}

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let slate = groupIndex(group, groups);
  if (slate >= shape.slates) { return; }
  let first = starts[slate];
  let n = starts[slate + 1u] - first;
  let inverseIdeal = inverseIdeals[slate];
  if (inverseIdeal == 0.0) {
    for (var i = thread; i < n; i += ${LANES}u) { pairs[first + i] = vec2<f32>(0.0); }
    if (thread == 0u) { losses[slate] = 0.0; }
    return;
  }
  for (var row = first + thread; row < first + n; row += ${LANES}u) {
    let s = scores[row];
    var slot = 0u;
    for (var other = first; other < first + n; other++) {
      let t = scores[other];
      slot += select(0u, 1u, t > s || (t == s && other < row));
    }
    rowAt[first + slot] = row;
  }
  storageBarrier();
  let softens = shape.normalises == 1u && scores[rowAt[first]] != scores[rowAt[first + n - 1u]];
  // Σ of the pulls, and the DCG.
  var own = vec2<f32>(0.0);
  for (var a = thread; a < n; a += ${LANES}u) {
    let row = rowAt[first + a];
    let s = scores[row];
    let gain = gains[row];
    var pulls = vec2<f32>(0.0);
    let end = select(min(n, shape.truncation), n, a < shape.truncation);
    for (var b = 0u; b < end; b++) {
      let other = rowAt[first + b];
      let t = scores[other];
      let otherGain = gains[other];
      if (gain == otherGain) { continue; }
      let better = gain > otherGain;
      let ahead = select(t - s, s - t, better);
      var delta = abs(gain - otherGain) * abs(discounts[a] - discounts[b]) * inverseIdeal;
      if (softens) { delta /= 0.01 + abs(ahead); }
      // σ from exp(−|d|): nothing overflows, and both tails keep their digits.
      let e = exp(-abs(ahead));
      let near = 1.0 / (1.0 + e);
      let far = e / (1.0 + e);
      let pull = select(near, far, ahead >= 0.0) * delta;
      pulls += vec2<f32>(select(pull, -pull, better), near * far * delta);
      own.x += pull;
    }
    pairs[row] = pulls;
    if (a < shape.truncation) { own.y += gain * discounts[a]; }
  }
  let sums = sumOfSlate(own, thread);
  if (thread == 0u) { losses[slate] = 1.0 - sums.y * inverseIdeal; }
  if (shape.normalises == 0u) { return; }
  let norm = normOf(sums.x);
  for (var a = thread; a < n; a += ${LANES}u) { pairs[rowAt[first + a]] *= norm; }
}`;
