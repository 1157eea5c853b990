import { slateCount, type TrainingSet } from '../../learn/training-set.ts';
import type { ExaminationPropensities } from './examination.ts';
import type { UnitImpressions } from './intervention-harvesting.ts';

type Estimated = Extract<ExaminationPropensities, { kind: 'estimated' }>;

const MAX_WEIGHT = 20;

/**
 * The set with every reward divided by how likely its slot was looked at, clipped: `r / max(θ_k, 1 / limit)`
 * (Joachims et al., WSDM 2017). For the listwise objective, whose loss is linear in the rewards: its expectation
 * is then that of a visitor who looks everywhere. (The pointwise one also takes "not clicked" for "not liked",
 * which no weight on the rewards mends.) Slots below the last estimated one weigh as much as that one.
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

/** The set's rows as impressions: rows of equal codes are one unit, as no scorer of ours can tell them apart. */
export function impressionsOf(set: TrainingSet): UnitImpressions {
  const cluster = new Uint32Array(set.rows);
  for (let slate = 0; slate < slateCount(set); slate++)
    cluster.fill(set.session[slate], set.starts[slate], set.starts[slate + 1]);
  const ids = new Map<string, number>();
  const unit = new Uint32Array(set.rows);
  const codes = new Uint8Array(set.features);
  for (let row = 0; row < set.rows; row++) {
    for (let f = 0; f < set.features; f++) codes[f] = set.codes[f * set.rows + row];
    const key = String.fromCharCode(...codes);
    if (!ids.has(key)) ids.set(key, ids.size);
    unit[row] = ids.get(key)!;
  }
  return { slot: set.position, reward: set.reward, cluster, unit };
}
