import { GROUP_INDEX } from './kernel.ts';

/**
 * Histogram of (gradient, hessian) per (feature, bucket), over all rows of a block or over lists of row numbers.
 *
 * What it moves, for R rows × F features: the codes once (R · 16 · ⌈F/16⌉ bytes), the pairs once per span of 16
 * features (R · 8 · ⌈F/16⌉), and 128 KiB of partial sums per tile and span, written and read: with tiles of at
 * least 16,384 rows under a tenth of the rest, and 1 % on large sets. For 10,000,000 × 32 that is 320 + 160 MB
 * where 320 + 80 MB must move at least. A kernel that took one feature at a time would move 320 + 2,560 MB.
 *
 * The other roof is the workgroup memory: two atomic additions per row and feature. Sums are laid out
 * `[bucket][feature][gradient, hessian]`, so one bucket of a span is 32 words, one in each of 32 banks. A lane has
 * one row and visits its 16 features in an order that starts at its own number; the second 16 lanes add the
 * hessian while the first 16 add the gradient. At each step 32 lanes so hit 32 different banks, whatever the codes.
 *
 * Sums are whole numbers (WGSL has no float atomics), so they do not depend on the order of threads. After each
 * `SUB_ROWS` rows a sum's high bits move into a register: rows weigh up to 18 bits, tiles may have 2²⁹ rows, and
 * nothing overflows. A sum is `high · 2¹⁶ + low` with `0 ≤ low < 2¹⁶`.
 */
export interface HistogramShape {
  /** 16; or 8, for adapters with 16 KiB of workgroup memory. */
  readonly span: 8 | 16;
  readonly threads: number;
  /** True: tiles cover a list of row numbers. False: tile t covers rows `t · tileRows` and on. */
  readonly listed: boolean;
}

/** Rows whose sums fit 31 bits, beside the low bits that are left from the rows before. */
const SUB_ROWS = 8192;
/** The largest whole number that a row may weigh. */
export const MAX_FIXED = Math.floor((2 ** 31 - 2 ** 16) / SUB_ROWS);

/** Words of workgroup memory: what one tile and span adds up. */
export const slotsOf = (span: number): number => 512 * span;

/**
 * Bindings: 0 codes, 1 pairs (whole numbers, one per row), 2 partial sums `[tile][span][slot]` (high, low),
 * 3 shape; if listed: 4 row numbers, 5 tiles (from, to, job, number).
 */
