import { GROUP_INDEX } from './kernel.ts';
import { TREE_NODE_WGSL } from './tree-node.wgsl.ts';

/** The order of a feature that nothing may be split on. */
export const NOT_ALLOWED = 3;

/**
 * The best split of each (node, feature). Lane t tries "codes ≤ t go left" with the missing bucket 0 sent left
 * (shift 0, threshold t) and right (shift 1, threshold t − 1). A split gains
 * `S(left) + S(right) − S(node)`, `S = −(2 G w + (H + λ) w²)`, `w = −G / (H + λ)` within the node's bounds, which is
 * `G² / (H + λ)` where no bound holds (Chen & Guestrin, KDD 2016, eq. 7, without its factor ½): as on the CPU.
 * Prefix sums are whole numbers and exact. Each of the three S is then off by at most 16 · 2⁻²³ of
 * `2 |G w| + (H + λ) w²`; so is the gain, of their sum. Equal gains: the lowest threshold, missing left first.
 * Bindings: 0 histograms `[node of the level][feature][bucket]`, 1 nodes, 2 rules, 3 largest (gradient, hessian),
 * 4 per feature: order + 1 (0 falling, 1 none, 2 rising), or `NOT_ALLOWED`,
 * 5 answers, three vec4 per (node, feature): (gain bits, threshold, shift, 0), sums of the left, sums of the node,
 * 6 segments `[block][node]` (first place, rows). A child's rows are estimated from its share of the node's hessian.
 */
