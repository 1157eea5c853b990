import { STRIDE } from '../../../shared/score/scorer.ts';
import { heldOutGain } from '../evaluation/held-out-gain.ts';
import {
  fitFirstPass,
  toLogOdds,
  warmSlope,
  type FirstPassOptions,
} from '../learn/additive/first-pass.ts';
import { setIntercept } from '../learn/outside-option.ts';
import type { Fit } from '../learn/additive/fit-options.ts';
import { sliceSlates, slateCount, type TrainingSet } from '../learn/training-set.ts';
import { firstPassOf } from '../../../shared/score/scorer.ts';
import { studentQuantile, studentTwoSided } from '../statistics/distributions.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';
import { percent } from '../../../shared/text/text.ts';

/** The latest part of the slates that a training learns from. */
export interface LearningWindow {
  /** Its slates, of all that there are. */
  readonly slates: number;
  readonly of: number;
  /** When the first of them was ranked, epoch ms; absent where it is all of them. */
  readonly fromMs?: number;
  /** Why it is not all of them, as part of a sentence; absent where it is. */
  readonly because?: string;
}

/** Fewer slates with a reward teach too little for a window of their own. */
const LEAST_REWARDED = 300;
/** The newest slates with a reward, on which windows are compared: as few as tell them apart, so that what is new is learned from. */
const NEWEST_REWARDED = 400;
/** Each further window has half of the slates. */
const SHORTER = 0.5;
/** Chance to choose a shorter window although the visitors did not change, over all windows of a training. */
const ALPHA = 0.025;
/** Windows are compared by where a short descent leads, as a whole one costs many times as much and leads hardly elsewhere. */
const ITERATIONS = 30;

/**
 * Which slates to learn from: all of them, unless a latest part predicts the newest slates better. Where tastes have turned, what
 * was clicked before teaches the wrong thing, and a fit to both is a mixture of two tastes that nobody has. Windows are the
 * whole and ever shorter latest parts of it (as in ADWIN: Bifet & Gavaldà, 2007, but compared by what they predict). The
 * additive first pass is fitted to each, less the newest slates, and their held-out losses on these are compared
 * slate by slate, clustered by session. The shorter window with the least loss is taken if its one-sided p-value against the
 * whole is at most `ALPHA`, divided by the number of windows (Bonferroni).
 *
 * Half and the shortest are tried first: where neither has a smaller loss than the whole, nothing has changed and no other
 * is fitted.
 * @param set with the shown slot as one feature more where the schema asks for it; slates in time order.
 */
export async function chooseWindow(
  set: TrainingSet,
  options: Omit<FirstPassOptions, 'onIteration'>,
): Promise<LearningWindow> {
  const of = slateCount(set);
  const whole: LearningWindow = { slates: of, of };
  const rewarded = rewardedSlates(set);
  const newestFrom = rewarded.at(-NEWEST_REWARDED);
  if (newestFrom === undefined) return whole;
  const starts = windowStarts(rewarded, newestFrom);
  if (starts.length === 0) return whole;

  const newest = sliceSlates(set, newestFrom, of);
  const slope = warmSlope(options.parent, sliceSlates(set, 0, newestFrom));
  const logOddsOf = async (from: number) => {
    const part = sliceSlates(set, from, newestFrom);
    const start = toLogOdds(firstPassOf(options.parent), set.features, slope);
    setIntercept(part, start);
    const descent: Fit = { weights: start, iterations: ITERATIONS, curve: [] };
    return logOdds(await fitFirstPass(part, undefined, options, descent), newest);
  };
  const ofWhole = await logOddsOf(0);
  const gainOf = async (from: number): Promise<Candidate> => ({
    from,
    gain: gainOn(newest, options.parent.schema.training.objective, ofWhole, await logOddsOf(from)),
  });

  const candidates = [await gainOf(starts[0])];
  if (starts.length > 1) candidates.push(await gainOf(starts.at(-1)!));
  if (!candidates.some(({ gain }) => gain !== undefined && gain.mean > 0)) return whole;
  for (const from of starts.slice(1, -1)) candidates.push(await gainOf(from));

  const better = candidates
    .filter(({ gain }) => gain !== undefined && isAbove0(gain, ALPHA / starts.length))
    .toSorted((a, b) => b.gain!.mean - a.gain!.mean)
    .at(0);
  if (better === undefined) return whole;
  const { low, high, mean } = better.gain!;
  const slates = of - better.from;
  return {
    slates,
    of,
    fromMs: set.at[better.from],
    because: `what was fitted to these ${percent(slates / of, { digits: 0 })} predicts the newest ${newest.starts.length - 1} better than what was fitted to all: the loss is ${mean.toFixed(3)} smaller (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`,
  };
}

/** The window's own slates. */
export const slatesOf = (set: TrainingSet, { slates, of }: LearningWindow): TrainingSet =>
  slates === of ? set : sliceSlates(set, of - slates, of);

/** As part of a sentence; undefined where all slates are learned from. */
export const windowText = ({ slates, of, because }: LearningWindow): string | undefined =>
  because === undefined
    ? undefined
    : `learned from the latest ${slates} of ${of} rankings, because ${because}`;

interface Candidate {
  readonly from: number;
  readonly gain: IntervalEstimate | undefined;
}

/** The numbers of the slates with a reward. */
function rewardedSlates({ starts, reward }: TrainingSet): number[] {
  const slates: number[] = [];
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    let row = starts[slate];
    while (row < starts[slate + 1] && !(reward[row] > 0)) row++;
    if (row < starts[slate + 1]) slates.push(slate);
  }
  return slates;
}

/** The first slate of each window that is shorter than the whole, the longest first. */
function windowStarts(rewarded: readonly number[], newestFrom: number): number[] {
  const starts: number[] = [];
  for (let slates = newestFrom * SHORTER; slates >= 1; slates *= SHORTER) {
    const from = newestFrom - Math.round(slates);
    const learnable = rewarded.filter((slate) => slate >= from && slate < newestFrom).length;
    if (learnable < LEAST_REWARDED) break;
    starts.push(from);
  }
  return starts;
}

/** Of each row, the effect of its slot included. */
function logOdds({ weights }: Fit, { rows, features, codes }: TrainingSet): Float64Array {
  const sum = new Float64Array(rows);
  for (let feature = 0; feature < features; feature++)
    for (let row = 0; row < rows; row++)
      sum[row] += weights[feature * STRIDE + codes[feature * rows + row]];
  return sum;
}

/** By how much the loss of a slate falls. @param before and `after`: log-odds of each row. */
function gainOn(
  set: TrainingSet,
  objective: 'listwise' | 'pointwise',
  before: Float64Array,
  after: Float64Array,
): IntervalEstimate | undefined {
  if (objective === 'listwise') return heldOutGain(set, before, after);
  const losses = (scores: Float64Array) =>
    Float64Array.from({ length: slateCount(set) }, (_, slate) => {
      let loss = 0;
      for (let row = set.starts[slate]; row < set.starts[slate + 1]; row++)
        loss += Math.log1p(Math.exp(scores[row])) - (set.reward[row] > 0 ? scores[row] : 0);
      return loss;
    });
  const [own, other] = [losses(before), losses(after)];
  return clusteredMean(
    own.map((loss, slate) => loss - other[slate]),
    set.session,
  );
}

/** Student's t test, one-sided. */
function isAbove0({ mean, low, clusters }: IntervalEstimate, alpha: number): boolean {
  const error = (mean - low) / studentQuantile(0.975, clusters - 1);
  return mean > 0 && error > 0 && studentTwoSided(mean / error, clusters - 1) / 2 <= alpha;
}
