import type { SurrogateWeights } from './engine/learned-weights.ts';
import { rewardMetricOf } from './unit-metrics.ts';

/** Metric → what one of it is worth. */
export type Reward = Readonly<Record<string, number>>;

/**
 * What training pays per event, from weights on normalised metrics: the predicted value is Σ w (x − mean)/deviation,
 * so one more of x is worth w/deviation (the surrogate index's derivative; Athey et al., 2019). A click raises
 * `click_through` and `clicks`, and earns both. Then all is scaled so that an average unit earns as much as it does
 * by `own`, in absolute amounts: regularisation and step sizes keep their meaning.
 * The reward of a shown item is never below 0, so a negative weight takes from what else the item earned, no more.
 * @param own the schema's own reward.
 * @returns undefined where no metric that training can reward has a weight over 0.
 */
export function toReward(learned: SurrogateWeights, own: Reward): Reward | undefined {
  const worth: Record<string, number> = {};
  const means: Record<string, number> = {};
  for (const { metric, weight } of learned.weights) {
    const paid = rewardMetricOf(metric);
    const normaliser = learned.normalisers[metric];
    if (paid === undefined || normaliser === undefined || !(normaliser.deviation > 0)) continue;
    worth[paid] = (worth[paid] ?? 0) + weight / normaliser.deviation;
    // Of `click_through` and `clicks`, the count: what is paid per event.
    means[paid] = Math.max(means[paid] ?? 0, Math.abs(normaliser.mean));
  }
  if (!Object.values(worth).some((value) => value > 0)) return undefined;
  const earned = (reward: Reward) =>
    Object.entries(means).reduce(
      (sum, [metric, mean]) => sum + Math.abs(reward[metric] ?? 0) * mean,
      0,
    );
  const [before, now] = [earned(own), earned(worth)];
  const scale = before > 0 && now > 0 ? before / now : 1;
  return Object.fromEntries(
    Object.entries(worth).map(([metric, value]) => [metric, sixFigures(value * scale)]),
  );
}

/** Finer than any interval around a weight, and short enough to be read. */
const sixFigures = (value: number) => Number(value.toPrecision(6));
