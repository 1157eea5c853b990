import type { ForestGrower, ForestJob } from '../../science/learn/device/tree-growers.ts';
import { TreeGrower } from './grow-tree.ts';
import { codesBytes, loadCodes } from './loaded-codes.ts';
import { gradientUnits, packGradients } from './pack-gradients.ts';
import { KernelPool } from './pool.ts';
import { lossBytes, MODE, pointwise } from './row-losses.ts';
import { threadsFor } from './threads-for.ts';

/** The trees of a forest on the CPU's threads. @param given threads; absent: as many as pay. */
export function cpuForest(
  { rows: matrix, labels, options }: ForestJob,
  given?: number,
): ForestGrower {
  const { rows, features } = matrix;
  const threads = given ?? threadsFor(rows * features);
  const copiesBytes = rows + 64;
  const pool = new KernelPool(
    codesBytes(rows, features) +
      lossBytes(rows) +
      TreeGrower.sizeBytes(rows, features, options.maxLeaves, threads) +
      copiesBytes,
    threads,
  );
  const loss = pointwise(pool, 'squared', labels);
  const grower = new TreeGrower(loadCodes(pool, matrix), options.maxLeaves);
  const counts = pool.allocate(rows);
  let trees = 0;
  return {
    async grow(sample, copies, drawFeatures) {
      // Scores stay at 0, so that each tree finds the labels themselves; packing the gradients overwrites them.
      const units = gradientUnits(loss.evaluate(MODE.both));
      if (units === undefined) return undefined;
      pool.u8(counts, rows).set(copies);
      packGradients(pool, loss.values, rows, units, ++trees, counts);
      return grower.grow(loss.values, units, options, { sample, repeats: true, drawFeatures });
    },
    close: () => pool.close(),
  };
}
