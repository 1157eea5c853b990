/// <reference types="@webgpu/types" />
import type {
  BoosterOptions,
  GrownTree,
  TreeSample,
} from '../../science/learn/device/tree-growers.ts';
import { addNode, emptyTree } from '../../science/learn/trees/new-tree.ts';
import type { DeviceRows } from './device-rows.ts';
import { UnfitForGpu } from './failures.ts';
import { histogramBytes, HistogramPass, type HistogramPassOptions } from './histogram-pass.ts';
import { KEEP_ROWS_WGSL } from './keep-rows.wgsl.ts';
import { MAX_FIXED } from './histogram.wgsl.ts';
import { floatBits, spread, Workspace, type Step } from './kernel.ts';
import {
  ADD_TREE_WGSL,
  COUNT_LEFTS_WGSL,
  MOVE_ROWS_WGSL,
  PARTITION_ROWS,
  planWgsl,
  SCAN_LEFTS_WGSL,
} from './partition.wgsl.ts';
import { BEST_SPLITS_WGSL, CHOOSE_SPLITS_WGSL, NOT_ALLOWED, SUBTRACT_WGSL } from './splits.wgsl.ts';
import { NODE_BYTES, STATE } from './tree-node.wgsl.ts';

/** What a tree may look like; it grows by whole levels, 1 to 9 of them. */
export type GpuGrowOptions = Omit<BoosterOptions, 'order' | 'maxLeaves'> & HistogramPassOptions;

const MOST_DEPTH = 9;

/**
 * Grows trees entirely on the device, level by level: histograms of the smaller children, their siblings by
 * subtraction, best splits, partition. Nothing is read back but the finished tree. A tree depends only on the
 * whole-numbered gradients, so it is the same on every device up to the f32 rounding of its gains.
 */
export class GpuTreeGrower {
  readonly #workspace: Workspace;
  readonly #rows: DeviceRows;
  readonly #nodes: GPUBuffer;
  readonly #segments: GPUBuffer;
  /** Per feature what `BEST_SPLITS_WGSL` asks for. */
  readonly #orders: GPUBuffer;
  readonly #monotone: Int8Array | undefined;
  /** Of each block: the rows to grow on, as numbers and as bits. */
  readonly #samples: readonly { readonly list: GPUBuffer; readonly bits: GPUBuffer }[];
  /** Whether buffers hold another sample than all rows and features. */
  #isSampled = false;
  readonly #heap: number;
  readonly #steps: readonly Step[];

