import type { Normaliser, SurrogateWeights } from '../science/metric-weighting/learned-weights.ts';
import { rewardMetricOf } from '../log/account/unit-metrics.ts';

/** Metric → what one of it is worth. */
export type Reward = Readonly<Record<string, number>>;

/** 95 %, two-sided. */
const TOLD_APART = 1.96;

/**
 * What training pays per event, from weights on normalised metrics: the predicted value is Σ w (x − mean)/deviation,
 * so one more of x is worth w/deviation (the surrogate index's derivative; Athey et al., 2019). A click raises
 * `click_through` and `clicks`, and earns both. What cannot be told from 0 at 95 % pays nothing: else every shown item
 * would earn some noise. The rest is scaled so that an average unit earns as much as it does by `own`, in absolute
 * amounts: regularisation and step sizes keep their meaning.
 * The reward of a shown item is never below 0, so a negative weight takes from what else the item earned, no more.
 * @param own the schema's own reward.
 * @returns undefined where no metric that training can reward is told to be worth more than 0.
 */
export function toReward(learned: SurrogateWeights, own: Reward): Reward | undefined {
  const paid = [...Map.groupBy(rewarded(learned), ({ pays }) => pays)].flatMap(([pays, terms]) => {
    const worth = terms.reduce((sum, { weight, deviation }) => sum + weight / deviation, 0);
    const variance = varianceOf(learned, terms);
    // Of `click_through` and `clicks`, the count: what is paid per event.
    const mean = Math.max(...terms.map((term) => Math.abs(term.mean)));
    return Math.abs(worth) > TOLD_APART * Math.sqrt(variance) ? { pays, worth, mean } : [];
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

/** Weights of metrics that are made of what happens to items, and that differ at all. */
const rewarded = ({ weights, normalisers }: SurrogateWeights): Term[] =>
  weights.flatMap(({ metric, weight }, index) => {
    const pays = rewardMetricOf(metric);
    const normaliser = normalisers[metric];
    if (pays === undefined || normaliser === undefined || !(normaliser.deviation > 0)) return [];
    return { index, weight, pays, ...normaliser };
  });

/** Of Σ w/deviation, by the weights' covariance: metrics that say the same are uncertain alone, and not together. */
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

/** Finer than any interval around a weight, and short enough to be read. */
const sixFigures = (value: number) => Number(value.toPrecision(6));
