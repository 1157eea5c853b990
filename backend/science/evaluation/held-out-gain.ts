import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';

/**
 * Held-out gain: the champion's softmax loss minus the challenger's, per held-out slate with a reward, clustered by
 * session. Scorers of different kinds have scores on different scales, so each is first multiplied by the scale that
 * minimises its own loss. The scale is fitted on one half of the sessions and applied to the other (cross-fitting),
 * because on the same data it would be optimistic.
 * @param champion and `challenger`: points per row.
 * @param offset log-odds of each row that are added to both, such as the position bias of its slot.
 * @returns undefined with fewer than two sessions.
 */
export function heldOutGain(
  set: TrainingSet,
  champion: Float64Array,
  challenger: Float64Array,
  offset: Float64Array = new Float64Array(set.rows),
): IntervalEstimate | undefined {
  const [before, after] = [champion, challenger].map((scores) =>
    [0, 1].map((half) => bestScale(set, scores, offset, 1 - half)),
  );
  const gains: number[] = [];
  const sessions: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const half = set.session[slate] % 2;
    const championLoss = slateLoss(set, slate, champion, before[half], offset);
    const challengerLoss = slateLoss(set, slate, challenger, after[half], offset);
    if (championLoss === undefined || challengerLoss === undefined) continue;
    gains.push(championLoss.loss - challengerLoss.loss);
    sessions.push(set.session[slate]);
  }
  return clusteredMean(gains, sessions);
}

interface SlateLoss {
  readonly loss: number;
  /** First and second derivative with respect to the scale. */
  readonly slope: number;
  readonly curvature: number;
}

/** Softmax cross-entropy of `scale · score + offset` per unit of reward; undefined for a slate without a reward. */
function slateLoss(
  { starts, reward }: TrainingSet,
  slate: number,
  scores: Float64Array,
  scale: number,
  offset: Float64Array,
): SlateLoss | undefined {
  const [first, end] = [starts[slate], starts[slate + 1]];
  let [total, most] = [0, Number.NEGATIVE_INFINITY];
  for (let row = first; row < end; row++) {
    total += reward[row];
    most = Math.max(most, scale * scores[row] + offset[row]);
  }
  if (!(total > 0)) return undefined;
  let [sum, mean, square, weightedZ, weightedScore] = [0, 0, 0, 0, 0];
  for (let row = first; row < end; row++) {
    const z = scale * scores[row] + offset[row];
    const e = Math.exp(z - most);
    sum += e;
    mean += e * scores[row];
    square += e * scores[row] * scores[row];
    weightedZ += reward[row] * z;
    weightedScore += reward[row] * scores[row];
  }
  mean /= sum;
  return {
    loss: most + Math.log(sum) - weightedZ / total,
    slope: mean - weightedScore / total,
    curvature: square / sum - mean * mean,
  };
}

/**
 * The scale with the least loss on the sessions of one half, by Newton's method with steps of at most a factor of 4.
 */
function bestScale(
  set: TrainingSet,
  scores: Float64Array,
  offset: Float64Array,
  half: number,
): number {
  let scale = 1 / Math.max(spread(scores), Number.MIN_VALUE);
  for (let iteration = 0; iteration < 50; iteration++) {
    let [slope, curvature] = [0, 0];
    for (let slate = 0; slate < slateCount(set); slate++) {
      if (set.session[slate] % 2 !== half) continue;
      const own = slateLoss(set, slate, scores, scale, offset);
      slope += own?.slope ?? 0;
      curvature += own?.curvature ?? 0;
    }
    if (!(curvature > 0)) break;
    const next = Math.min(4 * scale, Math.max(scale / 4, scale - slope / curvature));
    const moved = Math.abs(next - scale);
    scale = next;
    if (moved <= 1e-9 * scale) break;
  }
  return scale;
}

function spread(scores: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return high > low ? high - low : 1;
}
