import { GROUP_INDEX } from './kernel.ts';

/**
 * Sets the pairs of all rows that a tree is not grown on to 0, so that sums over all rows are sums over the others.
 * Bindings: 0 a bit for each row that is kept, 1 pairs as whole numbers, 2 shape.
 */
export const KEEP_ROWS_WGSL = /* wgsl */ `
struct Shape { rows: u32 }
@group(0) @binding(0) var<storage, read> bits: array<u32>;
@group(0) @binding(1) var<storage, read_write> fixed: array<vec2<i32>>;
@group(0) @binding(2) var<uniform> shape: Shape;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let row = groupIndex(group, groups) * 256u + thread;
  if (row >= shape.rows) { return; }
  if (((bits[row / 32u] >> (row % 32u)) & 1u) == 0u) { fixed[row] = vec2<i32>(0); }
}`;
