import type { TrainingSet } from '../../learn/training-set.ts';
import { clusterPerRow } from '../cluster-per-row.ts';
import type { ExaminationPropensities } from './examination.ts';
import type { UnitImpressions } from './intervention-harvesting.ts';

type Estimated = Extract<ExaminationPropensities, { kind: 'estimated' }>;

const MAX_WEIGHT = 20;

/**
 * The set with every reward divided by the examination of its slot, clipped: `r / max(θ_k, 1 / limit)` (Joachims et
 * al., WSDM 2017). It is meant for the listwise objective, whose loss is linear in the rewards, so that its expectation
 * becomes that of a visitor who examines every slot. (The pointwise objective also treats unclicked items as
 * irrelevant, which no weight on rewards can correct.) Slots below the last estimated one have the weight of that one.
 */
export function withExaminationWeights(
  set: TrainingSet,
  { slots }: Estimated,
  limit = MAX_WEIGHT,
): TrainingSet {
  const reward = set.reward.map((value, row) => {
    const { examination } = slots[Math.min(set.position[row], slots.length) - 1];
    return value * Math.min(1 / examination, limit);
  });
  return { ...set, reward };
}

/**
 * The set's rows as impressions. Rows with equal codes are one unit, because every scorer gives them the same score.
 */
export function impressionsOf(set: TrainingSet): UnitImpressions {
  const ids = new Map<string, number>();
  const unit = new Uint32Array(set.rows);
  const codes = new Uint8Array(set.features);
  for (let row = 0; row < set.rows; row++) {
    for (let f = 0; f < set.features; f++) codes[f] = set.codes[f * set.rows + row];
    const key = String.fromCharCode(...codes);
    if (!ids.has(key)) ids.set(key, ids.size);
    unit[row] = ids.get(key)!;
  }
  return { slot: set.position, reward: set.reward, cluster: clusterPerRow(set), unit };
}
