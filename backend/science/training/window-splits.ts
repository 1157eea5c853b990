/** Slates `from .. to − 1`. */
export interface SlateRange {
  readonly from: number;
  readonly to: number;
}

/** A window's first slate, and the first of those on which it is compared; in between lies what it is fitted to. */
export type WindowSplit = SlateRange;

/** Fewer slates with a reward teach too little for a window of their own. */
const LEAST_REWARDED = 300;
/** The newest slates with a reward on which a window is compared, at least: so many tell very different tastes apart. */
const NEWEST_REWARDED = 400;
/** Of a window's slates with a reward, where that is more. */
const NEWEST_SHARE = 0.4;
/** Each further window has half of the slates. */
const SHORTER = 0.5;

/**
 * The windows that are shorter than the whole, the longest first. The newest slates are a share of the window itself: once a
 * champion ranks well, all that it shows is alike, and a few hundred slates no longer tell a fit to two tastes from a fit to
 * one (in the worlds of `turnTastes`, with 400 of them, the log of two tastes was learned from whole in each of five second
 * trainings after the turn).
 * @param rewarded the numbers of the slates with a reward, ascending. @param of how many slates there are.
 */
export function windowSplits(rewarded: readonly number[], of: number): WindowSplit[] {
  const splits: WindowSplit[] = [];
  for (let slates = of * SHORTER; slates >= 1; slates *= SHORTER) {
    const from = of - Math.round(slates);
    const own = rewarded.filter((slate) => slate >= from);
    const newest = Math.max(NEWEST_REWARDED, Math.round(own.length * NEWEST_SHARE));
    if (own.length - newest < LEAST_REWARDED) break;
    splits.push({ from, to: own.at(-newest)! });
  }
  return splits;
}

/** What a window and a longer one are fitted to, and the newest slates, which neither is fitted to and both are judged on. */
interface WindowComparison {
  readonly longer: SlateRange;
  readonly shorter: SlateRange;
  readonly newest: SlateRange;
}

/** @param longer the first slate of the longer window. @param of how many slates there are. */
export const comparisonOf = (
  { from, to }: WindowSplit,
  longer: number,
  of: number,
): WindowComparison => ({
  longer: { from: longer, to },
  shorter: { from, to },
  newest: { from: to, to: of },
});
