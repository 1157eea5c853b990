import { outsideShares } from '../learn/outside-option.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';

/**
 * Held-out gain: the champion's loss minus the challenger's, per held-out slate with a reward, clustered by session. The
 * loss is what learners minimise, per unit of reward (`listwiseLoss`): the softmax over each slate with a reward, and of
 * slates of one, with a reward or without, the log loss of whether there was one (`outsideShares`).
 *
 * Scorers of different kinds have scores on different scales, so each is first multiplied by the scale that minimises its
 * own loss, and slates of one have an intercept. They are fitted on one half of the sessions and applied to the other
 * (cross-fitting), because on the same data they would be optimistic.
 * @param champion and `challenger`: points per row.
 * @param offset log-odds of each row that are added to both, such as the position bias of its slot.
 * @returns undefined with fewer than two sessions. `clusters` are the sessions with a reward: however many others there
 * are, without rewards they say nothing.
 */
export function heldOutGain(
  set: TrainingSet,
  champion: Float64Array,
  challenger: Float64Array,
  offset: Float64Array = new Float64Array(set.rows),
): IntervalEstimate | undefined {
  const shares = outsideShares(set) ?? new Float64Array(slateCount(set));
  const [before, after] = [champion, challenger].map((scores) => {
    const judged = { set, shares, scores, offset };
    const maps = [1, 0].map((half) => fitMap(judged, half));
    return (slate: number) => slateLoss(judged, slate, maps[set.session[slate] % 2]).loss;
  });
  const gains: number[] = [];
  const sessions: number[] = [];
  const rewarded: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const isRewarded = earnedIn(set, slate) > 0;
    if (isRewarded) rewarded.push(set.session[slate]);
    if (!isRewarded && shares[slate] === 0) continue;
    gains.push(before(slate) - after(slate));
    sessions.push(set.session[slate]);
  }
  const perReward = gains.length / Math.max(rewarded.length, 1);
  const gain = clusteredMean(
    gains.map((value) => value * perReward),
    sessions,
  );
  return gain && { ...gain, clusters: new Set(rewarded).size };
}

/** A scorer's points on held-out slates. */
interface Judged {
  readonly set: TrainingSet;
  /** Of the outside option, one per slate. */
  readonly shares: Float64Array;
  readonly scores: Float64Array;
  readonly offset: Float64Array;
}

/** From points to log-odds. */
interface PointsMap {
  readonly scale: number;
  readonly intercept: number;
}

interface SlateLoss {
  readonly loss: number;
  /** Derivatives with respect to the scale and the intercept. */
  readonly slope: readonly [scale: number, intercept: number];
  readonly curvature: readonly [scale: number, both: number, intercept: number];
}

function earnedIn({ starts, reward }: TrainingSet, slate: number): number {
  let sum = 0;
  for (let row = starts[slate]; row < starts[slate + 1]; row++) sum += reward[row];
  return sum;
}

/** `listwiseLoss` at `scale · score + offset`, with the intercept at the outside option, per unit of reward. */
function slateLoss(
  { set: { starts, reward }, shares, scores, offset }: Judged,
  slate: number,
  { scale, intercept }: PointsMap,
): SlateLoss {
  const [first, end] = [starts[slate], starts[slate + 1]];
  let [total, most] = [0, Number.NEGATIVE_INFINITY];
  for (let row = first; row < end; row++) {
    total += reward[row];
    most = Math.max(most, scale * scores[row] + offset[row]);
  }
  const [share, isRewarded] = [shares[slate], Number(total > 0)];
  if (share === 0 && isRewarded === 0) return { loss: 0, slope: [0, 0], curvature: [0, 0, 0] };
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
  const variance = square / sum - mean * mean;
  const inclusive = most + Math.log(sum);
  const perReward = isRewarded / (total || 1);
  const u = inclusive + intercept;
  const q = 1 / (1 + Math.exp(-u));
  const off = share * (q - isRewarded);
  const bend = share * q * (1 - q);
  const nothing = Math.max(u, 0) - isRewarded * u + Math.log1p(Math.exp(-Math.abs(u)));
  return {
    loss: isRewarded * inclusive - perReward * weightedZ + share * nothing,
    slope: [(isRewarded + off) * mean - perReward * weightedScore, off],
    curvature: [(isRewarded + off) * variance + bend * mean * mean, bend * mean, bend],
  };
}

/**
 * Scale and intercept with the least loss on the sessions of one half, by Newton's method with steps of at most a factor of 4
 * of the scale and 2 log-odds of the intercept.
 */
function fitMap(judged: Judged, half: number): PointsMap {
  const { set, scores } = judged;
  let scale = 1 / Math.max(spread(scores), Number.MIN_VALUE);
  let intercept = 0;
  for (let iteration = 0; iteration < 50; iteration++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    for (let slate = 0; slate < slateCount(set); slate++) {
      if (set.session[slate] % 2 !== half) continue;
      const { slope, curvature } = slateLoss(judged, slate, { scale, intercept });
      ga += slope[0];
      gb += slope[1];
      haa += curvature[0];
      hab += curvature[1];
      hbb += curvature[2];
    }
    // Without slates of one there is no intercept to find.
    const across = hbb > 0 ? hab / hbb : 0;
    const bend = haa - across * hab;
    const wanted = bend > 0 ? scale - (ga - across * gb) / bend : scale;
    const next = Math.min(4 * scale, Math.max(scale / 4, wanted));
    const step = hbb > 0 ? gb / hbb + across * (next - scale) : 0;
    const moved = Math.max(Math.abs(next - scale) / scale, Math.abs(step));
    scale = next;
    intercept -= Math.min(2, Math.max(-2, step));
    if (moved <= 1e-9) break;
  }
  return { scale, intercept };
}

function spread(scores: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return high > low ? high - low : 1;
}
