import { crossStrength } from '../../../shared/features/cross-strength.ts';
import type { FeatureSpec } from '../../../shared/features/kinds/index.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import {
  cellsOf,
  crossName,
  isSameCross,
  type LearnedCross,
} from '../../../shared/score/learned-cross.ts';
import { firstPassOf, STRIDE } from '../../../shared/score/scorer.ts';
import {
  fitFirstPass,
  toLogOdds,
  warmSlope,
  type FirstPassOptions,
} from '../learn/additive/first-pass.ts';
import { withCrossColumns } from '../learn/crosses/cross-columns.ts';
import { screenPairs } from '../learn/crosses/screen-pairs.ts';
import { withCrosses } from '../learn/crosses/with-crosses.ts';
import { evidenceWeight, lossOf } from '../learn/loss.ts';
import { setIntercept } from '../learn/outside-option.ts';
import { earnedIn, slateCount, splitByTime, type TrainingSet } from '../learn/training-set.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';
import { gainOn, logOddsOf } from './held-out-comparison.ts';
import { isGainCertain } from './is-gain-certain.ts';

/** How much a version may learn of pairs of features. */
export interface CrossBudget {
  /** The most crosses; 0: none are learned, and those of the version before are dropped. */
  readonly pairs: number;
  /** The most weights of all of them together. */
  readonly weights: number;
}

/** A pair of features that was tried, and what came of it. */
export interface TriedCross {
  readonly cross: LearnedCross;
  /** Both names. */
  readonly name: string;
  /** By how much the loss of a held-out slate falls with it; absent where too few slates were held out. */
  readonly gain?: IntervalEstimate;
  /** Whether the version before had it. */
  readonly isFromBefore: boolean;
  readonly isKept: boolean;
}

/** The latest share of the slates is held out. */
const HELD_OUT_SHARE = 0.5;
/** With fewer held-out slates with a reward, nothing new is tried. */
const LEAST_REWARDED = 200;
/** A training tries no more pairs once so many gained nothing. */
const FAILURES = 3;
/**
 * Chance that a training accepts any pair that does not interact, one-sided and over all that it tries: each is accepted at a level of
 * `ALPHA / FAILURES`. A pair that does not interact fails or is accepted wrongly, so that before the first wrong acceptance there
 * are at most `FAILURES` of them (Bonferroni), however many that do interact are accepted in between.
 */
const ALPHA = 0.05;
/** Sets of crosses are compared by where a short descent leads, as windows are. */
const ITERATIONS = 30;

/**
 * Which pairs of features interact, so that their cells get weights of their own. The slates are split once more by time: to the
 * earlier ones the additive first pass is fitted and all pairs are screened (`screenPairs`); the best of them joins the
 * fit, and stays if the later slates' loss falls by more than chance, clustered by visitor. Then the others are screened again, given it.
 *
 * A pair that the version before had stays unless the held-out loss is larger with it by more than chance: it has shown already that
 * it gains, and a champion that knows it shows little of what it is not liked with.
 *
 * A pair is not tried if one of its features has a declared constraint, which cells could break, if the schema has their cross, or if
 * its cells are more than a byte counts.
 * @param set of a schema's features and those that only training has; the gate's slates are no part of it.
 */
export async function chooseCrosses(
  set: TrainingSet,
  options: Omit<FirstPassOptions, 'onIteration'>,
  budget: CrossBudget,
): Promise<readonly TriedCross[]> {
  const { schema } = options.parent;
  const before = options.parent.crosses ?? [];
  const isAffordable = (crosses: readonly LearnedCross[]) =>
    crosses.length <= budget.pairs &&
    crosses.reduce((sum, cross) => sum + cellsOf(schema, cross), 0) <= budget.weights;
  const tried: TriedCross[] = [];
  const judge = (cross: LearnedCross, isKept: boolean, gain?: IntervalEstimate) => {
    const isFromBefore = before.some((own) => isSameCross(own, cross));
    const name = crossName(schema, cross);
    tried.push({ cross, name, ...(gain && { gain }), isFromBefore, isKept });
  };

  const crosses: LearnedCross[] = [];
  for (const cross of before) {
    crosses.push(cross);
    if (isAffordable(crosses)) continue;
    crosses.pop();
    judge(cross, false);
  }
  const pairs = pairsOf(schema).filter((pair) => isAffordable([pair]));
  if (pairs.length === 0 && crosses.length === 0) return tried;

  const [train, held] = splitByTime(set, HELD_OUT_SHARE);
  if (rewardedIn(held) < LEAST_REWARDED) {
    crosses.forEach((cross) => judge(cross, true));
    return tried;
  }
  const start = firstPassOf(options.parent);
  const fitWith = async (own: readonly LearnedCross[], from?: Fitted): Promise<Fitted> => {
    const parent = withCrosses(start, own);
    const crossed = withCrossColumns(train, schema, own);
    const weights = from
      ? joined(from, own, schema, crossed)
      : toLogOdds(parent, crossed, warmSlope(parent, train));
    if (from === undefined) setIntercept(crossed, weights);
    const descent = { weights, iterations: ITERATIONS };
    const fit = await fitFirstPass(crossed, undefined, { ...options, parent }, descent);
    const logOdds = logOddsOf(fit, withCrossColumns(held, schema, own));
    return { crosses: own, weights: fit.weights, crossed, heldOut: logOdds };
  };
  const gainFrom = (less: Fitted, more: Fitted) =>
    gainOn(held, schema.training.objective, less.heldOut, more.heldOut);

  let fitted = await fitWith(crosses);
  for (const cross of crosses) {
    const without = fitted.crosses.filter((other) => !isSameCross(other, cross));
    const less = await fitWith(without, fitted);
    const gain = gainFrom(less, fitted);
    const loss = gainFrom(fitted, less);
    const isKept = loss === undefined || !isGainCertain(loss, ALPHA, FAILURES);
    judge(cross, isKept, gain);
    if (!isKept) fitted = less;
  }

  let failures = 0;
  while (failures < FAILURES) {
    const left = pairs.filter(
      (pair) =>
        !tried.some(({ cross }) => isSameCross(cross, pair)) &&
        isAffordable([...fitted.crosses, pair]),
    );
    const best = screened(fitted, left, options)[0];
    if (best === undefined || best.gain <= 0) break;
    const more = await fitWith([...fitted.crosses, best.cross], fitted);
    const gain = gainFrom(fitted, more);
    const isKept = gain !== undefined && isGainCertain(gain, ALPHA, FAILURES);
    judge(best.cross, isKept, gain);
    if (isKept) fitted = more;
    else failures++;
  }
  return tried;
}