export function histogramWgsl({ span, threads, listed }: HistogramShape): string {
  const perThread = slotsOf(span) / threads;
  const each = (line: (k: number) => string) =>
    Array.from({ length: perThread }, (_, k) => line(k)).join('\n    ');
  const vector = span === 16 ? 'vec4<u32>' : 'vec2<u32>';
  const turnWords =
    span === 16
      ? `four = select(four, four.yzwx, (turn & 4u) != 0u);
      four = select(four, four.zwxy, (turn & 8u) != 0u);
      let next = four.yzwx;`
      : `four = select(four, four.yx, (turn & 4u) != 0u);
      let next = four.yx;`;
  return /* wgsl */ `
struct Shape { rows: u32, tileRows: u32, tiles: u32, spans: u32 }
@group(0) @binding(0) var<storage, read> codes: array<${vector}>;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec2<i32>>;
@group(0) @binding(3) var<uniform> shape: Shape;
${
  listed
    ? `@group(0) @binding(4) var<storage, read> list: array<u32>;
@group(0) @binding(5) var<storage, read> tiles: array<vec4<u32>>;`
    : ''
}
var<workgroup> own: array<atomic<i32>, ${slotsOf(span)}>;
${GROUP_INDEX}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  // Spans of one tile follow each other, so that its pairs and row numbers are still in the cache.
  let number = groupIndex(group, groups);
  let tile = number / shape.spans;
  let part = number % shape.spans;
  if (tile >= shape.tiles) { return; }
  ${
    listed
      ? `let first = tiles[tile].x;
  let end = tiles[tile].y;
  if (first >= end) { return; }`
      : `let first = tile * shape.tileRows;
  let end = min(first + shape.tileRows, shape.rows);`
  }
  ${each((k) => `var high${k} = 0;`)}
  for (var slot = thread; slot < ${slotsOf(span)}u; slot += ${threads}u) { atomicStore(&own[slot], 0); }
  let turn = thread & ${span - 1}u;
  let side = (thread / ${span}u) & 1u;
  let shift = 8u * (turn & 3u);
  for (var base = first; base < end; base += ${SUB_ROWS}u) {
    workgroupBarrier();
    let to = min(base + ${SUB_ROWS}u, end);
    for (var at = base + thread; at < to; at += ${threads}u) {
      let row = ${listed ? 'list[at]' : 'at'};
      var four = codes[${span === 16 ? 'part * shape.rows + row' : '((part >> 1u) * shape.rows + row) * 2u + (part & 1u)'}];
      ${turnWords}
      four = (four >> ${vector}(shift)) | ((next << ${vector}(31u - shift)) << ${vector}(1u));
      let pair = pairs[row];
      let one = select(pair.x, pair.y, side == 1u);
      let other = select(pair.y, pair.x, side == 1u);
      ${Array.from({ length: span }, (_, s) => {
        const code = `((four.${'xyzw'[s >> 2]} >> ${8 * (s & 3)}u) & 255u)`;
        return `{ let slot = ${code} * ${2 * span}u + ((turn + ${s}u) & ${span - 1}u) * 2u;
        atomicAdd(&own[slot + side], one); atomicAdd(&own[slot + (side ^ 1u)], other); }`;
      }).join('\n      ')}
    }
    workgroupBarrier();
    ${each((k) => `{ let sum = atomicLoad(&own[thread + ${k * threads}u]); high${k} += sum >> 16u; atomicStore(&own[thread + ${k * threads}u], sum & 0xffff); }`)}
  }
  let out = (tile * shape.spans + part) * ${slotsOf(span)}u + thread;
  ${each((k) => `partial[out + ${k * threads}u] = vec2<i32>(high${k}, atomicLoad(&own[thread + ${k * threads}u]));`)}
}`;
}

/**
 * Adds the tiles' partial sums of each job into its histogram `[job][feature][bucket]` as
 * (gradient high, low, hessian high, low). A workgroup sums 32 slots, 8 stripes of tiles each.
 * Bindings: 0 partial sums, 1 first tile of each job and of the one past the last, 2 histograms (as vec2),
 * 3 shape, 4 slot of each job's histogram.
 */
export const addTilesWgsl = (span: number): string => /* wgsl */ `
struct Shape { jobs: u32, spans: u32, features: u32, keep: u32 }
@group(0) @binding(0) var<storage, read> partial: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read> firstTile: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2<i32>>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<storage, read> place: array<u32>;
var<workgroup> stripes: array<vec2<i32>, 256>;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let number = groupIndex(group, groups);
  let perPart = ${slotsOf(span) / 32}u;
  let slot = (number % perPart) * 32u + thread % 32u;
  let part = (number / perPart) % shape.spans;
  let job = number / perPart / shape.spans;
  if (job >= shape.jobs) { return; }
  var sum = vec2<i32>(0);
  let end = firstTile[job + 1u];
  for (var tile = firstTile[job] + thread / 32u; tile < end; tile += 8u) {
    sum += partial[(tile * shape.spans + part) * ${slotsOf(span)}u + slot];
  }
  stripes[thread] = sum;
  workgroupBarrier();
  if (thread >= 32u) { return; }
  for (var stripe = 1u; stripe < 8u; stripe++) { sum += stripes[stripe * 32u + thread]; }
  let bucket = slot / ${2 * span}u;
  let feature = part * ${span}u + (slot % ${2 * span}u) / 2u;
  if (feature >= shape.features) { return; }
  let at = ((place[job] * shape.features + feature) * 256u + bucket) * 2u + slot % 2u;
  if (shape.keep == 1u) { sum += sums[at]; }
  sums[at] = vec2<i32>(sum.x + (sum.y >> 16u), sum.y & 0xffff);
}`;
