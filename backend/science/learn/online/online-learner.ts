import { crossStrength } from '../../../../shared/features/cross-strength.ts';
import { bucketCount } from '../../../../shared/features/schema.ts';
import { cellReader } from '../../../../shared/score/learned-cross.ts';
import { DEVIATIONS_PER_POINT } from '../../../../shared/score/posterior.ts';
import { STRIDE, toPoints, type AdditiveScorer } from '../../../../shared/score/scorer.ts';
import { chiSquareTail } from '../../statistics/distributions.ts';
import { inverseWeight, isForced } from '../outside-option.ts';
import type { OnlineCalibration } from './calibration.ts';

/** What a version learns from: fixed for as long as it is live. Weights in log-odds, `Float64Array((F + 2 + crosses) × STRIDE)`. */
export interface OnlineProblem {
  readonly base: AdditiveScorer;
  readonly calibration: OnlineCalibration;
  /** The published weights of features; behind them those of the slots, the intercept, and learned crosses, which stay as they are. */
  readonly start: Float64Array;
  /** Precision of each weight before anything was learned: what the version's training knew, unless people have turned since. */
  readonly prior: Float64Array;
  /** Reads the cell of each learned cross from an item's codes. */
  readonly cells: readonly ReturnType<typeof cellReader>[];
  /** Where the weights are that can be learned: of each bucket that a feature has, of each slot, and the intercept. */
  readonly places: Int32Array;
  /** How many of the places are of features. */
  readonly featurePlaces: number;
  /** To add up a slate by place, between whose items nothing stays in it. */
  readonly sums: SlateSums;
}

interface SlateSums {
  readonly isSeen: Uint8Array;
  readonly chance: Float64Array;
  readonly earned: Float64Array;
}

/** The posterior of how far each weight is from where it was published: normal, independent of the others. */
export interface OnlinePosterior {
  readonly mean: Float64Array;
  readonly precision: Float64Array;
  readonly recent: RecentPull;
}

/** What the latest longer slates say against what was learned before them, by which `afterTurn` sees that people turned. */
export interface RecentPull {
  /** Sum of the gradients of each weight of a feature, each as it was when its slate came in; older ones count less. */
  readonly pull: Float64Array;
  /** Variance of that sum where people are as was learned: of each reward its hessian times the reward, so that one of ten is no ten surprises. */
  readonly variance: Float64Array;
  /** Slates since `afterTurn` looked last. */
  slates: number;
}

/** What is known of a slate at some moment. */
export interface SlateState {
  /** Reward of each slot so far. */
  readonly reward: Float64Array;
  /** Share of the delay distribution that had passed: of the rewards to come, so many should have come. */
  readonly passed: number;
}

/** What has become known of a slate. */
export interface SlateChange {
  /** `Uint8Array(slots × F)`, as logged. */
  readonly codes: Uint8Array;
  /** Of its first slot. */
  readonly propensity: number;
  /** Absent: nothing was learned from it yet. */
  readonly before?: SlateState;
  readonly after: SlateState;
}

/**
 * @param spread the widest prior of a weight, in log-odds: one of which less is known than that moves as one with it. Priors of crosses
 * are narrower, as in training.
 */
