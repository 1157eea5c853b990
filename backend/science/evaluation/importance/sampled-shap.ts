import { seededRandom } from '../../../../shared/explore/random.ts';
import { shuffle } from '../../statistics/shuffle.ts';
import { rowCodes } from './sample-rows.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { Explainer } from './explainer.ts';

/**
 * Shapley values of any score by sampling (Štrumbelj & Kononenko, "Explaining prediction models and individual
 * predictions with feature contributions", 2014): in a random order of the features, a background row's codes are
 * replaced one by one with the item's, and each feature gets the resulting change of the score. Every order is used
 * forwards and backwards (antithetic sampling), which reduces the variance. Orders and background rows are drawn once,
 * so that items are comparable. Limitation: a mean of absolute values turns the sampling error into a small importance;
 * values under 1 % of the largest one are not meaningful.
 * @param score of F codes, in points. @param background rows over which unknown features average.
 * @param draws number of pairs of an order and a background row.
 */
export function sampledExplainer(
  score: (codes: Uint8Array) => number,
  features: number,
  background: TrainingSet,
  { seed, draws = 64 }: { seed: number; draws?: number },
): Explainer {
  const random = seededRandom(seed);
  const drawn = Array.from({ length: draws }, () => {
    const order = shuffle(
      Uint16Array.from({ length: features }, (_, feature) => feature),
      random,
    );
    const base = rowCodes(background, Math.floor(random() * background.rows), features);
    return { orders: [order, order.toReversed()], base, from: score(base) };
  });
  return {
    expected: drawn.reduce((sum, { from }) => sum + from, 0) / draws,
    add(codes, into) {
      for (const { orders, base, from } of drawn)
        for (const order of orders) {
          const own = base.slice();
          let before = from;
          for (const feature of order) {
            if (own[feature] === codes[feature]) continue;
            own[feature] = codes[feature];
            const after = score(own);
            into[feature] += (after - before) / (2 * draws);
            before = after;
          }
        }
    },
  };
}
