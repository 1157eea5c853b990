import {
  fitFirstPass,
  toLogOdds,
  warmSlope,
  type FirstPassOptions,
} from '../learn/additive/first-pass.ts';
import { setIntercept } from '../learn/outside-option.ts';
import {
  rowsOf,
  sliceSlates,
  slateCount,
  takeSlates,
  type TrainingSet,
} from '../learn/training-set.ts';
import { firstPassOf } from '../../../shared/score/scorer.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';
import { gainOn, logOddsOf } from './held-out-comparison.ts';
import { percent } from '../../../shared/text/text.ts';
import { isGainCertain } from './is-gain-certain.ts';
import { comparisonsOf, windowSplits, type WindowSplit } from './window-splits.ts';

/** The latest part of the slates that a training learns from. */
export interface LearningWindow {
  /** Its slates, of all that there are. */
  readonly slates: number;
  readonly of: number;
  /** When the first of them was ranked, epoch ms; absent where it is all of them. */
  readonly fromMs?: number;
  /** Why it is not all of them, as part of a sentence; absent where it is. */
  readonly because?: string;
  /** Visitors began to reward less as well: what was learned before they changed serves them badly. */
  readonly rewardsFell?: true;
}

/** Chance to choose a shorter window although the visitors did not change, over all windows of a training. */
const ALPHA = 0.025;
/** Windows are compared by where a short descent leads, as a whole one costs many times as much and leads hardly elsewhere. */
const ITERATIONS = 30;

/**
 * Which slates to learn from: all of them, unless a latest part predicts the newest slates better. Where tastes have turned, what
 * was clicked before teaches the wrong thing, and a fit to both is a mixture of two tastes that nobody has. Windows are the
 * whole and ever shorter latest parts of it (as in ADWIN: Bifet & Gavaldà, 2007, but compared by what they predict). From the
 * longest on, the additive first pass is fitted to each window and to the one that is learned from so far, both less the newest
 * slates, and their held-out losses on these are compared slate by slate, clustered by visitor. The shorter one takes
 * the place of the longer where its one-sided p-value is at most `ALPHA`, divided by the number of windows (Bonferroni).
 *
 * Half and the shortest are compared to the whole first: where neither has a smaller loss, and rewards did not fall, nothing has
 * changed and no other is fitted.
 * @param set with the shown slot as one feature more where the schema asks for it; slates in time order.
 */
export async function chooseWindow(
  set: TrainingSet,
  options: Omit<FirstPassOptions, 'onIteration'>,
): Promise<LearningWindow> {
  const of = slateCount(set);
  const whole: LearningWindow = { slates: of, of };
  const splits = windowSplits(rewardedSlates(set), of);
  if (splits.length === 0) return whole;

  const compare = async (split: WindowSplit, longerFrom: number) => {
    const judgedFrom = split.to ?? split.from;
    const newest = sliceSlates(set, judgedFrom, of);
    const ofLonger = new Float64Array(newest.rows);
    const ofShorter = new Float64Array(newest.rows);
    for (const { longer, shorter, judged } of comparisonsOf(split, longerFrom, set.cluster)) {
      const held = takeSlates(set, judged);
      const [ofLong, ofShort] = [takeSlates(set, longer), takeSlates(set, shorter)];
      const slope = warmSlope(options.parent, ofLong);
      const fittedTo = async (train: TrainingSet) => {
        const start = toLogOdds(firstPassOf(options.parent), set, slope);
        setIntercept(train, start);
        const descent = { weights: start, iterations: ITERATIONS };
        return logOddsOf(await fitFirstPass(train, undefined, options, descent), held);
      };
      const [one, other] = [await fittedTo(ofLong), await fittedTo(ofShort)];
      rowsOf(set, judged).forEach((row, i) => {
        const place = row - set.starts[judgedFrom];
        ofLonger[place] = one[i];
        ofShorter[place] = other[i];
      });
    }
    return gainOn(newest, options.parent.schema.training.objective, ofLonger, ofShorter);
  };

  const outermost = splits.length > 1 ? [splits[0], splits.at(-1)!] : splits;
  let seemsChanged = splits.some(({ to }) => to === undefined);
  for (const split of outermost) seemsChanged ||= ((await compare(split, 0))?.mean ?? 0) > 0;
  if (!seemsChanged) return whole;

  let window = whole;
  for (const split of splits) {
    const longer = of - window.slates;
    const gain = await compare(split, longer);
    if (gain !== undefined && isGainCertain(gain, ALPHA, splits.length))
      window = {
        slates: of - split.from,
        of,
        fromMs: set.at[split.from],
        because: reason(window, split, gain),
        ...(splits.some(({ isSinceFall }) => isSinceFall) && { rewardsFell: true }),
      };
  }
  return window;
}

function reason(
  { slates, of }: LearningWindow,
  split: WindowSplit,
  gain: IntervalEstimate,
): string {
  const part = percent((of - split.from) / of, { digits: 0 });
  const longer = slates === of ? 'all' : `the latest ${percent(slates / of, { digits: 0 })}`;
  const [mean, low, high] = [gain.mean, gain.low, gain.high].map((loss) => loss.toFixed(3));
  return `what was fitted to these ${part} predicts the newest ${of - (split.to ?? split.from)} better than what was fitted to ${longer}: the loss is ${mean} smaller (95 %: ${low} to ${high})`;
}

/** The window's own slates. */
export const slatesOf = (set: TrainingSet, { slates, of }: LearningWindow): TrainingSet =>
  slates === of ? set : sliceSlates(set, of - slates, of);

/** As part of a sentence; undefined where all slates are learned from. */
export const windowText = ({ slates, of, because }: LearningWindow): string | undefined =>
  because === undefined
    ? undefined
    : `learned from the latest ${slates} of ${of} rankings, because ${because}`;

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