export function onlineProblem(
  base: AdditiveScorer,
  calibration: OnlineCalibration,
  spread: number,
): OnlineProblem {
  const { schema, posterior, crosses = [], weights } = base;
  const features = schema.features.length;
  const { slope, slots, slotPrecision, intercept, interceptPrecision } = calibration;
  const start = new Float64Array((features + 2 + crosses.length) * STRIDE);
  for (let at = 0; at < features * STRIDE; at++) start[at] = toPoints(weights[at]) * slope;
  // Learned crosses stay as they were published, behind all that is learned.
  for (let at = features * STRIDE; at < weights.length; at++)
    start[at + 2 * STRIDE] = toPoints(weights[at]) * slope;
  const prior = new Float64Array(start.length).fill(1);
  const strength = crossStrength(schema);
  schema.features.forEach((spec, feature) => {
    for (let bucket = 0; bucket < bucketCount(spec); bucket++) {
      const at = feature * STRIDE + bucket;
      const widest = spread / Math.sqrt(strength[feature]);
      const known =
        posterior === undefined || calibration.hasTurned
          ? widest
          : (Math.max(posterior[at], 1) / DEVIATIONS_PER_POINT) * slope;
      prior[at] = 1 / Math.min(known, widest) ** 2;
    }
  });
  start.set(slots, features * STRIDE);
  start[(features + 1) * STRIDE] = intercept;
  // What a schema does not have stays at 0.
  prior.fill(Number.POSITIVE_INFINITY, features * STRIDE);
  prior.set(slotPrecision, features * STRIDE);
  const hasIntercept = slots.length === 0 || schema.training.objective === 'listwise';
  if (hasIntercept) prior[(features + 1) * STRIDE] = interceptPrecision;
  const cells = crosses.map((cross) => cellReader(schema, cross));
  const ofFeatures = schema.features.flatMap((spec, feature) =>
    Array.from({ length: bucketCount(spec) }, (_, bucket) => feature * STRIDE + bucket),
  );
  const ofSlots = Array.from({ length: STRIDE }, (_, slot) => features * STRIDE + slot);
  return {
    base,
    calibration,
    start,
    prior,
    cells,
    places: Int32Array.of(...ofFeatures, ...ofSlots, (features + 1) * STRIDE),
    featurePlaces: ofFeatures.length,
    sums: {
      isSeen: new Uint8Array(start.length),
      chance: new Float64Array(start.length),
      earned: new Float64Array(start.length),
    },
  };
}

export const nothingLearned = ({ prior }: OnlineProblem): OnlinePosterior => ({
  mean: new Float64Array(prior.length),
  precision: prior.slice(),
  recent: noPull(prior.length),
});

export const noPull = (weights: number): RecentPull => ({
  pull: new Float64Array(weights),
  variance: new Float64Array(weights),
  slates: 0,
});

/**
 * Evidence becomes less by a factor, as what people like drifts: the natural parameters of what was learned are discounted
 * (exponential forgetting; West & Harrison, "Bayesian Forecasting and Dynamic Models", 1997, ch. 6), so that without new evidence the
 * posterior goes back to the prior. In place. @param kept 0..1.
 */
export function forget(
  { prior, places }: OnlineProblem,
  { mean, precision }: OnlinePosterior,
  kept: number,
): void {
  for (const at of places) {
    if (precision[at] === prior[at] && mean[at] === 0) continue;
    const left = prior[at] + kept * (precision[at] - prior[at]);
    mean[at] *= (kept * precision[at]) / left;
    precision[at] = left;
  }
}

/**
 * Moves the posterior by what has become known of one slate. In place. One step of assumed-density filtering with a diagonal
 * Gaussian, its moments by Laplace's approximation at the mean (Chapelle & Li, NIPS 2011, algorithm 3, one slate at a time; Opper, "A Bayesian
 * Approach to On-line Learning", 1998): with gradient g and hessian h of the version's own objective,
 * `mean −= g / precision / (1 + Σ h / precision)`, the sum over all weights of the slate, and `precision += h`. The denominator is
 * that of the Kalman gain, without which one click would move every feature as far as it should move one alone. Precisions are
 * those without the slate itself.
 *
 * Of longer slates (listwise), reward is what counts, and it adds up: each reward r of item i has `g = r (p − 1ᵢ)`, so that one
 * that is late adds what it would have added, and "nothing yet" is no evidence.
 *
 * A slate of one, and every row where the objective is pointwise, is a logistic regression, of which "nothing yet" is evidence as
 * far as something should have come. With chance q of a reward, and the share F of the delay distribution that has passed, the
 * likelihood of nothing so far is `1 − q F` (Chapelle, KDD 2014). Its score is that of a miss, times
 * `F (1 − q) / (1 − q F)`: the slate enters at its expected outcome. The score has mean 0 at every age if q is true, so no
 * window is biased by what is still open. What is added is the difference to what was added before.
 */
