import type { CodeMatrix } from '../code-matrix.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { Objective } from './objective.ts';

/** One grown tree: arrays by node; the root is node 0, a left child is followed by its right one. */
export interface GrownTree {
  readonly feature: number[];
  /** Left when `((code − shift) & 255) ≤ threshold`. */
  readonly threshold: number[];
  readonly shift: number[];
  /** The left child; 0 at a leaf. */
  readonly left: number[];
  /** At a leaf `−G / (H + λ)`, times the rate where trees are boosted; 0 elsewhere. */
  readonly value: number[];
  /**
   * Gain of each split, 0 at a leaf: `score(left) + score(right) − score(node)`, `score = G² / (H + λ)`, as XGBoost and
   * LightGBM report it. That is twice the loss that the split saves.
   */
  readonly gain: number[];
  /** Sum of hessians at each node. */
  readonly cover: number[];
}

/** What a tree may look like. */
export interface GrowOptions {
  /**
   * `depth`: whole levels; `best`: the leaf that gains most first (Shi, 2007). A device that only grows whole levels
   * grows as many as `maxLeaves` leaves need.
   */
  readonly order: 'depth' | 'best';
  readonly maxDepth: number;
  readonly maxLeaves: number;
  /** Ridge on leaf values, in units of hessian. */
  readonly lambda: number;
  /** Least sum of hessians in a child. */
  readonly minChildHessian: number;
  /** Least number of rows in a child, estimated from its share of the hessian. */
  readonly minChildRows: number;
  /** A split must gain more than this: see `GrownTree.gain`. */
  readonly minGain: number;
  /** Per feature: 1 leaf values may only rise with the bucket, −1 only fall, 0 as the data say. */
  readonly monotone?: Int8Array;
}

export interface BoostingJob {
  readonly train: LabelledRows;
  /** Rows that no tree is grown on. */
  readonly heldOut?: LabelledRows;
  readonly objective: Objective;
  readonly options: BoosterOptions;
}

export interface BoosterOptions extends GrowOptions {
  /** Share of each tree's step that is taken (Friedman's shrinkage, 2001). */
  readonly rate: number;
}

/** Rows whose scores each tree improves, over memory of their own until closed. */
export interface Booster {
  /** Total loss of the held-out rows at their scores so far; undefined where none are held out. */
  heldOutLoss(): Promise<number | undefined>;
  /**
   * Grows a tree on the gradients at the scores so far and adds its values to the scores of all rows.
   * @param sample what it is grown on; absent: all rows and features.
   * @returns undefined when the sample leaves nothing to split on.
   */
  next(sample?: TreeSample): Promise<BoostedTree | undefined>;
  close(): Promise<void>;
}

/** The part of the rows and features that one boosted tree is grown on. */
export interface TreeSample {
  /** Row numbers, ascending, at least one; absent: all rows. */
  readonly rows?: Uint32Array;
  /** Per feature 1 where the tree may split on it, else 0; absent: all features. */
  readonly features?: Uint8Array;
}

export interface BoostedTree {
  readonly tree: GrownTree;
  /** Total training loss before this tree. */
  readonly loss: number;
  /** Total held-out loss after it. */
  readonly heldOut?: number;
}

export interface ForestJob {
  readonly rows: CodeMatrix;
  /** What the trees should find, by squared loss. */
  readonly labels: Float64Array;
  readonly options: GrowOptions;
}

/** Grows trees on samples of the same rows, over memory of its own until closed. */
export interface ForestGrower {
  /**
   * @param sample the rows to grow on, ascending.
   * @param copies how often each row of all counts, at most `MOST_COPIES` times; 0 where it is not in the sample.
   * @param drawFeatures writes 1 for each feature that a node may split on; called for each node.
   * @returns undefined when all labels of the sample are 0.
   */
  grow(
    sample: Uint32Array,
    copies: Uint8Array,
    drawFeatures: (allowed: Uint8Array) => void,
  ): Promise<GrownTree | undefined>;
  close(): Promise<void>;
}

/** More often no row counts in one sample: the CPU's packed sums have no room for more. Of a million rows one or so is drawn more often. */
export const MOST_COPIES = 8;
