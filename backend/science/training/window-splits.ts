import { fallOfRewards } from './fall-of-rewards.ts';
import { foldOf, FOLDS } from './visitor-folds.ts';

/** A window's first slate, and the first of those on which it is compared; absent where it is compared in folds of its visitors. */
export interface WindowSplit {
  readonly from: number;
  readonly to?: number;
  /** Rewards fell before its first slate. */
  readonly isSinceFall?: true;
}

/** Fewer slates with a reward teach too little for a window of their own. */
const LEAST_REWARDED = 300;
/** The newest slates with a reward on which a window is compared, at least: so many tell very different tastes apart. */
const NEWEST_REWARDED = 400;
/** Of a window's slates with a reward, where that is more. */
const NEWEST_SHARE = 0.4;
/** Each further window has half of the slates. */
const SHORTER = 0.5;
/** Slates with a reward since rewards fell: where tastes turned, so few teach more than all of before, as first trainings do. */
const LEAST_SINCE_FALL = 60;

/**
 * The windows that are shorter than the whole, the longest first. Halves are compared on their newest slates, which are a share of the window itself: once a
 * champion ranks well, all that it shows is alike, and a few hundred slates no longer tell a fit to two tastes from a fit to
 * one (in the worlds of `turnTastes`, with 400 of them, the log of two tastes was learned from whole in each of five second
 * trainings after the turn).
 *
 * Where rewards fell, the slates since are a window as well. A turn of tastes may leave a champion with few rewards, and halves
 * with enough of them would then reach back to before the turn for long; the fewer there are, the more of them have to be learned from and judged
 * on, so that such a window is compared in folds.
 * @param rewarded the numbers of the slates with a reward, ascending. @param of how many slates there are.
 */
export function windowSplits(rewarded: readonly number[], of: number): WindowSplit[] {
  const since = (from: number) => rewarded.filter((slate) => slate >= from);
  const cut = (from: number): WindowSplit | undefined => {
    const own = since(from);
    const newest = Math.max(NEWEST_REWARDED, Math.round(own.length * NEWEST_SHARE));
    return own.length - newest < LEAST_REWARDED ? undefined : { from, to: own.at(-newest)! };
  };
  const splits: WindowSplit[] = [];
  for (let slates = of * SHORTER; slates >= 1; slates *= SHORTER) {
    const half = cut(of - Math.round(slates));
    if (half === undefined) break;
    splits.push(half);
  }
  const fall = fallOfRewards(rewarded, of);
  if (fall !== undefined && since(fall).length >= LEAST_SINCE_FALL)
    splits.push({ ...(cut(fall) ?? { from: fall }), isSinceFall: true });
  return splits.toSorted((one, other) => one.from - other.from);
}

/** What a window and a longer one are fitted to, and the slates that neither is fitted to and both are judged on: numbers of slates, ascending. */
interface WindowComparison {
  readonly longer: readonly number[];
  readonly shorter: readonly number[];
  readonly judged: readonly number[];
}

/**
 * @param longer the first slate of the longer window. @param cluster the visitor of each of the slates that there are. A visitor is
 * never both learned from and judged on in folds.
 */
export function comparisonsOf(
  { from, to }: WindowSplit,
  longer: number,
  cluster: ArrayLike<number>,
): WindowComparison[] {
  const range = (start: number, end: number) =>
    Array.from({ length: end - start }, (_, i) => start + i);
  const of = cluster.length;
  if (to !== undefined)
    return [{ longer: range(longer, to), shorter: range(from, to), judged: range(to, of) }];
  return Array.from({ length: FOLDS }, (_, fold) => {
    const isApart = (slate: number) => foldOf(cluster, slate) !== fold;
    const own = range(from, of);
    return {
      longer: range(longer, of).filter(isApart),
      shorter: own.filter(isApart),
      judged: own.filter((slate) => !isApart(slate)),
    };
  });
}