export function learnFrom(
  problem: OnlineProblem,
  posterior: OnlinePosterior,
  change: SlateChange,
): void {
  const { base, calibration } = problem;
  const slots = change.after.reward.length;
  if (base.schema.training.objective === 'pointwise') {
    for (let slot = 0; slot < slots; slot++) learnRow(problem, posterior, change, slot, POINTWISE);
  } else if (slots > 1) learnSlate(problem, posterior, change);
  else if (slots === 1) {
    const { aloneWeight, forcedTeaches, meanReward } = calibration;
    if (aloneWeight === 0 || (isForced(change.propensity) && !forcedTeaches)) return;
    const weight = aloneWeight * inverseWeight(change.propensity);
    learnRow(problem, posterior, change, 0, { weight, miss: meanReward });
  }
}

/** How much a row weighs, and a miss in units of reward. */
interface RowWeight {
  readonly weight: number;
  readonly miss: number;
}
const POINTWISE: RowWeight = { weight: 1, miss: 1 };

/** Weights that an item's score is the sum of: of its features, of learned crosses, of its slot, and the intercept. */
const widthOf = ({ base, cells }: OnlineProblem): number =>
  base.schema.features.length + cells.length + 2;

/** Where they are: the intercept last. */
function placesOf(
  { base, cells }: OnlineProblem,
  codes: Uint8Array,
  slot: number,
  into: Int32Array,
): void {
  const features = base.schema.features.length;
  for (let feature = 0; feature < features; feature++)
    into[feature] = feature * STRIDE + codes[slot * features + feature];
  let next = features;
  cells.forEach((cellOf, k) => {
    into[next++] = (features + 2 + k) * STRIDE + cellOf(codes, slot * features);
  });
  into[next++] = features * STRIDE + Math.min(slot + 1, STRIDE - 1);
  into[next] = (features + 1) * STRIDE;
}

function learnRow(
  problem: OnlineProblem,
  { mean, precision }: OnlinePosterior,
  { codes, before, after }: SlateChange,
  slot: number,
  { weight, miss }: RowWeight,
): void {
  const { calibration, start, prior } = problem;
  const places = new Int32Array(widthOf(problem));
  placesOf(problem, codes, slot, places);
  let score = 0;
  for (const at of places) score += start[at] + mean[at];
  const s = 1 / (1 + Math.exp(-score));
  const q = (miss * s) / (miss * s + calibration.meanReward * (1 - s));
  const toEvidence = weight / calibration.evidence;
  /** How much of a miss, or of a hit, the row counts as. */
  const counted = (state: SlateState | undefined) => {
    if (state === undefined) return { gradient: 0, hessian: 0 };
    const earned = state.reward[slot];
    const { passed } = state;
    const mass = earned > 0 ? earned : (miss * passed * (1 - q)) / Math.max(1 - q * passed, 1e-9);
    return {
      gradient: earned > 0 ? -mass * (1 - s) : mass * s,
      hessian: mass * s * (1 - s),
    };
  };
  const [was, is] = [counted(before), counted(after)];
  const gradient = toEvidence * (is.gradient - was.gradient);
  const [bentBefore, bend] = [toEvidence * was.hessian, toEvidence * is.hessian];
  if (gradient === 0 && bend === bentBefore) return;
  const others = (at: number) => Math.max(precision[at] - bentBefore, prior[at]);
  let leverage = 0;
  for (const at of places) leverage += bend / others(at);
  for (const at of places) {
    const without = others(at);
    mean[at] -= gradient / without / (1 + leverage);
    precision[at] = without + bend;
  }
}

