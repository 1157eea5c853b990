import { Z95 } from '../science/statistics/distributions.ts';
import type { Normaliser, SurrogateWeights } from '../science/metric-weighting/learned-weights.ts';
import { rewardMetricOf } from '../log/account/unit-metrics.ts';

/** Metric → reward for one event of it. */
export type Reward = Readonly<Record<string, number>>;

/**
 * The reward that training gives per event, from weights on normalised metrics. The predicted value is
 * Σ w (x − mean)/deviation, so one more of x is worth w/deviation (the surrogate index's derivative; Athey et al., 2019).
 * A click raises `click_through` and `clicks`, and earns both. Weights that are not significant at 95 % give no reward:
 * else every shown item would earn some noise. The others are scaled so that an average unit earns as much as it does
 * by `own`, in absolute amounts, so that regularisation and step sizes keep their meaning.
 * The reward of a shown item is never below 0: a negative weight can at most take away what else the item earned.
 * @param own the schema's own reward.
 * @returns undefined where no metric that training can reward is significantly worth more than 0.
 */
export function toReward(learned: SurrogateWeights, own: Reward): Reward | undefined {
  const paid = [...Map.groupBy(rewarded(learned), ({ pays }) => pays)].flatMap(([pays, terms]) => {
    const worth = terms.reduce((sum, { weight, deviation }) => sum + weight / deviation, 0);
    const variance = varianceOf(learned, terms);
    // Of `click_through` and `clicks` the larger mean, which is that of the count: the reward is per event.
    const mean = Math.max(...terms.map((term) => Math.abs(term.mean)));
    return Math.abs(worth) > Z95 * Math.sqrt(variance) ? { pays, worth, mean } : [];
  });
  if (!paid.some(({ worth }) => worth > 0)) return undefined;
  const now = paid.reduce((sum, { worth, mean }) => sum + Math.abs(worth) * mean, 0);
  const before = paid.reduce((sum, { pays, mean }) => sum + Math.abs(own[pays] ?? 0) * mean, 0);
  const scale = before > 0 && now > 0 ? before / now : 1;
  return Object.fromEntries(paid.map(({ pays, worth }) => [pays, sixFigures(worth * scale)]));
}

interface Term extends Normaliser {
  readonly index: number;
  readonly weight: number;
  readonly pays: string;
}

/** The weights of metrics that count events of items and that vary between units. */
const rewarded = ({ weights, normalisers }: SurrogateWeights): Term[] =>
  weights.flatMap(({ metric, weight }, index) => {
    const pays = rewardMetricOf(metric);
    const normaliser = normalisers[metric];
    if (pays === undefined || normaliser === undefined || !(normaliser.deviation > 0)) return [];
    return { index, weight, pays, ...normaliser };
  });

/** The variance of Σ w/deviation, by the weights' covariance: correlated metrics are uncertain alone, but not in sum. */
const varianceOf = ({ weights, covariance }: SurrogateWeights, terms: readonly Term[]): number =>
  terms.reduce(
    (sum, a) =>
      sum +
      terms.reduce(
        (inner, b) =>
          inner + covariance[a.index * weights.length + b.index] / (a.deviation * b.deviation),
        0,
      ),
    0,
  );

/** More precise than any interval around a weight, and short enough to be read. */
const sixFigures = (value: number) => Number(value.toPrecision(6));
