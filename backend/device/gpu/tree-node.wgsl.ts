/**
 * A node of the tree that grows on the device; the children of node i are 2i + 1 and 2i + 2. Sums are whole numbers
 * `high · 2¹⁶ + low` of (gradient, hessian), so that a child's is its parent's less its sibling's, exactly.
 */
export const TREE_NODE_WGSL = /* wgsl */ `
struct Node {
  sums: vec4<i32>, // gradient high, low; hessian high, low
  low: f32,        // bounds that monotone splits above put on the value
  high: f32,
  gain: f32,
  value: f32,
  feature: u32,
  threshold: u32,
  shift: u32,
  state: u32,
}
const ABSENT = 0u;
const LEAF = 1u;
const SPLIT = 2u;

struct Rules {
  lambda: f32, minChildHessian: f32, minGain: f32, rate: f32,
  features: u32, firstNode: u32, nodes: u32, mostFixed: f32,
  minChildRows: f32, blocks: u32, heap: u32,
}

fn lessOf(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  let d = a - b;
  return vec4<i32>(d.x + (d.y >> 16u), d.y & 0xffff, d.z + (d.w >> 16u), d.w & 0xffff);
}

/** (gradient, hessian); scale is the value of one whole number. */
fn realOf(sums: vec4<i32>, scale: vec2<f32>) -> vec2<f32> {
  return (vec2<f32>(sums.xz) * 65536.0 + vec2<f32>(sums.yw)) * scale;
}

fn valueOf(s: vec2<f32>, lambda: f32, low: f32, high: f32) -> f32 {
  if (!(s.y + lambda > 0.0)) { return 0.0; }
  return clamp(-s.x / (s.y + lambda), low, high);
}

/** Twice the loss that the value w saves over 0: G² / (H + λ) at the best w. Gains are sums of such scores. */
fn scoreOf(s: vec2<f32>, lambda: f32, w: f32) -> f32 {
  return -(2.0 * s.x * w + (s.y + lambda) * w * w);
}`;

export const NODE_BYTES = 48;
export const STATE = { absent: 0, leaf: 1, split: 2 } as const;
