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
 * Standard deviation of the prior of a scale, as that of the log-odds within a slate that it makes. Few sessions may be
 * ordered without a mistake by chance; without a prior the best scale is then infinite, and one mistake in the other
 * half costs more than everything else.
 */
const USUAL_SPREAD = 3;

/**
 * The scale with the least penalised loss on the sessions of one half, by Newton's method. A step that would not reduce
 * the loss is halved, as Newton's method overshoots where the loss is flat.
 */
function bestScale(
  set: TrainingSet,
  scores: Float64Array,
  offset: Float64Array,
  half: number,
): number {
  const penalty = (spreadWithin(set, scores) / USUAL_SPREAD) ** 2;
  if (!(penalty > 0)) return 0;
  const at = (scale: number): SlateLoss => {
    let [loss, slope, curvature] = [(penalty * scale ** 2) / 2, penalty * scale, penalty];
    for (let slate = 0; slate < slateCount(set); slate++) {
      if (set.session[slate] % 2 !== half) continue;
      const own = slateLoss(set, slate, scores, scale, offset);
      loss += own?.loss ?? 0;
      slope += own?.slope ?? 0;
      curvature += own?.curvature ?? 0;
    }
    return { loss, slope, curvature };
  };
  let scale = 0;
  let now = at(scale);
  for (let iteration = 0; iteration < 50; iteration++) {
    let step = -now.slope / now.curvature;
    let next = at(scale + step);
    while (!(next.loss <= now.loss) && Math.abs(step) > 1e-12) next = at(scale + (step /= 2));
    scale += step;
    now = next;
    if (Math.abs(step) <= 1e-9 * Math.abs(scale)) break;
  }
  // A scorer is judged by its order: what ranks the wrong way round is not turned.
  return Math.max(scale, 0);
}

/** Pooled standard deviation of the scores around the means of their slates. */
function spreadWithin({ starts }: TrainingSet, scores: Float64Array): number {
  let squares = 0;
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    const own = scores.subarray(starts[slate], starts[slate + 1]);
    const mean = own.reduce((sum, score) => sum + score, 0) / own.length;
    for (const score of own) squares += (score - mean) ** 2;
  }
  return Math.sqrt(squares / scores.length);
}
