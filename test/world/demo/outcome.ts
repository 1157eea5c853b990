/** What came of rankings: sums over them, of what happened or of what happens on average. */
export interface Outcome {
  /** Rankings with at least one click. */
  readonly clicked: number;
  readonly clicks: number;
  /** Bookings that were started. */
  readonly bookings: number;
  /** 1 ÷ the first slot that was clicked; 0 of a ranking without a click. */
  readonly reciprocalRank: number;
}

/** Rankings, with what their visitors did and what such visitors do on average. */
export interface Tally {
  readonly rankings: number;
  readonly happened: Outcome;
  readonly expected: Outcome;
}

/** What is reported of a tally. */
export interface Figures {
  readonly clickThrough: number;
  /** Mean reciprocal rank. */
  readonly mrr: number;
  /** Bookings started ÷ clicks, as the account defines it. */
  readonly conversion: number;
}

const NOTHING: Outcome = { clicked: 0, clicks: 0, bookings: 0, reciprocalRank: 0 };
export const EMPTY: Tally = { rankings: 0, happened: NOTHING, expected: NOTHING };

const combined = (a: Outcome, b: Outcome, sign: 1 | -1): Outcome => ({
  clicked: a.clicked + sign * b.clicked,
  clicks: a.clicks + sign * b.clicks,
  bookings: a.bookings + sign * b.bookings,
  reciprocalRank: a.reciprocalRank + sign * b.reciprocalRank,
});

const together =
  (sign: 1 | -1) =>
  (a: Tally, b: Tally): Tally => ({
    rankings: a.rankings + sign * b.rankings,
    happened: combined(a.happened, b.happened, sign),
    expected: combined(a.expected, b.expected, sign),
  });

export const plus = together(1);
/** What came after an earlier reading of the same tally. */
export const since = together(-1);

export const figuresOf = (
  { clicked, clicks, bookings, reciprocalRank }: Outcome,
  rankings: number,
): Figures => ({
  clickThrough: clicked / rankings,
  mrr: reciprocalRank / rankings,
  conversion: bookings / clicks,
});
