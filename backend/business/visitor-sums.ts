/** What one visitor did, or several did together. */
export interface Did {
  /** Searches: a list with its further pages is one, on each day and by each version or arm that served pages of it. */
  readonly rankings: number;
  /** Those with at least one click, on whichever page. */
  readonly clicked: number;
  readonly clicks: number;
  readonly bookingStarts: number;
  readonly bookings: number;
  /** Sum of the values of bookings, in the site's currency. */
  readonly revenue: number;
  readonly dwells: number;
  readonly dwellSeconds: number;
  /** Answers to the survey, and the sum of their scores, each from 0 to 1. */
  readonly answers: number;
  readonly answerScores: number;
  /** Items that were said to be of no interest. */
  readonly dismissals: number;
}

export const NOTHING: Did = {
  rankings: 0,
  clicked: 0,
  clicks: 0,
  bookingStarts: 0,
  bookings: 0,
  revenue: 0,
  dwells: 0,
  dwellSeconds: 0,
  answers: 0,
  answerScores: 0,
  dismissals: 0,
};

export const added = (a: Did, b: Did): Did => ({
  rankings: a.rankings + b.rankings,
  clicked: a.clicked + b.clicked,
  clicks: a.clicks + b.clicks,
  bookingStarts: a.bookingStarts + b.bookingStarts,
  bookings: a.bookings + b.bookings,
  revenue: a.revenue + b.revenue,
  dwells: a.dwells + b.dwells,
  dwellSeconds: a.dwellSeconds + b.dwellSeconds,
  answers: a.answers + b.answers,
  answerScores: a.answerScores + b.answerScores,
  dismissals: a.dismissals + b.dismissals,
});