function learnSlate(
  problem: OnlineProblem,
  { mean, precision, recent }: OnlinePosterior,
  { codes, before, after }: SlateChange,
): void {
  const { base, calibration, start, prior, sums } = problem;
  const ofFeatures = base.schema.features.length * STRIDE;
  const slots = after.reward.length;
  const reward = after.reward.map(
    (earned, slot) => (earned - (before?.reward[slot] ?? 0)) / calibration.evidence,
  );
  if (reward.every((more) => more === 0)) return;
  const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const mass = sumOf(reward);
  const squares = reward.reduce((sum, own) => sum + own * own, 0);
  const massAfter = sumOf(after.reward) / calibration.evidence;
  const width = widthOf(problem);
  const places = new Int32Array(slots * width);
  const chance = new Float64Array(slots);
  let most = Number.NEGATIVE_INFINITY;
  for (let slot = 0; slot < slots; slot++) {
    const own = places.subarray(slot * width, (slot + 1) * width);
    placesOf(problem, codes, slot, own);
    for (const at of own) chance[slot] += start[at] + mean[at];
    most = Math.max(most, chance[slot]);
  }
  let total = 0;
  for (let slot = 0; slot < slots; slot++) total += chance[slot] = Math.exp(chance[slot] - most);
  /** By place, over the items that have it: their chance, and what they earned. */
  const { isSeen, chance: shareAt, earned: earnedAt } = sums;
  const seen: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const own = chance[slot] / total;
    // The intercept is behind the last: in a comparison it is everybody's.
    for (let i = slot * width; i < (slot + 1) * width - 1; i++) {
      const at = places[i];
      if (isSeen[at] === 0) {
        isSeen[at] = 1;
        seen.push(at);
        shareAt[at] = own;
        earnedAt[at] = reward[slot];
      } else {
        shareAt[at] += own;
        earnedAt[at] += reward[slot];
      }
    }
  }
  const bend = (share: number) => share * Math.max(0, 1 - share);
  const others = (at: number) =>
    Math.max(precision[at] - (massAfter - mass) * bend(shareAt[at]), prior[at]);
  recent.slates++;
  let leverage = 0;
  for (const at of seen) leverage += (massAfter * bend(shareAt[at])) / others(at);
  for (const at of seen) {
    const without = others(at);
    const gradient = mass * shareAt[at] - earnedAt[at];
    if (at < ofFeatures) {
      recent.pull[at] += gradient;
      recent.variance[at] += squares * bend(shareAt[at]);
    }
    mean[at] -= gradient / without / (1 + leverage);
    precision[at] = without + massAfter * bend(shareAt[at]);
    isSeen[at] = 0;
  }
}

/** Whether all of what was learned is numbers: it is not where a reward or a propensity was logged that nobody should have logged. */
export function isSound({ places }: OnlineProblem, { mean, precision }: OnlinePosterior): boolean {
  for (const at of places) if (!Number.isFinite(mean[at]) || !(precision[at] > 0)) return false;
  return true;
}

/**
 * Whether people turned. Where they did, all that was known before is in the way: every weight becomes as unsure as `spread` allows,
 * where its mean is (West & Harrison, "Bayesian Forecasting and Dynamic Models", 1997, ch. 11). Two tests see it, of which either is enough:
 * `hasMovedFar`, once per version, and `isPulledAway`, as often as it happens. What is recent becomes less by each look, in place.
 * @param spread as `onlineProblem`.
 * @returns what to go on with where they turned.
 */
export function afterTurn(
  problem: OnlineProblem,
  posterior: OnlinePosterior,
  spread: number,
): { readonly problem: OnlineProblem; readonly posterior: OnlinePosterior } | undefined {
  const { base, calibration } = problem;
  const isTurned =
    isPulledAway(problem, posterior) || (!calibration.hasTurned && hasMovedFar(problem, posterior));
  fade(problem, posterior.recent);
  if (!isTurned) return undefined;
  const { mean, precision } = posterior;
  const turned = onlineProblem(base, { ...calibration, hasTurned: true }, spread);
  const end = base.schema.features.length * STRIDE;
  // Slots and how many click are where they were.
  const wider = precision.map((own, at) => (at < end ? Math.min(own, turned.prior[at]) : own));
  return {
    problem: turned,
    posterior: { mean: mean.slice(), precision: wider, recent: noPull(mean.length) },
  };
}

