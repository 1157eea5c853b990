import { GROUP_INDEX } from './kernel.ts';
import { TREE_NODE_WGSL } from './tree-node.wgsl.ts';

/** Rows of one partition tile: 8 per lane. */
export const PARTITION_ROWS = 2048;

/** Most nodes of a level, and so most jobs of a plan. */
export const MOST_JOBS = 512;

/**
 * The tiles that cover this pass's row lists, made on the device since only it knows how many rows went where.
 * `segments[block][node]` is (first place, rows) of a node in its block's list.
 * Partition: job n is the level's node n where it was split. Histogram: job p is the smaller child of the level
 * above's node p, by rows over all blocks, and `place[p]` its number in this level.
 * Bindings: 0 nodes, 1 segments, 2 shape, 3 first tile of each job and the end, 4 tiles (from, to, job, number),
 * 5 places. One workgroup.
 */
export const planWgsl = (of: 'partition' | 'histogram'): string => /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { jobs: u32, firstNode: u32, tileRows: u32, tiles: u32, block: u32, blocks: u32, nodes: u32 }
@group(0) @binding(0) var<storage, read> nodes: array<Node>;
@group(0) @binding(1) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(2) var<uniform> shape: Shape;
@group(0) @binding(3) var<storage, read_write> firstTile: array<u32>;
@group(0) @binding(4) var<storage, read_write> tiles: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> place: array<u32>;
var<workgroup> tileCounts: array<u32, ${MOST_JOBS + 1}>;
var<workgroup> starts: array<vec2<u32>, ${MOST_JOBS}>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32) {
  for (var job = thread; job < shape.jobs; job += 256u) {
    let node = shape.firstNode + job;
    var segment = vec2<u32>(0u);
    ${
      of === 'partition'
        ? `place[job] = job;
    if (nodes[node].state == SPLIT) { segment = segments[shape.block * shape.nodes + node]; }`
        : `// firstNode is the level above's: its node's children are 2i + 1 and 2i + 2.
    let child = 2u * node + 1u;
    var rows = vec2<u32>(0u);
    for (var block = 0u; block < shape.blocks; block++) {
      rows += vec2<u32>(segments[block * shape.nodes + child].y, segments[block * shape.nodes + child + 1u].y);
    }
    let side = select(0u, 1u, rows.y < rows.x);
    place[job] = 2u * job + side;
    if (nodes[node].state == SPLIT) { segment = segments[shape.block * shape.nodes + child + side]; }`
    }
    starts[job] = segment;
    tileCounts[job] = (segment.y + shape.tileRows - 1u) / shape.tileRows;
  }
  workgroupBarrier();
  if (thread == 0u) {
    var before = 0u;
    for (var job = 0u; job < shape.jobs; job++) {
      let own = tileCounts[job];
      tileCounts[job] = before;
      before += own;
    }
    tileCounts[shape.jobs] = before;
  }
  workgroupBarrier();
  for (var job = thread; job <= shape.jobs; job += 256u) { firstTile[job] = tileCounts[job]; }
  let total = tileCounts[shape.jobs];
  for (var tile = thread; tile < shape.tiles; tile += 256u) {
    if (tile >= total) { tiles[tile] = vec4<u32>(0u, 0u, 0u, 0u); continue; }
    // The last job that begins at or before this tile.
    var low = 0u;
    var high = shape.jobs;
    while (high - low > 1u) {
      let middle = (low + high) / 2u;
      if (tileCounts[middle] <= tile) { low = middle; } else { high = middle; }
    }
    let number = tile - tileCounts[low];
    let first = starts[low].x + number * shape.tileRows;
    tiles[tile] = vec4<u32>(first, min(first + shape.tileRows, starts[low].x + starts[low].y), low, number);
  }
}`;

/** Whether a row of the list goes left at its node. */
const GOES_LEFT = /* wgsl */ `
fn goesLeft(row: u32, node: Node, rows: u32) -> bool {
  let word = codes[((node.feature / 16u) * rows + row) * 4u + (node.feature % 16u) / 4u];
  let code = (word >> (8u * (node.feature % 4u))) & 255u;
  return ((code - node.shift) & 255u) <= node.threshold;
}`;

/** The sum of a count over the lanes before, in order; `counts[255]` then is the sum over all. */
const COUNT_BEFORE = /* wgsl */ `
var<workgroup> counts: array<u32, 256>;
fn countBefore(own: u32, thread: u32) -> u32 {
  counts[thread] = own;
  workgroupBarrier();
  for (var step = 1u; step < 256u; step *= 2u) {
    var before = 0u;
    if (thread >= step) { before = counts[thread - step]; }
    workgroupBarrier();
    counts[thread] += before;
    workgroupBarrier();
  }
  return counts[thread] - own;
}`;

/** Bindings: 0 codes, 1 row numbers, 2 tiles, 3 nodes, 4 shape, 5 rows that go left, per tile. */
export const COUNT_LEFTS_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { rows: u32, firstNode: u32, tiles: u32 }
@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> tiles: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> nodes: array<Node>;
@group(0) @binding(4) var<uniform> shape: Shape;
@group(0) @binding(5) var<storage, read_write> lefts: array<u32>;
${GROUP_INDEX}
${GOES_LEFT}
${COUNT_BEFORE}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = groupIndex(group, groups);
  if (index >= shape.tiles) { return; }
  let tile = tiles[index];
  if (tile.x >= tile.y) { return; }
  let node = nodes[shape.firstNode + tile.z];
  var own = 0u;
  for (var at = tile.x + thread; at < tile.y; at += 256u) {
    own += select(0u, 1u, goesLeft(list[at], node, shape.rows));
  }
  let before = countBefore(own, thread);
  if (thread == 255u) { lefts[index] = before + own; }
}`;

