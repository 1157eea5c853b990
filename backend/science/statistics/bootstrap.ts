import { seededRandom } from '../../../shared/explore/random.ts';
import { normalCdf, normalQuantile, studentQuantile } from './distributions.ts';
import { meanOf, type ClusterTotals } from './interval.ts';

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  readonly resamples: number;
  readonly seed: number;
}

/**
 * 95 % bootstrap interval of a mean over clustered values; whole clusters are resampled. It is the BCa interval (Efron,
 * 1987): the bias correction comes from the resamples, the acceleration from a jackknife over clusters. Its normal
 * quantile is widened to `√(C/(C−1)) · t(C−1)`, because a bootstrap of few clusters is otherwise too narrow
 * (Hesterberg, 2015).
 * @param totals sum and number of values per cluster, `C` entries each.
 * @returns undefined with fewer than two clusters or where every resample has the same mean.
 */
export function bootstrapMean(
  totals: ClusterTotals,
  { seed, resamples = 2000 }: { seed: number; resamples?: number },
): BootstrapInterval | undefined {
  const clusters = totals.sum.length;
  if (clusters < 2) return undefined;
  const means = drawMeans(totals, seed, resamples);
  if (means[0] === means[resamples - 1]) return undefined;
  const mean = meanOf(totals);
  const below = means.reduce((n, value) => n + (value < mean ? 1 : value === mean ? 0.5 : 0), 0);
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), resamples - 0.5) / resamples);
  const acceleration = jackknifeAcceleration(totals);
  const wide = Math.sqrt(clusters / (clusters - 1)) * studentQuantile(0.975, clusters - 1);
  const bound = (z: number) => {
    const shifted = bias + z;
    const share = normalCdf(bias + shifted / (1 - acceleration * shifted));
    const at = Math.min(Math.max(share * (resamples + 1) - 1, 0), resamples - 1);
    const first = Math.floor(at);
    const above = Math.min(first + 1, resamples - 1);
    return means[first] + (at - first) * (means[above] - means[first]);
  };
  return { low: bound(-wide), high: bound(wide), resamples, seed };
}

/** Means of resampled clusters, ascending. */
function drawMeans({ sum, n }: ClusterTotals, seed: number, resamples: number): Float64Array {
  const random = seededRandom(seed);
  const clusters = sum.length;
  const means = new Float64Array(resamples);
  for (let draw = 0; draw < resamples; draw++) {
    let [total, count] = [0, 0];
    for (let i = 0; i < clusters; i++) {
      const c = (random() * clusters) | 0;
      total += sum[c];
      count += n[c];
    }
    means[draw] = total / count;
  }
  return means.toSorted();
}

/**
 * BCa acceleration `Σ d³ / 6 (Σ d²)^1.5`, d = mean of the leave-one-cluster-out means − the mean without one cluster.
 */
function jackknifeAcceleration({ sum, n }: ClusterTotals): number {
  const total = sum.reduce((a, b) => a + b, 0);
  const count = n.reduce((a, b) => a + b, 0);
  const without = sum.map((value, c) => (total - value) / (count - n[c]));
  const centre = without.reduce((a, b) => a + b, 0) / without.length;
  let [squares, cubes] = [0, 0];
  for (const value of without) {
    const d = centre - value;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}
