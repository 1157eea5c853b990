import { seededRandom } from '../../../../shared/explore/random.ts';
import { rowCodes } from './sample-rows.ts';
import type { TrainingSet } from '../../learn/training-set.ts';
import type { Explainer } from './explainer.ts';

/**
 * Shapley values of any score by sampling (Štrumbelj & Kononenko, "Explaining prediction models and individual
 * predictions with feature contributions", 2014): in a drawn order, a background row's codes turn one by one into
 * the item's, and each feature gets what the score moves by. Every order is walked both ways on the same row, which
 * halves what the order adds to the error. Orders and rows are drawn once, so that items compare. The error is
 * noise that a mean of absolute values takes for a little importance: what is under 1 % of the greatest is none.
 * @param score of `Uint8Array(F)`, in points @param background whose rows stand for an unknown item.
 * @param draws of an order and a row.
 */
export function sampledExplainer(
  score: (codes: Uint8Array) => number,
  features: number,
  background: TrainingSet,
  { seed, draws = 64 }: { seed: number; draws?: number },
): Explainer {
  const random = seededRandom(seed);
  const drawn = Array.from({ length: draws }, () => {
    const order = Uint16Array.from({ length: features }, (_, feature) => feature);
    for (let i = features - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
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