/**
 * Whether what was learned has moved its weights farther than the version's training leaves room for. Where people stay as they
 * are, what moves a weight of prior precision `p₀` to precision `p` is normal with the variance
 * `1/p₀ − 1/p`, so that the squares in units of it sum to χ² of as many degrees of freedom as weights have evidence, or less, as
 * the Kalman gain shares a move among all weights of a slate.
 */
function hasMovedFar(
  { prior, places, featurePlaces }: OnlineProblem,
  { mean, precision }: OnlinePosterior,
): boolean {
  let [squares, weights] = [0, 0];
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    const evidence = precision[at] - prior[at];
    if (!(evidence >= LEAST_EVIDENCE)) continue;
    squares += (mean[at] ** 2 * prior[at] * precision[at]) / evidence;
    weights++;
  }
  return weights > 0 && chiSquareTail(squares, weights) < ALPHA;
}

/**
 * Whether the latest longer slates pull the weights away from where they were when each of them came in: a score test, as of a
 * change point (Basseville & Nikiforov, "Detection of Abrupt Changes", 1993, ch. 7). Where people are as was learned, the
 * gradients of a weight have mean 0 and a known variance, and what is not known of the weight, `1 / precision`, adds
 * their square divided by it. The squares in units of that sum to about χ². A weight that much was learned of hardly moves in a
 * few slates, so that how far it has moved tells of a turn only after many.
 *
 * Slates of one do not take part: where one was shown that is hardly ever drawn and counts the more for it, or one that nearly all
 * click, a single gradient is many standard deviations, and χ² says nothing.
 */
function isPulledAway(
  { places, featurePlaces }: OnlineProblem,
  { precision, recent: { pull, variance } }: OnlinePosterior,
): boolean {
  let [squares, weights] = [0, 0];
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    if (!(variance[at] >= LEAST_PULL)) continue;
    squares += pull[at] ** 2 / (variance[at] * (1 + (2 * variance[at]) / precision[at]));
    weights++;
  }
  return weights > 0 && chiSquareTail(squares, weights) < PULL_ALPHA;
}

/** Of a sum whose terms count less by a factor each slate, the variance does so by its square. */
function fade({ places, featurePlaces }: OnlineProblem, recent: RecentPull): void {
  if (recent.slates === 0) return;
  const kept = (1 - 1 / RECENT_SLATES) ** recent.slates;
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    recent.pull[at] *= kept;
    recent.variance[at] *= kept * kept;
  }
  recent.slates = 0;
}

/** Curvature that a weight must have been told to take part: that of some four clicks. */
const LEAST_EVIDENCE = 1;
/**
 * Of one look. It is looked at every few seconds, at sums that hardly differ; a turn that is none costs no more than that weights
 * are as unsure as `spread` until the next version.
 */
const ALPHA = 0.005;
/** As `LEAST_EVIDENCE`, of the latest slates: that of some two clicks. */
const LEAST_PULL = 0.5;
/** Slates with a reward after which one counts a third in what is recent. */
const RECENT_SLATES = 50;
/**
 * Of one look, at sums that are others after some fifty slates. A turn that is none costs what a hundred slates or so are worth that are
 * learned from anew.
 */
const PULL_ALPHA = 1e-4;

/** How many weights are changed as far as a limit lets them. @param limit log-odds. */
export function countAtLimit(
  { places, featurePlaces }: OnlineProblem,
  { mean }: OnlinePosterior,
  limit: number,
): number {
  let count = 0;
  for (let i = 0; i < featurePlaces; i++) if (Math.abs(mean[places[i]]) >= limit) count++;
  return count;
}
