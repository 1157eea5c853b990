import { slateCount, type TrainingSet } from './training-set.ts';

/** A scorer's points on slates. */
export interface PointsOfSlates {
  readonly set: TrainingSet;
  /** Of the outside option, one per slate. */
  readonly shares: Float64Array;
  readonly scores: Float64Array;
  readonly offset: Float64Array;
}

/** From points to log-odds. */
export interface PointsMap {
  readonly scale: number;
  readonly intercept: number;
}

interface SlateLoss {
  readonly loss: number;
  /** Derivatives with respect to the scale and the intercept. */
  readonly slope: readonly [scale: number, intercept: number];
  readonly curvature: readonly [scale: number, both: number, intercept: number];
}

/** `listwiseLoss` at `scale · score + offset`, with the intercept at the outside option, per unit of reward. */
export function slateLoss(
  { set: { starts, reward }, shares, scores, offset }: PointsOfSlates,
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
 * Standard deviations of the priors of the scale, as that of the log-odds that it makes among the items of a slate, and of
 * the intercept. Few sessions may be ordered without a mistake by chance; without a prior the best scale is then infinite,
 * and one mistake in the other half costs more than everything else.
 */
const USUAL_SPREAD = 3;
const USUAL_INTERCEPT = 10;

/**
 * Scale and intercept with the least penalised loss on the slates that count, by Newton's method. A step that would not
 * reduce the loss is halved, as Newton's method overshoots where the loss is flat.
 */
export function fitMap(points: PointsOfSlates, counts: (slate: number) => boolean): PointsMap {
  const { set, scores } = points;
  const ridge = [(spreadOf(set, scores) / USUAL_SPREAD) ** 2, 1 / USUAL_INTERCEPT ** 2] as const;
  const at = ({ scale, intercept }: PointsMap): SlateLoss => {
    let loss = (ridge[0] * scale ** 2 + ridge[1] * intercept ** 2) / 2;
    let [ga, gb, haa, hab, hbb] = [ridge[0] * scale, ridge[1] * intercept, ridge[0], 0, ridge[1]];
    for (let slate = 0; slate < slateCount(set); slate++) {
      if (!counts(slate)) continue;
      const own = slateLoss(points, slate, { scale, intercept });
      loss += own.loss;
      ga += own.slope[0];
      gb += own.slope[1];
      haa += own.curvature[0];
      hab += own.curvature[1];
      hbb += own.curvature[2];
    }
    return { loss, slope: [ga, gb], curvature: [haa, hab, hbb] };
  };
  let map: PointsMap = { scale: 0, intercept: 0 };
  let now = at(map);
  for (let iteration = 0; iteration < 50; iteration++) {
    const [ga, gb] = now.slope;
    const [haa, hab, hbb] = now.curvature;
    const bend = haa - (hab * hab) / hbb;
    // Scores that are all equal have no scale.
    const byScale = bend > 0 ? -(ga - (hab / hbb) * gb) / bend : 0;
    const byIntercept = -(gb + hab * byScale) / hbb;
    const moved = (part: number): PointsMap => ({
      scale: map.scale + part * byScale,
      intercept: map.intercept + part * byIntercept,
    });
    let part = 1;
    let next = at(moved(part));
    while (!(next.loss <= now.loss) && part > 1e-12) next = at(moved((part /= 2)));
    map = moved(part);
    now = next;
    if (
      part * Math.abs(byScale) <= 1e-9 * Math.abs(map.scale) &&
      part * Math.abs(byIntercept) <= 1e-9
    )
      break;
  }
  // A scorer is points by its order: what ranks the wrong way round is not turned.
  return map.scale >= 0 ? map : { scale: 0, intercept: interceptAlone(points, counts) };
}

/** The intercept where the scores do not count. */
const interceptAlone = (
  { scores, ...points }: PointsOfSlates,
  counts: (slate: number) => boolean,
): number => fitMap({ ...points, scores: new Float64Array(scores.length) }, counts).intercept;

/** Pooled standard deviation of the scores around the means of their slates; those of slates of one around their mean. */
function spreadOf({ starts }: TrainingSet, scores: Float64Array): number {
  const around = (own: Float64Array) => {
    const mean = own.reduce((sum, score) => sum + score, 0) / own.length;
    return own.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  };
  const alone: number[] = [];
  let squares = 0;
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    const own = scores.subarray(starts[slate], starts[slate + 1]);
    if (own.length === 1) alone.push(own[0]);
    else squares += around(own);
  }
  if (alone.length > 0) squares += around(Float64Array.from(alone));
  return Math.sqrt(squares / Math.max(scores.length, 1));
}
