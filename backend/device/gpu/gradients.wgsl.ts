import { GROUP_INDEX } from './kernel.ts';

/**
 * Gradient and hessian of a loss in the scores, per row, as `vec2<f32>`, and the loss, one partial sum per
 * workgroup (slate, in the listwise case), which the caller adds up in float64. Formulas: `science/learn/loss.ts`.
 *
 * ε = 2⁻²³ is one f32 step at 1. WGSL's exp is off by at most (3 + 2|x|) ε, its log by 3 ε or 2⁻²¹ near 1, its
 * division by 2.5 ε, relative.
 */

export const ROWS_PER_GROUP = 1024;

/** The sum over 256 lanes, in a tree: `log₂ 256` roundings. */
const SUM_256 = /* wgsl */ `
var<workgroup> lanes: array<f32, 256>;
fn sumOfGroup(value: f32, thread: u32) -> f32 {
  lanes[thread] = value;
  workgroupBarrier();
  for (var step = 128u; step > 0u; step /= 2u) {
    if (thread < step) { lanes[thread] += lanes[thread + step]; }
    workgroupBarrier();
  }
  return lanes[0];
}`;

const ROW_LOSSES = {
  /**
   * `w (σ(s) − y)`, `w σ (1 − σ)`, `y = reward > 0`, `w = reward` where y else 1. σ comes from `exp(−|s|)`, so nothing
   * overflows and both tails keep their relative precision: |error| ≤ 8 ε w for both.
   */
  logistic: /* wgsl */ `
    let hit = reward[row] > 0.0;
    let w = select(1.0, reward[row], hit);
    let e = exp(-abs(s));
    let near = 1.0 / (1.0 + e);
    let far = e / (1.0 + e);
    let p = select(far, near, s >= 0.0);
    let q = select(near, far, s >= 0.0);
    pairs[row] = vec2<f32>(w * select(p, -q, hit), w * p * q);
    // log(1 + e), whose series is exact to f32 where 1 + e would round e away.
    let tail = select(log(1.0 + e), e - 0.5 * e * e, e < 0.0009765625);
    loss += w * (max(select(s, -s, hit), 0.0) + tail);`,
  /** `s − y`, 1, `(s − y)² / 2`: |error| ≤ ε |s − y|. */
  squared: /* wgsl */ `
    let residual = s - reward[row];
    pairs[row] = vec2<f32>(residual, 1.0);
    loss += 0.5 * residual * residual;`,
};
export type RowLossName = keyof typeof ROW_LOSSES;

/** Bindings: 0 scores, 1 rewards (targets), 2 pairs, 3 loss per workgroup, 4 shape. */
export const rowGradientsWgsl = (loss: RowLossName): string => /* wgsl */ `
struct Shape { rows: u32 }
@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> reward: array<f32>;
@group(0) @binding(2) var<storage, read_write> pairs: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;
${GROUP_INDEX}
${SUM_256}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = groupIndex(group, groups);
  var loss = 0.0;
  let end = min(shape.rows, (index + 1u) * ${ROWS_PER_GROUP}u);
  for (var row = index * ${ROWS_PER_GROUP}u + thread; row < end; row += 256u) {
    let s = scores[row];
    ${ROW_LOSSES[loss]}
  }
  let total = sumOfGroup(loss, thread);
  if (thread == 0u && index * ${ROWS_PER_GROUP}u < shape.rows) { losses[index] = total; }
}`;

/** Slates per workgroup; 32 lanes walk one slate, whatever its length. */
export const SLATES_PER_GROUP = 8;

/**
 * Softmax cross-entropy per slate: `R p − reward`, `R p (1 − p)`, `R = Σ reward` of the slate.
 * Bound for a slate of n rows: with x the distance below the best score, e^−x is off by (3 + 2.5x) e^−x ε; weighted
 * by p, x averages at most ln n; the sum has ⌈n/32⌉ + 5 roundings. So |p̂ − p| ≤ (9 + 3 ln n + n/32) ε, the gradient
 * is off by R times that and the hessian by twice that; of `1 − p`, where p is near 1, no digit is lost beyond it.
 * The weight c of the outside option adds `c (q − a) p` and `c (q (1 − q) p² + (q − a) p (1 − p))`, q as in `logistic` at the
 * inclusive value, which is off by (9 + n/32 + |u|) ε.
 * Bindings: 0 scores, 1 rewards, 2 first row of each slate and the end, 3 weight of the outside option per slate, 4 pairs,
 * 5 loss per slate, 6 shape.
 */
export const SLATE_GRADIENTS_WGSL = /* wgsl */ `
struct Shape { slates: u32 }
@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> reward: array<f32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> outsides: array<f32>;
@group(0) @binding(4) var<storage, read_write> pairs: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> losses: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
var<workgroup> lanes: array<f32, 256>;
${GROUP_INDEX}

fn sumOfSlate(value: f32, thread: u32) -> f32 {
  workgroupBarrier();
  lanes[thread] = value;
  workgroupBarrier();
  for (var step = 16u; step > 0u; step /= 2u) {
    if (thread % 32u < step) { lanes[thread] += lanes[thread + step]; }
    workgroupBarrier();
  }
  return lanes[thread & ~31u];
}

fn mostOfSlate(value: f32, thread: u32) -> f32 {
  workgroupBarrier();
  lanes[thread] = value;
  workgroupBarrier();
  for (var step = 16u; step > 0u; step /= 2u) {
    if (thread % 32u < step) { lanes[thread] = max(lanes[thread], lanes[thread + step]); }
    workgroupBarrier();
  }
  return lanes[thread & ~31u];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let slate = groupIndex(group, groups) * ${SLATES_PER_GROUP}u + thread / 32u;
  let known = slate < shape.slates;
  let first = select(0u, starts[min(slate, shape.slates - 1u)], known);
  let end = select(0u, starts[min(slate, shape.slates - 1u) + 1u], known);
  var most = -3.0e38;
  var earned = 0.0;
  for (var row = first + thread % 32u; row < end; row += 32u) {
    most = max(most, scores[row]);
    earned += reward[row];
  }
  most = mostOfSlate(most, thread);
  earned = sumOfSlate(earned, thread);
  var sum = 0.0;
  for (var row = first + thread % 32u; row < end; row += 32u) { sum += exp(scores[row] - most); }
  sum = sumOfSlate(sum, thread);
  let logSum = log(sum);
  let outside = select(0.0, outsides[min(slate, shape.slates - 1u)], known);
  let all = most + logSum;
  let e = exp(-abs(all));
  let near = 1.0 / (1.0 + e);
  let far = e / (1.0 + e);
  let pull = outside * select(select(far, near, all >= 0.0), -select(near, far, all >= 0.0), earned > 0.0);
  let bend = outside * near * far;
  var loss = 0.0;
  for (var row = first + thread % 32u; row < end; row += 32u) {
    let below = scores[row] - most;
    let p = exp(below) / sum;
    pairs[row] = vec2<f32>(earned * p - reward[row] + pull * p, (earned + pull) * p * (1.0 - p) + bend * p * p);
    if (reward[row] > 0.0) { loss += reward[row] * (logSum - below); }
  }
  loss = sumOfSlate(loss, thread);
  // log(1 + e), whose series is exact to f32 where 1 + e would round e away.
  let tail = select(log(1.0 + e), e - 0.5 * e * e, e < 0.0009765625);
  loss += outside * (max(select(all, -all, earned > 0.0), 0.0) + tail);
  if (known && thread % 32u == 0u) { losses[slate] = loss; }
}`;
