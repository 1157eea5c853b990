import {
  countSlots,
  MIN_CLICKS,
  type ExaminationPropensities,
} from '../evaluation/position-bias/examination.ts';
import { examinationFromHarvest } from '../evaluation/position-bias/intervention-harvesting.ts';
import {
  impressionsOf,
  withExaminationWeights,
} from '../evaluation/position-bias/examination-weights.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { withPosition, type TrainingSet } from '../learn/training-set.ts';

export interface Unbiased {
  readonly set: TrainingSet;
  /** The examination probability of each slot, where rewards were divided by it; or why it could not be estimated. */
  readonly examination?: ExaminationPropensities;
}

/** Further down clicks are too few, so that the weights would be too large. */
const MOST_SLOTS = 20;

/**
 * The training set with its position bias removed as its schema asks. Where examination cannot be estimated from
 * the log, the shown slot becomes a feature instead, and `examination` says why.
 */
export function withoutPositionBias(set: TrainingSet, { training }: Schema): Unbiased {
  switch (training.position) {
    case 'given':
      return { set };
    case 'feature':
      return { set: withPosition(set) };
    case 'propensity': {
      const impressions = impressionsOf(set);
      const { clicks } = countSlots(impressions, MOST_SLOTS);
      const few = clicks.findIndex((count) => count < MIN_CLICKS);
      const slots = few < 0 ? MOST_SLOTS : few;
      const examination: ExaminationPropensities =
        slots < 2
          ? {
              kind: 'refused',
              reason: `slot ${slots + 1} has ${clicks[slots]} clicks, ${MIN_CLICKS} are needed`,
            }
          : examinationFromHarvest(impressions, slots);
      return examination.kind === 'estimated'
        ? { set: withExaminationWeights(set, examination), examination }
        : { set: withPosition(set), examination };
    }
    default:
      throw training.position satisfies never;
  }
}