  constructor(device: GPUDevice, rows: DeviceRows, options: GpuGrowOptions) {
    const { maxDepth } = options;
    if (!(maxDepth >= 1 && maxDepth <= MOST_DEPTH))
      throw new UnfitForGpu(`a tree of ${maxDepth} levels, where 1..${MOST_DEPTH} fit the GPU`);
    const workspace = new Workspace(device);
    this.#workspace = workspace;
    this.#rows = rows;
    this.#heap = 2 ** (maxDepth + 1) - 1;
    this.#nodes = workspace.storage(this.#heap * NODE_BYTES);
    this.#segments = workspace.storage(rows.blocks.length * this.#heap * 8);
    this.#monotone = options.monotone;
    this.#orders = workspace.storage(4 * rows.features);
    this.#samples = rows.blocks.map((block) => ({
      list: workspace.storage(4 * block.rows),
      bits: workspace.storage(4 * Math.ceil(block.rows / 32)),
    }));
    this.#writeSample({});
    this.#steps = [
      ...rows.toFixed(),
      ...rows.blocks.map(({ fixed, rows: count }, b) =>
        workspace.step(
          KEEP_ROWS_WGSL,
          [this.#samples[b].bits, fixed, workspace.uniform(count)],
          spread(Math.ceil(count / 256)),
        ),
      ),
      ...levelSteps(workspace, rows, options, {
        nodes: this.#nodes,
        orders: this.#orders,
        lists: this.#samples.map(({ list }) => list),
        segments: this.#segments,
        heap: this.#heap,
      }),
      ...this.addTo(rows),
    ];
  }

  /** Steps that add the tree last grown to the scores of other rows. */
  addTo(rows: DeviceRows): Step[] {
    return rows.blocks.map((block) =>
      this.#workspace.step(
        ADD_TREE_WGSL,
        [block.codes, this.#nodes, block.scores, this.#workspace.uniform(block.rows)],
        spread(Math.ceil(block.rows / 256)),
      ),
    );
  }

  /**
   * Grows one tree on the rows' pairs and adds it to their scores.
   * @param before steps that come first, in the same submission; those that make the pairs, say.
   * @param after steps that come last.
   * @param sample what it is grown on; absent: all rows and features.
   */
  async grow(
    before: readonly Step[] = [],
    after: readonly Step[] = [],
    sample: TreeSample = {},
  ): Promise<GrownTree> {
    const workspace = this.#workspace;
    const isSampled = sample.rows !== undefined || sample.features !== undefined;
    const counts = isSampled || this.#isSampled ? this.#writeSample(sample) : undefined;
    this.#isSampled = isSampled;
    workspace.clear(this.#rows.largest);
    workspace.write(this.#nodes, emptyNodes(this.#heap));
    const segments = new Uint32Array(2 * this.#heap * this.#rows.blocks.length);
    this.#rows.blocks.forEach(({ rows }, b) => {
      segments[2 * this.#heap * b + 1] = counts?.[b] ?? rows;
    });
    workspace.write(this.#segments, segments);
    workspace.submit([...before, ...this.#steps, ...after]);
    const nodes = await workspace.read(this.#nodes, this.#heap * NODE_BYTES);
    const most = new Float32Array(await workspace.read(this.#rows.largest, 8));
    return toTree(nodes, Math.max(most[1], 1e-30) / MAX_FIXED);
  }

  /** Writes what the next trees are grown on. @returns how many rows of each block. */
  #writeSample({ rows, features }: TreeSample): number[] {
    const workspace = this.#workspace;
    const order = (feature: number) =>
      features?.[feature] === 0 ? NOT_ALLOWED : 1 + (this.#monotone?.[feature] ?? 0);
    workspace.write(
      this.#orders,
      Uint32Array.from({ length: this.#rows.features }, (_, feature) => order(feature)),
    );
    let next = 0;
    return this.#rows.blocks.map((block, b) => {
      const list = new Uint32Array(block.rows);
      const bits = new Uint32Array(Math.ceil(block.rows / 32));
      let count = 0;
      const take = (row: number) => {
        list[count++] = row;
        bits[row >> 5] |= 1 << (row & 31);
      };
      if (rows === undefined) for (let row = 0; row < block.rows; row++) take(row);
      else
        for (; next < rows.length && rows[next] < block.first + block.rows; next++)
          take(rows[next] - block.first);
      workspace.write(this.#samples[b].list, list);
      workspace.write(this.#samples[b].bits, bits);
      return count;
    });
  }

  destroy(): void {
    this.#workspace.destroy();
  }
}

interface TreeBuffers {
  readonly nodes: GPUBuffer;
  /** Per feature: 1 + its monotone order, or `NOT_ALLOWED`. */
  readonly orders: GPUBuffer;
  /** Of each block the numbers of the rows that the root has. */
  readonly lists: readonly GPUBuffer[];
  readonly segments: GPUBuffer;
  readonly heap: number;
}

function levelSteps(
  workspace: Workspace,
  { blocks, features, largest }: DeviceRows,
  options: GpuGrowOptions,
  { nodes, orders, lists: rootLists, segments, heap }: TreeBuffers,
): Step[] {
  const { maxDepth, lambda, minChildHessian, minChildRows, minGain, rate } = options;
  const mostRows = Math.max(...blocks.map(({ rows }) => rows));
  const mostJobs = 2 ** (maxDepth - 1);
  const pass = new HistogramPass(workspace, features, mostRows, mostJobs, options);
  const mostTiles = Math.max(
    pass.tilesFor(mostRows, mostJobs),
    Math.ceil(mostRows / PARTITION_ROWS) + mostJobs,
  );
  const tiles = workspace.storage(16 * mostTiles);
  const firstTile = workspace.storage(4 * (mostJobs + 1));
  const rootTiles = blocks.map(({ rows }) =>
    workspace.upload(Uint32Array.of(0, Math.ceil(rows / pass.tileRows))),
  );
  const rootPlace = workspace.upload(Uint32Array.of(0));
  const place = workspace.storage(4 * mostJobs);
  const lefts = workspace.storage(4 * mostTiles);
  const sums = [0, 1].map(() => workspace.storage(mostJobs * histogramBytes(features)));
  const answers = workspace.storage(48 * mostJobs * features);
  const lists = [0, 1].map(() => blocks.map(({ rows }) => workspace.storage(4 * rows)));
  const steps: Step[] = [];
  for (let level = 0; level < maxDepth; level++) {
    const count = 2 ** level;
    const first = count - 1;
    const [own, above] = [sums[level % 2], sums[(level + 1) % 2]];
    blocks.forEach(({ codes, fixed, rows }, b) => {
      if (level === 0) {
        steps.push(
          pass.whole(codes, fixed, rows),
          pass.addTiles(rootTiles[b], own, rootPlace, 1, b > 0),
        );
        return;
      }
      const jobs = count / 2;
      const most = pass.tilesFor(rows, jobs);
      const shape = workspace.uniform(jobs, jobs - 1, pass.tileRows, most, b, blocks.length, heap);
      steps.push(
        workspace.step(
          planWgsl('histogram'),
          [nodes, segments, shape, firstTile, tiles, place],
          [1, 1],
        ),
        pass.listed(codes, fixed, rows, lists[level % 2][b], tiles, most),
        pass.addTiles(firstTile, own, place, jobs, b > 0),
      );
    });
    if (level > 0) {
      const entries = features * 256;
      const shape = workspace.uniform(count / 2, entries);
      const groups = spread(Math.ceil(((count / 2) * entries) / 256));
      steps.push(workspace.step(SUBTRACT_WGSL, [above, own, place, shape], groups));
    }
    const rules = workspace.uniform(
      ...[lambda, minChildHessian, minGain, rate].map(floatBits),
      features,
      first,
      count,
      floatBits(MAX_FIXED),
      floatBits(minChildRows),
      blocks.length,
      heap,
    );
    steps.push(
      workspace.step(
        BEST_SPLITS_WGSL,
        [own, nodes, rules, largest, orders, answers, segments],
        spread(count * features),
      ),
      workspace.step(
        CHOOSE_SPLITS_WGSL,
        [answers, nodes, rules, largest, orders],
        [Math.ceil(count / 64), 1],
      ),
    );
    // The last level's children are leaves: their values are known, their rows find them by walking the tree.
    if (level + 1 === maxDepth) break;
    blocks.forEach(({ codes, rows }, b) => {
      const most = Math.ceil(rows / PARTITION_ROWS) + count;
      const list = level === 0 ? rootLists[b] : lists[level % 2][b];
      const plan = workspace.uniform(count, first, PARTITION_ROWS, most, b, blocks.length, heap);
      const shape = workspace.uniform(rows, first, most, b, heap);
      steps.push(
        workspace.step(
          planWgsl('partition'),
          [nodes, segments, plan, firstTile, tiles, place],
          [1, 1],
        ),
        workspace.step(COUNT_LEFTS_WGSL, [codes, list, tiles, nodes, shape, lefts], spread(most)),
        workspace.step(
          SCAN_LEFTS_WGSL,
          [firstTile, lefts, segments, workspace.uniform(first, b, heap, count), nodes],
          [count, 1],
        ),
        workspace.step(
          MOVE_ROWS_WGSL,
          [codes, list, tiles, nodes, shape, lefts, segments, lists[(level + 1) % 2][b]],
          spread(most),
        ),
      );
    });
  }
  return steps;
}

/** A root that is a leaf without bounds, and nothing else. */
function emptyNodes(heap: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(heap * NODE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat32(16, -3e38, true);
  view.setFloat32(20, 3e38, true);
  view.setUint32(44, STATE.leaf, true);
  return bytes;
}

/** From heap order to children side by side. */
function toTree(nodes: ArrayBuffer, hessianStep: number): GrownTree {
  const view = new DataView(nodes);
  const tree = emptyTree();
  const add = (heapNode: number) => {
    const at = heapNode * NODE_BYTES;
    const hessian = view.getInt32(at + 8, true) * 65_536 + view.getInt32(at + 12, true);
    return addNode(tree, hessian * hessianStep);
  };
  const fill = (heapNode: number, node: number) => {
    const at = heapNode * NODE_BYTES;
    if (view.getUint32(at + 44, true) !== STATE.split) {
      tree.value[node] = view.getFloat32(at + 28, true);
      return;
    }
    tree.gain[node] = view.getFloat32(at + 24, true);
    tree.feature[node] = view.getUint32(at + 32, true);
    tree.threshold[node] = view.getUint32(at + 36, true);
    tree.shift[node] = view.getUint32(at + 40, true);
    const [left, right] = [2 * heapNode + 1, 2 * heapNode + 2];
    tree.left[node] = add(left);
    add(right);
    fill(left, tree.left[node]);
    fill(right, tree.left[node] + 1);
  };
  fill(0, add(0));
  return tree;
}
