/** Rows per workgroup: its fixed-point sums must fit 31 bits. */
export const CHUNK_ROWS = 8192;
const THREADS = 256;

/**
 * One workgroup sums one chunk of rows of one feature in its own memory, then writes 2 × 256 sums.
 * WGSL has no float atomics, so gradient and hessian come as whole numbers; their sums are exact and do not
 * depend on the order in which threads run.
 * Bindings: 0 codes (four to a u32, each feature padded to `words` u32), 1 gradient and hessian interleaved,
 * 2 sums `[feature][chunk][gradient 256 | hessian 256]`.
 */
export const HISTOGRAM_WGSL = /* wgsl */ `
struct Shape { rows: u32, words: u32, chunks: u32 }
@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> sums: array<i32>;
@group(0) @binding(3) var<uniform> shape: Shape;

var<workgroup> own: array<atomic<i32>, 512>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let chunk = group.x;
  let feature = group.y;
  atomicStore(&own[thread], 0);
  atomicStore(&own[thread + 256u], 0);
  workgroupBarrier();
  let first = chunk * ${CHUNK_ROWS}u;
  let end = min(first + ${CHUNK_ROWS}u, shape.rows);
  for (var row = first + 4u * thread; row < end; row += ${4 * THREADS}u) {
    let four = codes[feature * shape.words + row / 4u];
    for (var lane = 0u; lane < 4u && row + lane < end; lane++) {
      let bucket = extractBits(four, 8u * lane, 8u);
      let pair = pairs[row + lane];
      atomicAdd(&own[bucket], pair.x);
      atomicAdd(&own[bucket + 256u], pair.y);
    }
  }
  workgroupBarrier();
  let at = (feature * shape.chunks + chunk) * 512u + thread;
  sums[at] = atomicLoad(&own[thread]);
  sums[at + 256u] = atomicLoad(&own[thread + 256u]);
}`;
