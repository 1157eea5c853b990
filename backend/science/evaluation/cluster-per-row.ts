import { slateCount, type TrainingSet } from '../learn/training-set.ts';

/** The cluster number of each row. @param cluster of each slate; default its own. */
export function clusterPerRow(
  set: Pick<TrainingSet, 'rows' | 'starts' | 'cluster'>,
  cluster: ArrayLike<number> = set.cluster,
): Uint32Array {
  const clusters = new Uint32Array(set.rows);
  for (let slate = 0; slate < slateCount(set); slate++)
    clusters.fill(cluster[slate], set.starts[slate], set.starts[slate + 1]);
  return clusters;
}
