import type { LambdaRankOptions } from '../../science/learn/device/objective.ts';
import { discountsOf, inverseIdeals } from '../../science/learn/ndcg.ts';
import { blocksOf, BLOCK_ROWS } from './loaded-codes.ts';
import type { Kernel } from './job.ts';
import type { KernelPool } from './pool.ts';

/** What a loss leaves in the 8 bytes of each row. */
export const MODE = { nothing: 0, gradient: 1, hessian: 2, both: 3 } as const;
type Mode = (typeof MODE)[keyof typeof MODE];

export interface LossTotals {
  readonly loss: number;
  /** Largest absolute value over rows. */
  readonly mostGradient: number;
  readonly mostHessian: number;
}

/** A loss over rows whose scores lie in the kernels' memory. */
export interface RowLoss {
  /** Address of the scores, f64 per row. */
  readonly scores: number;
  /** Address of what `evaluate` leaves, 8 bytes per row. */
  readonly values: number;
  /** @param scores address of other scores than its own. */
  evaluate(mode: Mode, scores?: number): LossTotals;
}

/** Slates that one task takes. */
const BLOCK_SLATES = 256;

/** Bytes that any of the losses allocates. */
export const lossBytes = (rows: number, slates = 0): number =>
  24 * rows +
  16 * slates +
  24 * (blocksOf(rows) + Math.ceil(slates / BLOCK_SLATES)) +
  16 * rows +
  4096;

/** Bytes that LambdaRank's threads need besides: each sorts the longest slate in memory of its own. */
export const sortingBytes = (starts: Uint32Array, threads: number): number =>
  threads * (4 * longestSlate(starts) + 128);

function longestSlate(starts: Uint32Array): number {
  let longest = 1;
  for (let slate = 0; slate + 1 < starts.length; slate++)
    longest = Math.max(longest, starts[slate + 1] - starts[slate]);
  return longest;
}

/**
 * Logistic (labels 0 or 1, or anything between) or squared loss of each row.
 * @param weights of the rows; absent: 1.
 */
export function pointwise(
  pool: KernelPool,
  kind: 'logistic' | 'squared',
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): RowLoss {
  const rows = labels.length;
  const buffers = buffersOf(pool, rows, blocksOf(rows));
  const y = copyF32(pool, labels);
  const w = weights === undefined ? 0 : copyF32(pool, weights);
  return {
    ...buffers,
    evaluate: (mode, scores = buffers.scores) =>
      buffers.sum(kind, [scores, y, w, rows, BLOCK_ROWS, buffers.values, mode, buffers.totals]),
  };
}

/**
 * Softmax cross-entropy over each slate.
 * @param starts slate s has the rows `starts[s] .. starts[s + 1] − 1`.
 * @param outside weight of the outside option in each slate; absent: 0.
 */
export function listwise(
  pool: KernelPool,
  rewards: ArrayLike<number>,
  starts: Uint32Array,
  outside?: Float32Array,
): RowLoss {
  const slates = starts.length - 1;
  const buffers = buffersOf(pool, rewards.length, Math.ceil(slates / BLOCK_SLATES));
  const earned = copyF32(pool, rewards);
  const at = copyU32(pool, starts);
  const none = outside === undefined ? 0 : copyF32(pool, outside);
  const { values, totals } = buffers;
  return {
    ...buffers,
    evaluate: (mode, scores = buffers.scores) =>
      buffers.sum('softmax', [
        scores,
        earned,
        at,
        slates,
        BLOCK_SLATES,
        values,
        mode,
        totals,
        none,
      ]),
  };
}

/**
 * LambdaMART's gradients of NDCG (Burges, 2010). `loss` is Σ over slates of 1 − NDCG at the truncation.
 * @param gains what each row would earn at slot 1.
 */
export function lambdaRank(
  pool: KernelPool,
  gains: ArrayLike<number>,
  starts: Uint32Array,
  { truncation, normalise }: LambdaRankOptions,
): RowLoss {
  const slates = starts.length - 1;
  const buffers = buffersOf(pool, gains.length, Math.ceil(slates / BLOCK_SLATES));
  const worth = copyF32(pool, gains);
  const at = copyU32(pool, starts);
  const longest = longestSlate(starts);
  const scratchBytes = Math.ceil((4 * longest) / 64) * 64;
  const scratch = pool.allocate(scratchBytes * pool.threads);
  const discounts = pool.allocate(8 * longest);
  pool.f64(discounts, longest).set(discountsOf(longest));
  const ideals = pool.allocate(8 * slates);
  pool.f64(ideals, slates).set(inverseIdeals(gains, starts, truncation));
  const { values, totals } = buffers;
  return {
    ...buffers,
    evaluate(mode, scores = buffers.scores) {
      if (mode !== MODE.both) throw new Error('LambdaRank gives gradient and hessian together');
      return buffers.sum('lambdaRank', [
        scores,
        worth,
        at,
        slates,
        BLOCK_SLATES,
        values,
        truncation,
        totals,
        scratch,
        scratchBytes,
        discounts,
        ideals,
        normalise ? 1 : 0,
      ]);
    },
  };
}

function buffersOf(pool: KernelPool, rows: number, tasks: number) {
  const scores = pool.allocate(8 * rows);
  const values = pool.allocate(8 * rows);
  const totals = pool.allocate(24 * tasks);
  const sum = (kernel: Kernel, given: readonly number[]): LossTotals => {
    pool.run(kernel, tasks, given);
    const found = pool.f64(totals, 3 * tasks);
    let [loss, mostGradient, mostHessian] = [0, 0, 0];
    for (let task = 0; task < tasks; task++) {
      loss += found[3 * task];
      mostGradient = Math.max(mostGradient, found[3 * task + 1]);
      mostHessian = Math.max(mostHessian, found[3 * task + 2]);
    }
    return { loss, mostGradient, mostHessian };
  };
  return { scores, values, totals, sum };
}

function copyF32(pool: KernelPool, values: ArrayLike<number>): number {
  const address = pool.allocate(4 * values.length);
  pool.f32(address, values.length).set(values);
  return address;
}

function copyU32(pool: KernelPool, values: Uint32Array): number {
  const address = pool.allocate(4 * values.length);
  pool.u32(address, values.length).set(values);
  return address;
}
