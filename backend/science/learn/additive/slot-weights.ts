import { STRIDE, type Scorer } from '../../../../shared/score/scorer.ts';
import { pointsPerRow } from '../score-set.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';

const ROUNDS = 30;
/** Pseudo-count of each slot, so that one without rewards has a finite weight. */
const PRIOR = 0.5;

/**
 * Log-odds that each slot adds to the item that is shown in it, given the items' scores: the slot terms of a
 * conditional logit by iterative scaling (Darroch & Ratcliff, 1972), `b_k += log(earned_k / expected_k)`.
 * @param scores log-odds of every row. @returns `Float64Array(STRIDE)` by 1-based slot.
 */
export function slotWeights(set: TrainingSet, scores: Float64Array): Float64Array {
  const weights = new Float64Array(STRIDE);
  const slotOf = (row: number) => Math.min(set.position[row], STRIDE - 1);
  const earned = new Float64Array(STRIDE).fill(PRIOR);
  set.reward.forEach((reward, row) => (earned[slotOf(row)] += reward));
  for (let round = 0; round < ROUNDS; round++) {
    const expected = new Float64Array(STRIDE).fill(PRIOR);
    for (let slate = 0; slate < slateCount(set); slate++) {
      const [from, to] = [set.starts[slate], set.starts[slate + 1]];
      let [mass, total, most] = [0, 0, -Infinity];
      for (let row = from; row < to; row++) {
        mass += set.reward[row];
        most = Math.max(most, scores[row] + weights[slotOf(row)]);
      }
      if (mass === 0) continue;
      const odds = (row: number) => Math.exp(scores[row] + weights[slotOf(row)] - most);
      for (let row = from; row < to; row++) total += odds(row);
      for (let row = from; row < to; row++) expected[slotOf(row)] += (mass * odds(row)) / total;
    }
    for (let slot = 0; slot < STRIDE; slot++)
      weights[slot] += Math.log(earned[slot] / expected[slot]);
  }
  return weights;
}

/**
 * Log-odds that the slot adds to each row of a set, as it did in another; 0 where the position is a feature of the schema.
 * @param learned the set that the effect is estimated on. @param slope log-odds per point of the scorer.
 */
export function slotOffsets(
  scorer: Scorer,
  learned: TrainingSet,
  slope: number,
  { rows, position }: TrainingSet,
): Float64Array {
  if (scorer.schema.training.position === 'given') return new Float64Array(rows);
  const scores = pointsPerRow(scorer, learned).map((points) => points * slope);
  const weights = slotWeights(learned, scores);
  return Float64Array.from(position, (slot) => weights[Math.min(slot, STRIDE - 1)]);
}
