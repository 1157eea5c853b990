import { isSameCross, type LearnedCross } from '../../../../shared/score/learned-cross.ts';
import { STRIDE, type AdditiveScorer } from '../../../../shared/score/scorer.ts';

/** The scorer with these crosses: those that it had keep their weights, others start at 0. Of its posterior nothing is left. */
export function withCrosses(
  scorer: AdditiveScorer,
  crosses: readonly LearnedCross[],
): AdditiveScorer {
  const { crosses: before = [], posterior: _, ...rest } = scorer;
  const own = scorer.schema.features.length * STRIDE;
  const weights = new Int32Array(own + crosses.length * STRIDE);
  weights.set(scorer.weights.subarray(0, own));
  crosses.forEach((cross, k) => {
    const at = before.findIndex((earlier) => isSameCross(earlier, cross));
    if (at < 0) return;
    const from = own + at * STRIDE;
    weights.set(scorer.weights.subarray(from, from + STRIDE), own + k * STRIDE);
  });
  const { crosses: _before, ...without } = { ...rest, weights, crosses };
  return crosses.length === 0 ? without : { ...without, crosses };
}
