import { clopperPearson } from '../../statistics/clopper-pearson.ts';
import { clusterCount } from '../../statistics/interval.ts';
import { cressieReadInterval, type WeightedOutcomes } from './cressie-read.ts';
import { mean, type UnseenTerm } from './ips.ts';

/**
 * Rare rewards and small samples. A Student's t interval of a dozen weighted rewards covers 70 to 90 % instead of 95 %: what
 * was not seen yet has no variance. Below `SupportLimits.minNormal` the intervals are therefore
 * - Clopper–Pearson's, where fewer than 20 effective rewards (`MIN_LIKELIHOOD`) carry a value whose terms are `w r` of separate
 *   rows: it is exact for any distribution of terms in 0..largest weight × largest reward;
 * - else the empirical likelihood of Cressie & Read, which holds from about ten rewards on and is hardly wider than Student's
 *   where that is right (`test/truth/rare-rewards.test.ts`).
 */
const MIN_LIKELIHOOD = 20;

/** The terms of an estimator, one per row, and how a row that was not seen could have come out. */
export interface SmallSample extends UnseenTerm {
  readonly values: ArrayLike<number>;
  /** Importance weight of each row, of mean 1. */
  readonly weights: Float64Array;
  /** The largest weight that a reward was multiplied by. */
  readonly maxWeight: number;
  readonly reward: ArrayLike<number>;
  /** Cluster of each row, dense; absent where every row is its own. */
  readonly cluster?: Uint32Array;
}

export interface Ends {
  readonly low: number;
  readonly high: number;
}

/**
 * Interval of the value.
 * @param rewards effective number of rewarded rows or sessions.
 */
export function smallSampleValue(sample: SmallSample, rewards: number): Ends {
  const { values, offset, centre, cluster, maxWeight, reward } = sample;
  const [least, most] = range(reward);
  const largest = maxWeight * most;
  if (
    rewards < MIN_LIKELIHOOD &&
    cluster === undefined &&
    offset === 0 &&
    centre === 0 &&
    least >= 0
  ) {
    const { low, high } = clopperPearson(sum(values) / largest, values.length);
    return { low: low * largest, high: high * largest };
  }
  const unseen = unseenTerms(sample).map(({ weight, term }) => ({ weight, outcome: term }));
  const { low, high } = cressieReadInterval(perCluster(sample, values), unseen);
  // No mean of rewards lies below the least of them; a total of several may lie above the largest seen.
  return { low: Math.max(low, least), high };
}

/**
 * Interval of the gain over a baseline's terms.
 * @param baseline one per row. @param baselineWeights the least and the largest factor of a reward in them; 1 for what served.
 */
export function smallSampleGain(
  sample: SmallSample,
  baseline: ArrayLike<number>,
  baselineWeights: readonly number[],
): Ends {
  const { values } = sample;
  const gains = Float64Array.from(values, (value, i) => value - baseline[i]);
  const unseen = unseenTerms(sample).flatMap(({ weight, term, reward }) =>
    baselineWeights.map((factor) => ({ weight, outcome: term - factor * reward })),
  );
  return cressieReadInterval(perCluster(sample, gains), unseen);
}

interface Unseen {
  readonly weight: number;
  readonly reward: number;
  readonly term: number;
}

/** Every combination of extreme weights and rewards. */
function unseenTerms({ weights, maxWeight, reward, offset, centre }: SmallSample): Unseen[] {
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 1);
  // Of a product of weights, the later ones may be extreme where the first is not.
  const factors = (weight: number) => (maxWeight > largest ? [0, maxWeight] : [weight]);
  return [0, largest].flatMap((weight) =>
    range(reward).flatMap((extreme) =>
      factors(weight).map((factor) => ({
        weight,
        reward: extreme,
        term: offset + factor * (extreme - centre),
      })),
    ),
  );
}

/**
 * One point per cluster. Clusters of several rows stand for as many: totals are taken over the mean size and linearised
 * about the overall means, so that the mean over clusters is the mean over rows.
 */
function perCluster({ weights, cluster }: SmallSample, terms: ArrayLike<number>): WeightedOutcomes {
  if (cluster === undefined) return { weights, outcomes: terms };
  const clusters = clusterCount(cluster);
  const size = terms.length / clusters;
  const middle = mean(terms);
  const points = {
    weights: new Float64Array(clusters).fill(1),
    outcomes: new Float64Array(clusters).fill(middle),
  };
  for (let row = 0; row < terms.length; row++) {
    points.weights[cluster[row]] += (weights[row] - 1) / size;
    points.outcomes[cluster[row]] += (terms[row] - middle) / size;
  }
  return points;
}

function range(values: ArrayLike<number>): [number, number] {
  let [least, most] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  return [least, most];
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
