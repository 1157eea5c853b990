import { classTotals } from './classification-metrics.ts';
import { clusterIndex, estimateOf, standardError, type Estimate } from '../statistics/interval.ts';
import { groupByValue } from '../statistics/value-groups.ts';

/**
 * AUC over all rows with a 95 % interval for clustered rows: each row's placement among the other class is what it
 * says about the AUC, and placements add up by cluster (Obuchowski, Biometrics 1997; DeLong et al., 1988).
 * @param labels yes above 0. @param cluster one number per row.
 * @returns undefined unless both classes and two clusters are there.
 */
export function aucEstimate(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  cluster: ArrayLike<number>,
): Estimate | undefined {
  const groups = groupByValue(scores);
  const { yes, no } = classTotals(groups, labels);
  const [yeses, noes] = [yes, no].map((counts) => counts.reduce((a, b) => a + b, 0));
  if (yeses === 0 || noes === 0) return undefined;
  // Per group of equal scores: the share of noes below a yes there, and of yeses above a no there; ties count half.
  const [yesPlaced, noPlaced] = [new Float64Array(yes.length), new Float64Array(no.length)];
  let [yesBelow, noBelow, area] = [0, 0, 0];
  for (let group = 0; group < yes.length; group++) {
    yesPlaced[group] = (noBelow + no[group] / 2) / noes;
    noPlaced[group] = (yeses - yesBelow - yes[group] / 2) / yeses;
    area += (yes[group] * yesPlaced[group]) / yeses;
    yesBelow += yes[group];
    noBelow += no[group];
  }
  const indexOf = clusterIndex(cluster);
  const clusters = indexOf.reduce((most, index) => Math.max(most, index + 1), 0);
  if (clusters < 2) return undefined;
  const influence = new Float64Array(clusters);
  for (let row = 0; row < labels.length; row++) {
    const group = groups.groupOf[row];
    influence[indexOf[row]] +=
      labels[row] > 0 ? (yesPlaced[group] - area) / yeses : (noPlaced[group] - area) / noes;
  }
  return estimateOf(area, standardError(influence), labels.length, clusters);
}
