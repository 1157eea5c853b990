import type { GrownTree, GrowOptions } from '../../science/learn/device/tree-growers.ts';
import { addNode, emptyTree } from '../../science/learn/trees/new-tree.ts';
import { FEATURE_STRIDE, strideOf, type LoadedCodes } from './loaded-codes.ts';
import type { GradientUnits } from './pack-gradients.ts';
import { childrenOf, valueOf, type OpenNode } from './tree-nodes.ts';

const BUCKETS = 256;
/** Rows of a block of a histogram: the sums of so many packed values do not overflow, once each or 8 times each. */
const MAX_BLOCK_ROWS = 65_535;
const MAX_COPIED_ROWS = 8191;
const MIN_BLOCK_ROWS = 8191;
const PARTITION_ROWS = 32_768;
/** Nodes whose splits are looked for in one job. */
const BATCH = 512;
const NODE_BYTES = 64;
const ANSWER_BYTES = 32;

/** Nodes of fewer rows keep no histogram: to make one costs less than to keep it and subtract. */
const fewRows = (rows: number): number =>
  Math.min(MAX_COPIED_ROWS, Math.max(1024, Math.ceil(rows / 256)));

/** What one tree is grown on. */
export interface Drawn {
  /** Row numbers, ascending. Absent: all rows. */
  readonly sample?: Uint32Array;
  /** Whether the packed values count rows more than once, at most `MOST_COPIES` times each. */
  readonly repeats?: boolean;
  /** Writes 1 for each feature that a node may split on. Absent: all. */
  readonly drawFeatures?: (allowed: Uint8Array) => void;
}

/** A leaf and the place of its rows in the index. */
interface Leaf {
  readonly node: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Grows trees on packed gradients and hessians (`pack` in the kernels): histogram of the smaller child, sibling
 * by subtraction, best split per node, stable partition. Sums are whole numbers, so a tree does not depend on
 * the number of threads.
 */
export class TreeGrower {
  readonly #matrix: LoadedCodes;
  readonly #index: number;
  readonly #lefts: number;
  readonly #rights: number;
  readonly #slots: number[] = [];
  readonly #nodeSums: number;
  readonly #locks: number;
  readonly #slotCount: number;
  readonly #scratch: number;
  readonly #scratchBytes: number;
  readonly #blocks: number;
  readonly #nodes: number;
  readonly #answers: number;
  readonly #allowed: number;
  readonly #orders: number;
  #blockRows = MAX_BLOCK_ROWS;
  #leaves: Leaf[] = [];

  /** Bytes that a grower allocates. */
  static sizeBytes(rows: number, features: number, maxLeaves: number, threads: number): number {
    const slots = slotsFor(rows, maxLeaves);
    return (
      12 * rows +
      slots * (features * BUCKETS * 16 + 4) +
      threads * scratchBytesOf(features) +
      32 * blockCapacity(rows, maxLeaves) +
      BATCH * (NODE_BYTES + ANSWER_BYTES + features + 16) +
      features +
      2048
    );
  }

  constructor(matrix: LoadedCodes, maxLeaves: number) {
    const { pool, rows, features } = matrix;
    this.#matrix = matrix;
    this.#index = pool.allocate(4 * rows);
    this.#lefts = pool.allocate(4 * rows);
    this.#rights = pool.allocate(4 * rows);
    this.#slotCount = slotsFor(rows, maxLeaves);
    this.#nodeSums = pool.allocate(this.#slotCount * features * BUCKETS * 16);
    this.#locks = pool.allocate(4 * this.#slotCount);
    this.#scratchBytes = scratchBytesOf(features);
    this.#scratch = pool.allocate(pool.threads * this.#scratchBytes);
    this.#blocks = pool.allocate(32 * blockCapacity(rows, maxLeaves));
    this.#nodes = pool.allocate(BATCH * NODE_BYTES);
    this.#answers = pool.allocate(BATCH * ANSWER_BYTES);
    this.#allowed = pool.allocate(BATCH * features);
    this.#orders = pool.allocate(features);
  }

