import { explain } from '../../shared/score/explain.ts';
import { toPoints } from '../../shared/score/scorer.ts';
import type { DrawnSlate } from './draw-slate.ts';
import type { ServingConfig } from './experiment-plan.ts';

/** The items of a slate as the response lists them: positions from 1, scores in points. */
export const responseItems = ({ slate: { ids, units, propensities } }: DrawnSlate) =>
  ids.map((id, slot) => ({
    id,
    position: slot + 1,
    score: toPoints(units[slot]),
    propensity: propensities[slot],
  }));

/** The same, with the reasons for each score. */
export function explainedResponseItems(
  drawn: DrawnSlate,
  { weights, secondWeights }: ServingConfig,
) {
  const { slate, draft } = drawn;
  const features = weights.scorer.schema.features.length;
  return responseItems(drawn).map((item, slot) => {
    const { scorer } = draft?.teams[slot] === 1 ? secondWeights! : weights;
    const codes = slate.codes.subarray(slot * features, (slot + 1) * features);
    return Object.assign(item, { reasons: explain(scorer, codes) });
  });
}