interface Fitted {
  readonly crosses: readonly LearnedCross[];
  /** Log-odds by the features of `crossed`. */
  readonly weights: Float64Array;
  readonly crossed: TrainingSet;
  /** Log-odds of the held-out rows. */
  readonly heldOut: Float64Array;
}

/** The weights of a fit as a start of one with other crosses: those that are new start at 0. */
function joined(
  from: Fitted,
  crosses: readonly LearnedCross[],
  { features }: Schema,
  { features: size }: TrainingSet,
): Float64Array {
  const weights = new Float64Array(size * STRIDE);
  const own = features.length;
  weights.set(from.weights.subarray(0, own * STRIDE));
  crosses.forEach((cross, k) => {
    const at = from.crosses.findIndex((earlier) => isSameCross(earlier, cross));
    if (at < 0) return;
    const cells = from.weights.subarray((own + at) * STRIDE, (own + at + 1) * STRIDE);
    weights.set(cells, (own + k) * STRIDE);
  });
  const only = from.weights.subarray((own + from.crosses.length) * STRIDE);
  weights.set(only, (own + crosses.length) * STRIDE);
  return weights;
}

function screened(
  { crossed, weights }: Fitted,
  pairs: readonly LearnedCross[],
  { parent, l2 }: Pick<FirstPassOptions, 'parent' | 'l2'>,
) {
  const { schema } = parent;
  const { objective } = schema.training;
  const scores = logOddsOf({ weights }, crossed);
  const [gradient, hessian] = [new Float64Array(crossed.rows), new Float64Array(crossed.rows)];
  lossOf(objective)(crossed, scores, gradient, hessian);
  return screenPairs(crossed, schema, { gradient, hessian }, pairs, {
    ridge: (l2 ?? schema.training.l2) * crossStrength(schema, [[0, 0]]).at(-1)!,
    noise: evidenceWeight(crossed, objective),
  });
}

/** The pairs that may have cells of their own. */
function pairsOf({ features, constraints }: Schema): LearnedCross[] {
  const isFree = ({ name, kind }: FeatureSpec) =>
    kind !== 'constant' && !constraints.some(({ feature }) => feature === name);
  const pairs: LearnedCross[] = [];
  features.forEach((second, b) => {
    for (let a = 0; a < b; a++) {
      const first = features[a];
      const isCrossed = features.some(
        (spec) => spec.kind === 'cross' && [first, second].every(({ name }) => isIn(spec, name)),
      );
      const fits = cellsOf({ features }, [a, b]) <= STRIDE;
      if (isFree(first) && isFree(second) && !isCrossed && fits) pairs.push([a, b]);
    }
  });
  return pairs;
}

/** Whether a feature is a cross or one of its parts. */
const isIn = (spec: FeatureSpec & { readonly kind: 'cross' }, name: string): boolean =>
  spec.name === name || spec.of.includes(name);

function rewardedIn(set: TrainingSet): number {
  let rewarded = 0;
  for (let slate = 0; slate < slateCount(set); slate++) if (earnedIn(set, slate) > 0) rewarded++;
  return rewarded;
}

/** As part of a sentence; undefined where no pair was kept. */
export function crossesText(tried: readonly TriedCross[] = []): string | undefined {
  const kept = tried.filter(({ isKept }) => isKept);
  if (kept.length === 0) return undefined;
  const each = kept.map(({ name, gain }) =>
    gain === undefined
      ? name
      : `${name} (the loss is ${gain.mean.toFixed(4)} smaller, 95 %: ${gain.low.toFixed(4)} to ${gain.high.toFixed(4)})`,
  );
  return `with crosses of ${each.join(', ')}`;
}
