import { studentQuantile } from '../statistics/distributions.ts';
import { heldOutGain, type HeldOutGain } from '../evaluation/held-out-gain.ts';
import {
  fitFirstPass,
  LEARNED_SLOPE,
  slotEffect,
  toLogOdds,
  startSlope,
  type FirstPassOptions,
} from '../learn/additive/first-pass.ts';
import { logOddsOf } from './held-out-comparison.ts';
import { foldOf, FOLDS } from './visitor-folds.ts';
import { setIntercept } from '../learn/outside-option.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import {
  earnedIn,
  rowsOf,
  slateCount,
  takeSlates,
  type TrainingSet,
} from '../learn/training-set.ts';
import { firstPassOf } from '../../../shared/score/scorer.ts';

/** With as many held-out visitors with a reward the latest slates alone tell enough. */
const ENOUGH_REWARDED = 100;
/** In standard errors: where nothing turned, the latest slates lie farther below the others in one of five trainings. */
const FAR_BELOW = 0.84;

/** Whether so few of the held-out slates, the latest, have a reward that all are to be judged in folds. */
export const areTooFew = (latest: HeldOutGain | undefined): latest is HeldOutGain =>
  latest !== undefined && latest.rewarded < ENOUGH_REWARDED;

/**
 * Whether what all slates say may stand for what the latest say. These alone tell of a turn of tastes that no window has seen: who learned what
 * people liked before is better on most slates, and worse, or less better, on the latest.
 */
export const isOfToday = (all: HeldOutGain, latest: HeldOutGain): boolean =>
  latest.mean > 0 && all.mean - latest.mean <= FAR_BELOW * standardError(latest);

const standardError = ({ mean, low, clusters }: HeldOutGain): number =>
  (mean - low) / studentQuantile(0.975, clusters - 1);

/**
 * The held-out gain of an additive training over all of its slates: they are learned from in five folds of their visitors, each
 * left out once, and each slate is judged by the fit that has not seen its visitor. Where rewards are rare, the latest fifth has too
 * few to show anything, and all of them together may have enough. The interval treats the slates' losses as if one scorer made
 * them, which holds as the fits get alike (Bayle, Bayle, Janson & Mackey, "Cross-validation confidence intervals for test
 * error", NeurIPS 2020). Each fit has a fifth less to learn from than what will serve.
 *
 * Where the parent has learned from some of these slates, it is judged on what it has seen, and the others are not: that errs
 * on its side.
 * @param set what is learned from, with all columns that only training has.
 * @param iterations of each fit.
 * @returns undefined where a fold has nothing to learn from or to judge on.
 */
export async function heldOutInFolds(
  set: TrainingSet,
  options: FirstPassOptions,
  iterations: number,
): Promise<HeldOutGain | undefined> {
  const { parent } = options;
  const points = new Float64Array(set.rows);
  const offset = new Float64Array(set.rows);
  const slates = Array.from({ length: slateCount(set) }, (_, slate) => slate);
  for (let fold = 0; fold < FOLDS; fold++) {
    const judged = slates.filter((slate) => foldOf(set.cluster, slate) === fold);
    const learned = slates.filter((slate) => foldOf(set.cluster, slate) !== fold);
    if (judged.length === 0 || !learned.some((slate) => earnedIn(set, slate) > 0)) return undefined;
    const train = takeSlates(set, learned);
    const first = firstPassOf(parent);
    const start = toLogOdds(first, train, startSlope(first, train));
    setIntercept(train, start);
    const fit = await fitFirstPass(train, undefined, options, { weights: start, iterations });
    const held = takeSlates(set, judged);
    // Not as a scorer, which may have fewer points than the few iterations of a fit can lead to.
    const own = logOddsOf(fit, held);
    const effect = slotEffect(fit.weights, parent.schema, held);
    rowsOf(set, judged).forEach((row, i) => {
      points[row] = (own[i] - effect[i]) / LEARNED_SLOPE;
      offset[row] = effect[i];
    });
  }
  return heldOutGain(set, pointsPerRow(parent, set), points, offset);
}
