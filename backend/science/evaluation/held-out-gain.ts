import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { clusteredMean, type Estimate } from '../statistics/interval.ts';

/**
 * Per held-out slate with a reward: the champion's softmax loss minus the challenger's, clustered by session.
 * Scores of different kinds have different scales, so each is first stretched to where its own loss is least; on
 * one half of the sessions for the other, since a stretch judged where it was found would flatter.
 * @param offset log-odds of each row that both take as given, such as the pull of its slot.
 */
export function heldOutGain(
  set: TrainingSet,
  champion: Float64Array,
  challenger: Float64Array,
  offset: Float64Array = new Float64Array(set.rows),
): Estimate | undefined {
  const [before, after] = [champion, challenger].map((scores) =>
    [0, 1].map((half) => bestStretch(set, scores, offset, 1 - half)),
  );
  const gains: number[] = [];
  const sessions: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const half = set.session[slate] % 2;
    const was = slateLoss(set, slate, champion, before[half], offset);
    const is = slateLoss(set, slate, challenger, after[half], offset);
    if (was === undefined || is === undefined) continue;
    gains.push(was.loss - is.loss);
    sessions.push(set.session[slate]);
  }
  return clusteredMean(gains, sessions);
}

interface SlateLoss {
  readonly loss: number;
  /** First and second derivative by the stretch. */
  readonly slope: number;
  readonly curvature: number;
}

/** Softmax cross-entropy per unit of reward of `stretch · score + offset`; undefined where nothing was earned. */
function slateLoss(
  { starts, reward }: TrainingSet,
  slate: number,
  scores: Float64Array,
  stretch: number,
  offset: Float64Array,
): SlateLoss | undefined {
  const [first, end] = [starts[slate], starts[slate + 1]];
  let [earned, most] = [0, Number.NEGATIVE_INFINITY];
  for (let row = first; row < end; row++) {
    earned += reward[row];
    most = Math.max(most, stretch * scores[row] + offset[row]);
  }
  if (!(earned > 0)) return undefined;
  let [sum, mean, square, hit, hitScore] = [0, 0, 0, 0, 0];
  for (let row = first; row < end; row++) {
    const z = stretch * scores[row] + offset[row];
    const e = Math.exp(z - most);
    sum += e;
    mean += e * scores[row];
    square += e * scores[row] * scores[row];
    hit += reward[row] * z;
    hitScore += reward[row] * scores[row];
  }
  mean /= sum;
  return {
    loss: most + Math.log(sum) - hit / earned,
    slope: mean - hitScore / earned,
    curvature: square / sum - mean * mean,
  };
}

/** Newton's method on one number, at most fourfold a step, over the sessions of one half. */
function bestStretch(
  set: TrainingSet,
  scores: Float64Array,
  offset: Float64Array,
  half: number,
): number {
  let stretch = 1 / Math.max(spread(scores), Number.MIN_VALUE);
  for (let iteration = 0; iteration < 50; iteration++) {
    let [slope, curvature] = [0, 0];
    for (let slate = 0; slate < slateCount(set); slate++) {
      if (set.session[slate] % 2 !== half) continue;
      const own = slateLoss(set, slate, scores, stretch, offset);
      slope += own?.slope ?? 0;
      curvature += own?.curvature ?? 0;
    }
    if (!(curvature > 0)) break;
    const next = Math.min(4 * stretch, Math.max(stretch / 4, stretch - slope / curvature));
    const moved = Math.abs(next - stretch);
    stretch = next;
    if (moved <= 1e-9 * stretch) break;
  }
  return stretch;
}

function spread(scores: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return high > low ? high - low : 1;
}