  /**
   * @param values address of the packed values, one per row.
   * @param units gradient and hessian that a packed 1 stands for.
   * @param drawn rows and features that the tree is grown on; absent: all.
   */
  grow(values: number, units: GradientUnits, options: GrowOptions, drawn?: Drawn): GrownTree {
    const { pool, rows, features } = this.#matrix;
    const sample = drawn?.sample;
    const count = sample?.length ?? rows;
    const index = pool.u32(this.#index, count);
    if (sample !== undefined) index.set(sample);
    else for (let row = 0; row < count; row++) index[row] = row;
    pool.i8(this.#orders, features).fill(0);
    if (options.monotone !== undefined) pool.i8(this.#orders, features).set(options.monotone);
    this.#slots.length = 0;
    for (let slot = this.#slotCount - 1; slot >= 0; slot--) this.#slots.push(slot);

    const tree = emptyTree();
    const rootSlot = this.#slots.pop()!;
    const whole = sample === undefined;
    this.#blockRows = drawn?.repeats === true ? MAX_COPIED_ROWS : MAX_BLOCK_ROWS;
    this.#histograms([{ from: 0, to: count, slot: rootSlot }], values, whole);
    const total = this.#totals(rootSlot, units);
    const root: OpenNode = {
      node: addNode(tree, total.h),
      from: 0,
      to: count,
      depth: 0,
      ...total,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      slot: rootSlot,
      split: undefined,
    };
    const findSplits = (nodes: OpenNode[]) =>
      this.#findSplits(nodes, values, units, options, drawn?.drawFeatures);
    findSplits([root]);
    const open = [root];
    this.#leaves = [];
    const finish = (leaf: OpenNode) => {
      if (leaf.slot >= 0) this.#slots.push(leaf.slot);
      tree.value[leaf.node] = valueOf(leaf, options.lambda);
      this.#leaves.push({ node: leaf.node, from: leaf.from, to: leaf.to });
    };
    let leaves = 1;
    while (open.length > 0) {
      const chosen = this.#choose(open, options, options.maxLeaves - leaves, finish);
      if (chosen.length === 0) break;
      leaves += chosen.length;
      const children = this.#split(tree, chosen, options);
      const endsAt = leaves < options.maxLeaves ? options.maxDepth : 0;
      this.#childHistograms(chosen, children, values, endsAt);
      const growable = children.filter(({ depth }) => depth < endsAt);
      for (const child of children) if (child.depth >= endsAt) finish(child);
      findSplits(growable);
      open.push(...growable);
    }
    open.forEach(finish);
    return tree;
  }

  /** Leaves of the tree last grown, with their rows' places in the index. */
  get leaves(): readonly Leaf[] {
    return this.#leaves;
  }

  /** Adds the values of the tree last grown to the scores of the rows that it was grown on. @param scores address, f64 per row. */
  addLeaves(tree: GrownTree, scores: number): void {
    const { pool } = this.#matrix;
    const spans: [from: number, to: number, value: number][] = [];
    for (const { node, from, to } of this.#leaves)
      for (let start = from; start < to; start += PARTITION_ROWS)
        spans.push([start, Math.min(start + PARTITION_ROWS, to), tree.value[node]]);
    const whole = pool.u32(this.#blocks, 4 * spans.length);
    const real = pool.f64(this.#blocks, 2 * spans.length);
    spans.forEach(([from, to, value], i) => {
      whole.set([from, to], 4 * i);
      real[2 * i + 1] = value;
    });
    pool.run('addLeaf', spans.length, [this.#index, this.#blocks, scores]);
  }

  /** Takes what is to be split now out of `open`; what can never be split is finished. */
  #choose(
    open: OpenNode[],
    { order, minGain }: GrowOptions,
    room: number,
    finish: (leaf: OpenNode) => void,
  ): OpenNode[] {
    const splittable = open.filter(({ split }) => split !== undefined && split.gain > minGain);
    for (const node of open) if (!splittable.includes(node)) finish(node);
    splittable.sort((a, b) => b.split!.gain - a.split!.gain || a.node - b.node);
    const chosen = splittable.splice(0, Math.min(room, order === 'best' ? 1 : splittable.length));
    open.length = 0;
    open.push(...splittable);
    return chosen.toSorted((a, b) => a.node - b.node);
  }

  /** Partitions the rows of each node by its split. @returns the children, two by two. */
  #split(tree: GrownTree, chosen: readonly OpenNode[], options: GrowOptions): OpenNode[] {
    const { pool, rows, columns } = this.#matrix;
    const spans: { from: number; to: number; of: OpenNode }[] = [];
    for (const node of chosen)
      for (let from = node.from; from < node.to; from += PARTITION_ROWS)
        spans.push({ from, to: Math.min(from + PARTITION_ROWS, node.to), of: node });
    const blocks = pool.u32(this.#blocks, 8 * spans.length);
    spans.forEach(({ from, to, of: { split } }, i) => {
      blocks.set([from, to, split!.feature, split!.threshold, split!.shift, 0, 0, 0], 8 * i);
    });
    const values = [columns, rows, this.#index, this.#lefts, this.#rights, this.#blocks];
    pool.run('splitBlock', spans.length, values);
    const lefts = new Map<OpenNode, number>();
    spans.forEach(({ of }, i) => lefts.set(of, (lefts.get(of) ?? 0) + blocks[8 * i + 5]));
    const next = new Map(
      chosen.map((of) => [of, { left: of.from, right: of.from + lefts.get(of)! }]),
    );
    spans.forEach(({ from, to, of }, i) => {
      const at = next.get(of)!;
      const left = blocks[8 * i + 5];
      blocks[8 * i + 6] = at.left;
      blocks[8 * i + 7] = at.right;
      at.left += left;
      at.right += to - from - left;
    });
    pool.run('placeBlock', spans.length, values);
    return chosen.flatMap((parent) => childrenOf(tree, parent, lefts.get(parent)!, options));
  }

  /**
   * The smaller child's histogram is summed, its sibling's is what is left of the parent's.
   * @param endsAt depth from which nodes are leaves, which need none.
   */
  #childHistograms(
    parents: readonly OpenNode[],
    children: OpenNode[],
    values: number,
    endsAt: number,
  ): void {
    const { pool, features, buckets, rows } = this.#matrix;
    const build: { from: number; to: number; slot: number }[] = [];
    const pairs: number[] = [];
    const freed: number[] = [];
    parents.forEach(({ slot }, i) => {
      const [left, right] = [children[2 * i], children[2 * i + 1]];
      const leftIsSmaller = left.to - left.from <= right.to - right.from;
      const [smaller, larger] = leftIsSmaller ? [left, right] : [right, left];
      const keeps = slot >= 0 && left.depth < endsAt && larger.to - larger.from >= fewRows(rows);
      if (!keeps) {
        if (slot >= 0) this.#slots.push(slot);
        return;
      }
      const own = this.#slots.pop()!;
      build.push({ from: smaller.from, to: smaller.to, slot: own });
      pairs.push(slot, own);
      const stays = smaller.to - smaller.from >= fewRows(rows);
      children[2 * i] = { ...left, slot: leftIsSmaller ? (stays ? own : -1) : slot };
      children[2 * i + 1] = { ...right, slot: leftIsSmaller ? slot : stays ? own : -1 };
      if (!stays) freed.push(own);
    });
    this.#histograms(build, values, false);
    pool.u32(this.#blocks, pairs.length).set(pairs);
    pool.run('subtractNode', pairs.length / 2, [this.#blocks, this.#nodeSums, features, buckets]);
    this.#slots.push(...freed);
  }

  #histograms(
    nodes: readonly { from: number; to: number; slot: number }[],
    values: number,
    whole: boolean,
  ): void {
    const { pool, codes, stride, features, buckets } = this.#matrix;
    const sum = nodes.reduce((rows, { from, to }) => rows + to - from, 0);
    const size = Math.min(
      this.#blockRows,
      Math.max(MIN_BLOCK_ROWS, Math.ceil(sum / (4 * pool.threads))),
    );
    const flat: number[] = [];
    for (const { from, to, slot } of nodes) {
      const alone = to - from <= size;
      if (!alone)
        pool.f64(this.#nodeSums + slot * features * BUCKETS * 16, features * BUCKETS * 2).fill(0);
      for (let start = from; start < to; start += size)
        flat.push(start, Math.min(start + size, to), slot, alone ? 1 : 0);
    }
    pool.u32(this.#blocks, flat.length).set(flat);
    pool.run('histogramBlock', flat.length / 4, [
      codes,
      stride,
      values,
      whole ? 0 : this.#index,
      this.#blocks,
      this.#nodeSums,
      features,
      this.#locks,
      this.#scratch,
      this.#scratchBytes,
      buckets,
    ]);
  }

  #totals(slot: number, units: GradientUnits): { g: number; h: number } {
    const { pool, features } = this.#matrix;
    const sums = pool.f64(this.#nodeSums + slot * features * BUCKETS * 16, 2 * BUCKETS);
    let [g, h] = [0, 0];
    const used = pool.u32(this.#matrix.buckets, 1)[0];
    for (let bucket = 0; bucket < used; bucket++) {
      g += sums[2 * bucket];
      h += sums[2 * bucket + 1];
    }
    return { g: g * units.gradient, h: h * units.hessian };
  }

  #findSplits(
    open: OpenNode[],
    values: number,
    units: GradientUnits,
    options: GrowOptions,
    drawFeatures: Drawn['drawFeatures'],
  ): void {
    for (let first = 0; first < open.length; first += BATCH)
      this.#findBatch(open.slice(first, first + BATCH), values, units, options, drawFeatures);
  }

  #findBatch(
    open: OpenNode[],
    values: number,
    units: GradientUnits,
    { lambda, minChildHessian, minChildRows }: GrowOptions,
    drawFeatures: Drawn['drawFeatures'],
  ): void {
    const { pool, codes, stride, features, buckets } = this.#matrix;
    const allowed = pool.u8(this.#allowed, open.length * features);
    allowed.fill(drawFeatures === undefined ? 1 : 0);
    const whole = pool.u32(this.#nodes, (open.length * NODE_BYTES) / 4);
    const real = pool.f64(this.#nodes, (open.length * NODE_BYTES) / 8);
    open.forEach(({ from, to, slot, g, h, low, high }, i) => {
      whole.set([from, to, slot, i], (i * NODE_BYTES) / 4);
      real.set([g, h, low, high], (i * NODE_BYTES) / 8 + 2);
      whole[(i * NODE_BYTES) / 4 + 12] = i;
      // A child's rows are estimated from its share of the hessian, as the histogram holds no counts.
      // At least half a step of the hessian: less is the rounding error of a child without rows.
      const perRow = h / (to - from);
      real[(i * NODE_BYTES) / 8 + 7] = Math.max(
        minChildHessian,
        (minChildRows - 0.5) * perRow,
        units.hessian / 2,
      );
      drawFeatures?.(allowed.subarray(i * features, (i + 1) * features));
    });
    pool.run('splitNode', open.length, [
      codes,
      stride,
      values,
      this.#index,
      this.#nodeSums,
      features,
      buckets,
      this.#nodes,
      this.#scratch,
      this.#scratchBytes,
      this.#answers,
      this.#allowed,
      this.#orders,
      units.gradient,
      units.hessian,
      lambda,
    ]);
    const numbers = pool.f64(this.#answers, (open.length * ANSWER_BYTES) / 8);
    const bytes = pool.u8(this.#answers, open.length * ANSWER_BYTES);
    const words = pool.u32(this.#answers, (open.length * ANSWER_BYTES) / 4);
    open.forEach((node, i) => {
      const feature = words[8 * i + 6] | 0;
      if (feature < 0) return;
      const [gain, g, h] = numbers.subarray(4 * i, 4 * i + 3);
      const [threshold, shift] = bytes.subarray(ANSWER_BYTES * i + 28, ANSWER_BYTES * i + 30);
      node.split = { gain, feature, threshold, shift, g, h };
    });
  }
}

/** Each stored node, and, while a whole level is split, its smaller child too. */
function slotsFor(rows: number, maxLeaves: number): number {
  return Math.min(2 * Math.ceil(rows / fewRows(rows)), maxLeaves + 1) + 1;
}

/** Packed sums of the padded features, a cache line apart, then (gradient, hessian) of the features. */
export const scratchBytesOf = (features: number): number =>
  strideOf(features) * (FEATURE_STRIDE * 8 + BUCKETS * 16);

/** Blocks of 32 bytes: each node has at least one, of at most these many rows. */
const blockCapacity = (rows: number, maxLeaves: number): number =>
  Math.ceil(rows / MIN_BLOCK_ROWS) + 2 * Math.min(rows, maxLeaves) + 64;
