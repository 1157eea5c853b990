/// <reference types="@webgpu/types" />
import { groupsOf, type MadeOnDevice } from '../../../backend/device/gpu/codes.ts';
import { GROUP_INDEX, spread, type Workspace } from '../../../backend/device/gpu/kernel.ts';

/**
 * Codes that the device and the host make alike, so that hundreds of millions need not cross the bus: the top byte of
 * a hash of (row, feature), squared, so that low buckets are crowded, as in real data.
 */
export function madeCode(row: number, feature: number): number {
  let x = (Math.imul(row, 0x9e37_79b1) ^ Math.imul(feature + 1, 0x85eb_ca77)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b) >>> 0;
  const top = (x ^ (x >>> 16)) >>> 24;
  return (top * top) >> 8;
}

const HASH = /* wgsl */ `
fn made(row: u32, feature: u32) -> u32 {
  var x = (row * 0x9e3779b1u) ^ ((feature + 1u) * 0x85ebca77u);
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  let top = (x ^ (x >> 16u)) >> 24u;
  return (top * top) >> 8u;
}`;

/** One thread per row, in which the body of `main` goes on. */
const FOR_EACH_ROW = /* wgsl */ `
@group(0) @binding(1) var<uniform> shape: Shape;
${GROUP_INDEX}
${HASH}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let row = groupIndex(group, groups) * 256u + thread;
  if (row >= shape.rows) { return; }`;

const FILL_WGSL = /* wgsl */ `
struct Shape { first: u32, rows: u32, features: u32 }
@group(0) @binding(0) var<storage, read_write> codes: array<vec4<u32>>;
${FOR_EACH_ROW}
  for (var span = 0u; span * 16u < shape.features; span++) {
    var four = vec4<u32>(0u);
    for (var lane = 0u; lane < 16u; lane++) {
      let feature = span * 16u + lane;
      if (feature < shape.features) { four[lane / 4u] |= made(shape.first + row, feature) << (8u * (lane % 4u)); }
    }
    codes[span * shape.rows + row] = four;
  }
}`;

/** Pairs of whole numbers, `vec2<i32>` per row: as a gradient and a hessian would be. */
const FILL_PAIRS_WGSL = /* wgsl */ `
struct Shape { first: u32, rows: u32 }
@group(0) @binding(0) var<storage, read_write> pairs: array<vec2<i32>>;
${FOR_EACH_ROW}
  pairs[row] = vec2<i32>(1000 * (i32(made(shape.first + row, 1000u)) - 100), 500 * i32(made(shape.first + row, 1001u)));
}`;

export const madePair = (row: number): [number, number] => [
  1000 * (madeCode(row, 1000) - 100),
  500 * madeCode(row, 1001),
];

export const madeOnDevice = (
  workspace: Workspace,
  rows: number,
  features: number,
): MadeOnDevice => ({
  rows,
  features,
  fill: (into, block) =>
    workspace.submit([
      workspace.step(
        FILL_WGSL,
        [into, workspace.uniform(block.first, block.rows, features)],
        spread(Math.ceil(block.rows / 256)),
      ),
    ]),
});

export function fillPairs(
  workspace: Workspace,
  into: GPUBuffer,
  first: number,
  rows: number,
): void {
  const shape = workspace.uniform(first, rows);
  const step = workspace.step(FILL_PAIRS_WGSL, [into, shape], spread(Math.ceil(rows / 256)));
  workspace.submit([step]);
}

/** The same codes on the host, feature-major. */
export function madeOnHost(rows: number, features: number): Uint8Array {
  const codes = new Uint8Array(rows * features);
  for (let feature = 0; feature < features; feature++)
    for (let row = 0; row < rows; row++) codes[feature * rows + row] = madeCode(row, feature);
  return codes;
}

export const codeBytes = (rows: number, features: number): number => 16 * groupsOf(features) * rows;