export const BEST_SPLITS_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
@group(0) @binding(0) var<storage, read> sums: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read> nodes: array<Node>;
@group(0) @binding(2) var<uniform> rules: Rules;
@group(0) @binding(3) var<storage, read> largest: array<f32, 2>;
@group(0) @binding(4) var<storage, read> orders: array<u32>;
@group(0) @binding(5) var<storage, read_write> answers: array<vec4<i32>>;
@group(0) @binding(6) var<storage, read> segments: array<vec2<u32>>;
var<workgroup> prefix: array<vec4<i32>, 256>;
var<workgroup> gains: array<f32, 256>;
var<workgroup> winners: array<u32, 256>;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) t: u32) {
  let index = groupIndex(group, groups);
  let number = index / rules.features;
  let feature = index % rules.features;
  if (number >= rules.nodes) { return; }
  let node = nodes[rules.firstNode + number];
  let own = sums[index * 256u + t];
  prefix[t] = own;
  workgroupBarrier();
  // Low parts stay under 256 · 2^16: no carry is lost before the end.
  for (var step = 1u; step < 256u; step *= 2u) {
    var before = vec4<i32>(0);
    if (t >= step) { before = prefix[t - step]; }
    workgroupBarrier();
    prefix[t] += before;
    workgroupBarrier();
  }
  let all = prefix[255];
  let scale = max(vec2<f32>(largest[0], largest[1]), vec2<f32>(1e-30)) / rules.mostFixed;
  let order = orders[feature];
  let whole = realOf(all, scale);
  var rows = 0u;
  for (var block = 0u; block < rules.blocks; block++) {
    rows += segments[block * rules.heap + rules.firstNode + number].y;
  }
  let leastOfRows = (rules.minChildRows - 0.5) * whole.y / f32(max(rows, 1u));
  let least = max(max(rules.minChildHessian, leastOfRows), 1e-30);
  let parent = scoreOf(whole, rules.lambda, valueOf(whole, rules.lambda, node.low, node.high));
  var best = -1.0;
  var winner = 0xffffu;
  // With a root the sums are only known here.
  let present = node.state == LEAF && t < 255u && order != ${NOT_ALLOWED}u;
  for (var shift = 0u; shift < 2u; shift++) {
    if (!present || t < shift) { continue; }
    var left = prefix[t];
    if (shift == 1u) { left = left - prefix[0]; }
    let l = realOf(left, scale);
    let r = realOf(all - left, scale);
    if (l.y < least || r.y < least) { continue; }
    let lv = valueOf(l, rules.lambda, node.low, node.high);
    let rv = valueOf(r, rules.lambda, node.low, node.high);
    if ((order == 2u && lv > rv) || (order == 0u && lv < rv)) { continue; }
    let gain = scoreOf(l, rules.lambda, lv) + scoreOf(r, rules.lambda, rv) - parent;
    if (gain > best) { best = gain; winner = t * 2u + shift; }
  }
  gains[t] = best;
  winners[t] = winner;
  workgroupBarrier();
  for (var step = 128u; step > 0u; step /= 2u) {
    if (t < step) {
      let other = gains[t + step];
      if (other > gains[t] || (other == gains[t] && winners[t + step] < winners[t])) {
        gains[t] = other;
        winners[t] = winners[t + step];
      }
    }
    workgroupBarrier();
  }
  if (t > 0u) { return; }
  let won = winners[0];
  var left = vec4<i32>(0);
  if (won != 0xffffu) {
    left = prefix[won / 2u];
    if ((won & 1u) == 1u) { left = left - prefix[0]; }
  }
  answers[3u * index] = vec4<i32>(bitcast<i32>(gains[0]), i32((won / 2u) - (won & 1u)), i32(won & 1u), 0);
  answers[3u * index + 1u] = lessOf(left, vec4<i32>(0));
  answers[3u * index + 2u] = lessOf(all, vec4<i32>(0));
}`;

/**
 * Splits the nodes of one level by the best of their features (equal gains: the first), and makes their children,
 * with their values, and with bounds halfway between them where the feature is monotone.
 * Bindings: 0 answers, 1 nodes, 2 rules, 3 largest, 4 orders, as above.
 */
export const CHOOSE_SPLITS_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
@group(0) @binding(0) var<storage, read> answers: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read_write> nodes: array<Node>;
@group(0) @binding(2) var<uniform> rules: Rules;
@group(0) @binding(3) var<storage, read> largest: array<f32, 2>;
@group(0) @binding(4) var<storage, read> orders: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= rules.nodes) { return; }
  let at = rules.firstNode + id.x;
  var node = nodes[at];
  if (node.state != LEAF) { return; }
  let scale = max(vec2<f32>(largest[0], largest[1]), vec2<f32>(1e-30)) / rules.mostFixed;
  node.sums = answers[3u * id.x * rules.features + 2u];
  node.value = valueOf(realOf(node.sums, scale), rules.lambda, node.low, node.high) * rules.rate;
  var best = -1.0;
  var chosen = 0u;
  for (var feature = 0u; feature < rules.features; feature++) {
    let gain = bitcast<f32>(answers[3u * (id.x * rules.features + feature)].x);
    if (gain > best) { best = gain; chosen = feature; }
  }
  if (best > rules.minGain) {
    let answer = 3u * (id.x * rules.features + chosen);
    node.gain = best;
    node.feature = chosen;
    node.threshold = u32(answers[answer].y);
    node.shift = u32(answers[answer].z);
    node.state = SPLIT;
    var left = Node(answers[answer + 1u], node.low, node.high, 0.0, 0.0, 0u, 0u, 0u, LEAF);
    var right = Node(lessOf(node.sums, left.sums), node.low, node.high, 0.0, 0.0, 0u, 0u, 0u, LEAF);
    let lv = valueOf(realOf(left.sums, scale), rules.lambda, node.low, node.high);
    let rv = valueOf(realOf(right.sums, scale), rules.lambda, node.low, node.high);
    let middle = 0.5 * (lv + rv);
    let order = orders[chosen];
    if (order == 2u) { left.high = middle; right.low = middle; }
    if (order == 0u) { left.low = middle; right.high = middle; }
    left.value = clamp(lv, left.low, left.high) * rules.rate;
    right.value = clamp(rv, right.low, right.high) * rules.rate;
    nodes[2u * at + 1u] = left;
    nodes[2u * at + 2u] = right;
  }
  nodes[at] = node;
}`;

/**
 * The larger sibling's histogram is the parent's less the smaller's, exactly.
 * Bindings: 0 parents' histograms, 1 this level's, 2 place of each pair's smaller child, 3 shape.
 */
export const SUBTRACT_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { pairs: u32, entries: u32 }
@group(0) @binding(0) var<storage, read> parents: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4<i32>>;
@group(0) @binding(2) var<storage, read> place: array<u32>;
@group(0) @binding(3) var<uniform> shape: Shape;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = groupIndex(group, groups) * 256u + thread;
  let pair = index / shape.entries;
  if (pair >= shape.pairs) { return; }
  let entry = index % shape.entries;
  let smaller = sums[place[pair] * shape.entries + entry];
  sums[(place[pair] ^ 1u) * shape.entries + entry] = lessOf(parents[index], smaller);
}`;
