import { classTotals } from './classification-metrics.ts';
import {
  clusterCount,
  clusterIndex,
  studentInterval,
  standardErrorOf,
  type IntervalEstimate,
} from '../statistics/interval.ts';
import { groupByValue } from '../statistics/value-groups.ts';

/**
 * AUC over all rows with a 95 % interval for clustered rows. A row's influence is its placement value, the share of the
 * other class that it is ranked correctly against; placements are summed by cluster (Obuchowski, Biometrics 1997;
 * DeLong et al., 1988).
 * @param scores one per row. @param labels positive above 0. @param cluster the cluster number of each row.
 * @returns undefined unless there are both classes and at least two clusters.
 */
export function aucEstimate(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  cluster: ArrayLike<number>,
): IntervalEstimate | undefined {
  const groups = groupByValue(scores);
  const { positive, negative } = classTotals(groups, labels);
  const [positives, negatives] = [positive, negative].map((counts) =>
    counts.reduce((a, b) => a + b, 0),
  );
  if (positives === 0 || negatives === 0) return undefined;
  // Placement values per group of equal scores: the share of negatives below a positive, and of positives above a
  // negative.
  const [positivePlacement, negativePlacement] = [
    new Float64Array(positive.length),
    new Float64Array(negative.length),
  ];
  let [positivesBelow, negativesBelow, area] = [0, 0, 0];
  for (let group = 0; group < positive.length; group++) {
    positivePlacement[group] = (negativesBelow + negative[group] / 2) / negatives;
    negativePlacement[group] = (positives - positivesBelow - positive[group] / 2) / positives;
    area += (positive[group] * positivePlacement[group]) / positives;
    positivesBelow += positive[group];
    negativesBelow += negative[group];
  }
  const indexOf = clusterIndex(cluster);
  const clusters = clusterCount(indexOf);
  if (clusters < 2) return undefined;
  const influence = new Float64Array(clusters);
  for (let row = 0; row < labels.length; row++) {
    const group = groups.groupOf[row];
    influence[indexOf[row]] +=
      labels[row] > 0
        ? (positivePlacement[group] - area) / positives
        : (negativePlacement[group] - area) / negatives;
  }
  return studentInterval(area, standardErrorOf(influence), labels.length, clusters);
}
