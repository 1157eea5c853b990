import type { CodeMatrix } from '../../science/learn/code-matrix.ts';
import type { KernelPool } from './pool.ts';

/** Codes in the kernels' memory, by row. */
export interface RowCodes {
  readonly pool: KernelPool;
  readonly rows: number;
  readonly features: number;
  /** Bytes from one row to the next: the features, rounded up to a multiple of 8. */
  readonly stride: number;
  /** Byte address of u8, `[row][stride]`. */
  readonly codes: number;
}

/** Codes by column too. The fields are byte addresses. */
export interface LoadedCodes extends RowCodes {
  /** u8, `[feature][row]`. */
  readonly columns: number;
  /** u32 per feature: 1 + the largest code in use. */
  readonly buckets: number;
}

/** Rows that one task of a row-wise kernel takes: even, and enough that drawing the task costs nothing. */
export const BLOCK_ROWS = 8192;
export const blocksOf = (rows: number): number => Math.ceil(rows / BLOCK_ROWS);

/**
 * Distance from one feature's 256 weights or sums to the next feature's, in numbers of 8 bytes. It is a cache line more
 * than they need: at 256 the same bucket of all features would fall on two sets of the cache, and the bucket for
 * missing values is crowded.
 */
export const FEATURE_STRIDE = 256 + 8;

export const strideOf = (features: number): number => Math.ceil(features / 8) * 8;

/** Rows whose columns are copied at a time where only rows are kept: 1 MB of 32 features stays in the cache. */
const STAGED_ROWS = 4 * BLOCK_ROWS;

/** Bytes that `loadRows` allocates. */
export const rowCodesBytes = (rows: number, features: number): number =>
  rows * strideOf(features) + Math.min(rows, STAGED_ROWS) * features + 384;

/**
 * Copies columns into the kernels' memory as rows, a part at a time: memory that is touched for the first time costs several
 * times what the copy does, so that there is no whole copy by column besides.
 */
export function loadRows(pool: KernelPool, { rows, features, codes: from }: CodeMatrix): RowCodes {
  const stride = strideOf(features);
  // Rows are padded with 0, which nothing writes.
  const codes = pool.allocate(rows * stride, stride === features ? 'overwritten' : 'zeroed');
  const most = Math.min(rows, STAGED_ROWS);
  const stage = pool.allocate(most * features, 'overwritten');
  const columns = pool.u8(stage, most * features);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    for (let feature = 0; feature < features; feature++) {
      const start = feature * rows + first;
      columns.set(from.subarray(start, start + count), feature * count);
    }
    const to = codes + first * stride;
    pool.run('transpose', blocksOf(count), [stage, count, features, to, stride, BLOCK_ROWS]);
  }
  return { pool, rows, features, stride, codes };
}

/** Bytes that `loadCodes` allocates. */
export const codesBytes = (rows: number, features: number): number =>
  rows * (features + strideOf(features)) + 4 * features + 512;

/** Copies columns into the kernels' memory and transposes them there. */
export function loadCodes(pool: KernelPool, { rows, features, codes }: CodeMatrix): LoadedCodes {
  const stride = strideOf(features);
  const columns = pool.allocate(rows * features, 'overwritten');
  const byRow = pool.allocate(rows * stride);
  const buckets = pool.allocate(4 * features);
  pool.u8(columns, rows * features).set(codes.subarray(0, rows * features));
  pool.run('countBuckets', features, [columns, rows, buckets]);
  pool.run('transpose', blocksOf(rows), [columns, rows, features, byRow, stride, BLOCK_ROWS]);
  return { pool, rows, features, stride, columns, codes: byRow, buckets };
}
