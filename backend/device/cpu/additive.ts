import type { AdditiveJob, AdditiveLosses } from '../../science/learn/device/additive-losses.ts';
import type { LabelledRows } from '../../science/learn/device/labelled-rows.ts';
import { AdditiveLoss } from './additive-loss.ts';
import { loadRows, rowCodesBytes } from './loaded-codes.ts';
import { KernelPool } from './pool.ts';
import { rowLossBytes, rowLossOf } from './row-loss-of.ts';
import { threadsFor } from './threads-for.ts';

/** Losses of an additive model on the CPU's threads. @param given threads; absent: as many as pay. */
export function cpuAdditive(
  { train, validation, objective }: AdditiveJob,
  given?: number,
): AdditiveLosses {
  const threads = given ?? threadsFor(train.rows * train.features);
  const bytesFor = (rows: LabelledRows) =>
    rowCodesBytes(rows.rows, rows.features) +
    rowLossBytes(rows, objective, threads) +
    AdditiveLoss.sizeBytes(rows.rows, rows.features, threads);
  const pool = new KernelPool(bytesFor(train) + (validation ? bytesFor(validation) : 0), threads);
  const lossOf = (rows: LabelledRows) =>
    new AdditiveLoss(loadRows(pool, rows), rowLossOf(pool, rows, objective));
  return {
    train: lossOf(train),
    ...(validation && { validation: lossOf(validation) }),
    close: () => pool.close(),
  };
}
