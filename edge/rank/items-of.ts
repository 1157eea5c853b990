import { explain } from '../../shared/score/explain.ts';
import { toPoints } from '../../shared/score/scorer.ts';
import type { Drawn } from './draw.ts';
import type { Serving } from './plan.ts';

/** A slate as it is answered. */
export const itemsOf = ({ slate: { ids, units, propensities } }: Drawn) =>
  ids.map((id, slot) => ({
    id,
    position: slot + 1,
    score: toPoints(units[slot]),
    propensity: propensities[slot],
  }));

/** The same with the reasons of each score. */
export function explainedItemsOf(drawn: Drawn, { weights, rival }: Serving) {
  const { slate, teams } = drawn;
  const features = weights.scorer.schema.features.length;
  return itemsOf(drawn).map((item, slot) => {
    const { scorer } = teams?.[slot] === 1 ? rival! : weights;
    const codes = slate.codes.subarray(slot * features, (slot + 1) * features);
    return Object.assign(item, { reasons: explain(scorer, codes) });
  });
}
