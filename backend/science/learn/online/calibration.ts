import { withCrossColumns } from '../crosses/cross-columns.ts';
import { isCalibrated, STRIDE, type AdditiveScorer } from '../../../../shared/score/scorer.ts';
import { LEARNED_SLOPE, spreadOf, toLogOdds, warmSlope } from '../additive/first-pass.ts';
import { slotWeights } from '../additive/slot-weights.ts';
import { evidenceOfRewards } from '../loss.ts';
import {
  inverseWeight,
  isForced,
  outsideShares,
  setIntercept,
  withOutsideOption,
} from '../outside-option.ts';
import { pointsPerRow } from '../score-set.ts';
import { earnedIn, slateCount, type TrainingSet } from '../training-set.ts';

/**
 * What learning as people click has to know beside the weights: measured once on the latest rankings of the log, because the click
 * that comes next does not tell it. Plain numbers, so that it can be stored.
 */
export interface OnlineCalibration {
  /** Log-odds per point of the base, and of what is learned: at least `leastSlope`. */
  readonly slope: number;
  /** Log-odds that each slot adds, by 1-based slot, and how precisely they are known; empty where the position is a feature. */
  readonly slots: readonly number[];
  readonly slotPrecision: readonly number[];
  /** Log-odds of a reward of a slate of one whose item has 0 points, and how precisely they are known. */
  readonly intercept: number;
  readonly interceptPrecision: number;
  /** By how much the loss overstates what it tells: weights are divided by it. */
  readonly evidence: number;
  /** Mean reward of a slate that has one. */
  readonly meanReward: number;
  /** What a slate of one weighs, of its `inverseWeight`; 0 where such slates teach nothing. */
  readonly aloneWeight: number;
  /** Whether an item that was shown without a choice teaches: only where there never is one. */
  readonly forcedTeaches: boolean;
  /** Whether people turned since the version was fitted (`afterTurn`), which no log of before says. */
  readonly hasTurned?: boolean;
}

/** Of a slot that nothing was earned at. */
const SLOT_PRIOR = 1;

/**
 * What is learned moves no item by more points per log-odds than the standard deviation of the base's scores, or `1 / LEARNED_SLOPE` where they are
 * closer together than that. Of points that hardly predict, the rewards say a slope near 0, by which one log-odds would be hundreds of points:
 * nothing would be left to chance at a temperature that is meant for the points as they were, and scores would leave their range.
 */
const leastSlope = (points: Float64Array): number => {
  const spread = spreadOf(points);
  return spread > 0 ? Math.min(LEARNED_SLOPE, 1 / spread) : LEARNED_SLOPE;
};

/**
 * Log-odds per point: of a version that a training made, those that it is made in; of other points, as the rewards say. These are too many
 * where the best by the points are shown first: what the first slots earn as such seems to be theirs.
 */
function scaleOf(base: AdditiveScorer, set: TrainingSet, points: Float64Array): number {
  const isLearned = base.parent !== undefined && isCalibrated(base);
  return isLearned ? LEARNED_SLOPE : Math.max(warmSlope(base, set), leastSlope(points));
}

/**
 * @param set rankings under the base's schema, whoever ranked them, with what one person weighs limited.
 * @param known whose slope holds on, where something was learned by it; absent: as `scaleOf` says.
 */
export function calibrateOnline(
  set: TrainingSet,
  base: AdditiveScorer,
  known?: Pick<OnlineCalibration, 'slope'>,
): OnlineCalibration {
  const { training, features } = base.schema;
  const isListwise = training.objective === 'listwise';
  const points = pointsPerRow(base, set);
  const slope = known?.slope ?? scaleOf(base, set, points);
  const scores = points.map((own) => own * slope);
  const hasSlots = training.position !== 'given';
  const slotOf = (row: number) => (hasSlots ? Math.min(set.position[row], STRIDE - 1) : 0);
  const bySlot = isListwise ? slotWeights(set, scores) : slotLogits(set, scores, slotOf);
  const crossed = withCrossColumns(set, base.schema, base.crosses);
  const shown = isListwise ? withOutsideOption(crossed) : crossed;
  const crosses = base.crosses?.length ?? 0;
  const own = features.length + crosses;
  const weights = toLogOdds(base, { features: own + 1, crosses }, slope);
  if (isListwise) setIntercept(shown, weights);
  const evidence = evidenceOfRewards(shown, training.objective);
  const rewards = Array.from({ length: slateCount(set) }, (_, slate) =>
    earnedIn(set, slate),
  ).filter((earned) => earned > 0);
  const earned = new Float64Array(STRIDE);
  set.reward.forEach((reward, row) => (earned[slotOf(row)] += reward));
  const total = earned.reduce((sum, one) => sum + one, 0) || 1;
  const shares = isListwise ? outsideShares(set) : undefined;
  const alone = shares?.findIndex((share) => share > 0) ?? -1;
  const pi = alone < 0 ? 1 : (set.propensity?.[set.starts[alone]] ?? 1);
  let interceptPrecision = SLOT_PRIOR;
  shown.outside?.forEach((weight, slate) => {
    if (weight > 0 && set.starts[slate + 1] - set.starts[slate] === 1)
      interceptPrecision += weight / (4 * evidence);
  });
  return {
    slope,
    slots: hasSlots ? [...bySlot] : [],
    slotPrecision: hasSlots
      ? Array.from(earned, (of) => SLOT_PRIOR + (of * (1 - of / total)) / evidence)
      : [],
    intercept: isListwise ? weights[own * STRIDE + 1] : hasSlots ? 0 : bySlot[0],
    interceptPrecision,
    evidence,
    meanReward: rewards.reduce((sum, one) => sum + one, 0) / Math.max(rewards.length, 1) || 1,
    aloneWeight: alone < 0 ? 0 : shares![alone] / inverseWeight(pi),
    forcedTeaches: alone >= 0 && isForced(pi),
  };
}

const ROUNDS = 20;

/** Log-odds that each slot adds where every row is a logistic regression, by Newton's method; half a reward and half a miss keep it finite. */
function slotLogits(
  { reward }: TrainingSet,
  scores: Float64Array,
  slotOf: (row: number) => number,
): Float64Array {
  const weights = new Float64Array(STRIDE);
  for (let round = 0; round < ROUNDS; round++) {
    const slope = weights.map((own) => 1 / (1 + Math.exp(-own)) - 0.5);
    const curvature = new Float64Array(STRIDE).fill(0.25);
    scores.forEach((score, row) => {
      const slot = slotOf(row);
      const p = 1 / (1 + Math.exp(-score - weights[slot]));
      const weight = reward[row] || 1;
      slope[slot] += weight * (p - Number(reward[row] > 0));
      curvature[slot] += weight * p * (1 - p);
    });
    slope.forEach((own, slot) => {
      weights[slot] -= Math.max(-2, Math.min(2, own / curvature[slot]));
    });
  }
  return weights;
}