/**
 * Turns each tile's count into the rows that go left before it in its node, and writes the children's segments.
 * One workgroup per job. Bindings: 0 first tiles, 1 lefts, 2 segments, 3 shape, 4 nodes.
 */
export const SCAN_LEFTS_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { firstNode: u32, block: u32, nodes: u32, jobs: u32 }
@group(0) @binding(0) var<storage, read> firstTile: array<u32>;
@group(0) @binding(1) var<storage, read_write> lefts: array<u32>;
@group(0) @binding(2) var<storage, read_write> segments: array<vec2<u32>>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<storage, read> nodes: array<Node>;
${COUNT_BEFORE}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let job = group.x;
  let node = shape.firstNode + job;
  let end = firstTile[job + 1u];
  var total = 0u;
  for (var base = firstTile[job]; base < end; base += 256u) {
    let tile = base + thread;
    var own = 0u;
    if (tile < end) { own = lefts[tile]; }
    let before = countBefore(own, thread);
    if (tile < end) { lefts[tile] = total + before; }
    total += counts[255];
    workgroupBarrier();
  }
  if (thread > 0u) { return; }
  let at = shape.block * shape.nodes;
  var segment = segments[at + node];
  if (nodes[node].state != SPLIT) { segment = vec2<u32>(0u); }
  segments[at + 2u * node + 1u] = vec2<u32>(segment.x, total);
  segments[at + 2u * node + 2u] = vec2<u32>(segment.x + total, segment.y - total);
}`;

/** Moves each row to its child's part of the list, in the order it had. Bindings as COUNT_LEFTS, 6 segments, 7 new list. */
export const MOVE_ROWS_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { rows: u32, firstNode: u32, tiles: u32, block: u32, nodes: u32 }
@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> tiles: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> nodes: array<Node>;
@group(0) @binding(4) var<uniform> shape: Shape;
@group(0) @binding(5) var<storage, read> lefts: array<u32>;
@group(0) @binding(6) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read_write> moved: array<u32>;
${GROUP_INDEX}
${GOES_LEFT}
${COUNT_BEFORE}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = groupIndex(group, groups);
  if (index >= shape.tiles) { return; }
  let tile = tiles[index];
  if (tile.x >= tile.y) { return; }
  let number = shape.firstNode + tile.z;
  let node = nodes[number];
  let first = min(tile.x + thread * ${PARTITION_ROWS / 256}u, tile.y);
  let end = min(first + ${PARTITION_ROWS / 256}u, tile.y);
  var sides = 0u;
  for (var at = first; at < end; at++) {
    if (goesLeft(list[at], node, shape.rows)) { sides |= 1u << (at - first); }
  }
  let before = countBefore(countOneBits(sides), thread);
  let start = segments[shape.block * shape.nodes + number].x;
  let right = segments[shape.block * shape.nodes + 2u * number + 2u].x;
  var left = start + lefts[index] + before;
  // Rows of the node before this one, less those that went left.
  var other = right + (first - start) - (lefts[index] + before);
  for (var at = first; at < end; at++) {
    if (((sides >> (at - first)) & 1u) == 1u) { moved[left] = list[at]; left++; }
    else { moved[other] = list[at]; other++; }
  }
}`;

/** Adds the tree's value to each row's score; a tree of one leaf is none, and adds nothing. Bindings: 0 codes, 1 nodes, 2 scores, 3 shape. */
export const ADD_TREE_WGSL = /* wgsl */ `
${TREE_NODE_WGSL}
struct Shape { rows: u32 }
@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> nodes: array<Node>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;
${GROUP_INDEX}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let row = groupIndex(group, groups) * 256u + thread;
  if (row >= shape.rows) { return; }
  var at = 0u;
  while (nodes[at].state == SPLIT) {
    let feature = nodes[at].feature;
    let word = codes[((feature / 16u) * shape.rows + row) * 4u + (feature % 16u) / 4u];
    let code = (word >> (8u * (feature % 4u))) & 255u;
    at = 2u * at + select(2u, 1u, ((code - nodes[at].shift) & 255u) <= nodes[at].threshold);
  }
  if (at > 0u) { scores[row] += nodes[at].value; }
}`;
