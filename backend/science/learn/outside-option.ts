import { STRIDE } from '../../../shared/score/stride.ts';
import { additiveScores } from './histogram.ts';
import { earnedIn, slateCount, withColumn, type TrainingSet } from './training-set.ts';

/** Propensities are sums of floating point numbers: a chance of less than this that something else had been shown is none. */
const FORCED = 1e-9;
export const isForced = (propensity: number): boolean => 1 - propensity <= FORCED;

/** The most that a slate weighs by `1 / π`: more lets a few slates decide. Between 3 and 10 the truth tests see no difference. */
const MOST_WEIGHT = 5;
/** What a slate of one weighs, before all are brought to a mean of 1. */
export const inverseWeight = (propensity: number): number => Math.min(1 / propensity, MOST_WEIGHT);

/**
 * Of each slate 1 where it has one item and teaches all the same, by whether it was rewarded: `Uint8Array(slates)`. An item
 * that was shown without a choice, as it was the only candidate, teaches nothing. Where a champion that shows one item
 * never leaves anything to chance, all teach: nothing better can be had of such a log.
 */
export function teachAlone({ starts, propensity }: TrainingSet): Uint8Array {
  const teaches = new Uint8Array(slateCount({ starts }));
  let [ones, drawn] = [0, 0];
  for (let slate = 0; slate < teaches.length; slate++) {
    if (starts[slate + 1] - starts[slate] !== 1) continue;
    ones++;
    if (isForced(propensity?.[starts[slate]] ?? 0)) continue;
    drawn++;
    teaches[slate] = 1;
  }
  return drawn === 0 && ones === teaches.length ? teaches.fill(1) : teaches;
}

/**
 * How much "nothing was rewarded" counts as one more alternative of each slate, as a share of the slate's own weight:
 * `Float64Array(slates)`, of mean 1 over slates of one that teach, 0 for others; undefined where there are none, or all of
 * them were rewarded, or none was.
 *
 * A slate of one says nothing by comparison, and all by whether it was rewarded. It weighs by `1 / π`, capped and normalised
 * (importance-weighted regression, as Vowpal Wabbit's `mtr`): what the champion shows nearly always, and mostly to those who
 * like it, does not outweigh what it seldom shows.
 *
 * Whether a longer slate was rewarded at all tells more of the visitor than of its items, and comparing visitors is biased
 * where keen ones differ in what they ask for, and so is comparing the slates of one session where its wishes differ. The
 * softmax is immune to that, and has most of what such a slate says.
 */
export function outsideShares(set: TrainingSet): Float64Array | undefined {
  const { starts, reward, propensity } = set;
  const teaches = teachAlone(set);
  let [ones, rewarded, mass] = [0, 0, 0];
  const shares = Float64Array.from(teaches, (own, slate) => {
    if (own === 0) return 0;
    ones++;
    if (reward[starts[slate]] > 0) rewarded++;
    const share = inverseWeight(propensity?.[starts[slate]] || 1);
    mass += share;
    return share;
  });
  if (rewarded === 0 || rewarded === ones) return undefined;
  return shares.map((share) => (share * ones) / mass);
}

/**
 * The set with the weights of the outside option, in units of reward: a slate without a reward counts as the mean of those with
 * one. Its last feature, which only training has, is 1 for slates of one: its weight is their intercept, the log-odds of a
 * reward where the scores are 0. A set without such slates is returned as it is.
 */
export function withOutsideOption(set: TrainingSet): TrainingSet {
  const shares = outsideShares(set);
  if (shares === undefined) return set;
  const { starts } = set;
  const earned = shares.map((_, slate) => earnedIn(set, slate));
  const rewarded = earned.filter((sum) => sum > 0);
  const mean = rewarded.reduce((a, b) => a + b, 0) / Math.max(rewarded.length, 1) || 1;
  const isOne = new Uint8Array(set.rows);
  for (let slate = 0; slate < earned.length; slate++)
    if (starts[slate + 1] - starts[slate] === 1) isOne[starts[slate]] = 1;
  return {
    ...withColumn(set, (row) => isOne[row]),
    outside: Float32Array.from(shares, (share, slate) => share * (earned[slate] || mean)),
  };
}

const ROUNDS = 30;

/**
 * Sets the intercept in weights of a set `withOutsideOption`, to where the rewards of slates of one are as many as their
 * scores predict, so that neither a descent nor a prior starts far off. In place.
 * @param weights log-odds, `Float64Array(F × STRIDE)`.
 */
export function setIntercept(set: TrainingSet, weights: Float64Array): void {
  const { starts, reward, outside } = set;
  if (outside === undefined) return;
  const scores = additiveScores(set, weights);
  let intercept = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // Half a reward and half a miss keep it finite.
    let [slope, curvature] = [1 / (1 + Math.exp(-intercept)) - 0.5, 0.25];
    outside.forEach((weight, slate) => {
      const row = starts[slate];
      if (weight === 0 || starts[slate + 1] - row > 1) return;
      const p = 1 / (1 + Math.exp(-scores[row] - intercept));
      slope += weight * (p - Number(reward[row] > 0));
      curvature += weight * p * (1 - p);
    });
    const step = Math.max(-2, Math.min(2, slope / curvature));
    intercept -= step;
    if (Math.abs(step) < 1e-9) break;
  }
  weights[(set.features - 1) * STRIDE + 1] += intercept;
}
