/**
 * Feature-major bytes to the kernels' layout, in which 16 features of one row are one `vec4<u32>`: full scans read
 * 16 bytes per lane side by side, and a gathered row costs one 32-byte sector per 16 features.
 * One thread turns 4 rows × 16 features: 16 words, one per feature, become 4 vectors, one per row.
 * Bindings: 0 columns (`words` u32 per feature, 4 rows in each), 1 packed `[group][row]`, 2 shape.
 */
export const PACK_CODES_WGSL = /* wgsl */ `
struct Shape { rows: u32, words: u32, group: u32, features: u32 }
@group(0) @binding(0) var<storage, read> columns: array<u32>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4<u32>>;
@group(0) @binding(2) var<uniform> shape: Shape;

/** The word of one feature of the group; features past the last have only bucket 0. */
fn column(feature: u32, word: u32) -> u32 {
  if (feature >= shape.features) { return 0u; }
  return columns[feature * shape.words + word];
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let word = id.y * groups.x * 256u + id.x;
  if (word >= shape.words) { return; }
  var out: array<vec4<u32>, 4>;
  for (var quad = 0u; quad < 4u; quad++) {
    let a = column(4u * quad, word);
    let b = column(4u * quad + 1u, word);
    let c = column(4u * quad + 2u, word);
    let d = column(4u * quad + 3u, word);
    for (var row = 0u; row < 4u; row++) {
      let shift = 8u * row;
      out[row][quad] = ((a >> shift) & 255u) | (((b >> shift) & 255u) << 8u) |
        (((c >> shift) & 255u) << 16u) | (((d >> shift) & 255u) << 24u);
    }
  }
  for (var row = 0u; row < 4u; row++) {
    if (4u * word + row < shape.rows) { packed[shape.group * shape.rows + 4u * word + row] = out[row]; }
  }
}`;
