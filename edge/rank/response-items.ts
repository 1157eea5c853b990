import type { Speech } from '../../shared/features/speech.ts';
import { explain } from '../../shared/score/explain.ts';
import { slateItems } from '../../shared/score/slate-items.ts';
import type { DrawnSlate } from './draw-slate.ts';
import type { ServingConfig } from './experiment-plan.ts';

export const responseItems = ({ slate }: DrawnSlate) => slateItems(slate);

/** The same, with the reasons for each score. @param speech says them in a language besides. */
export function explainedResponseItems(
  drawn: DrawnSlate,
  { weights, secondWeights }: ServingConfig,
  speech: Speech | undefined,
) {
  const { slate, draft } = drawn;
  const features = weights.scorer.schema.features.length;
  return responseItems(drawn).map((item, slot) => {
    const { scorer } = draft?.teams[slot] === 1 ? secondWeights! : weights;
    const codes = slate.codes.subarray(slot * features, (slot + 1) * features);
    return Object.assign(item, { reasons: explain(scorer, codes, speech) });
  });
}
