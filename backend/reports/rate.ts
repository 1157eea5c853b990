import { momentsOf } from '../science/statistics/effect.ts';
import type { RatioStatistic } from '../science/statistics/statistics.ts';
import { wilson, type Proportion } from '../science/statistics/wilson.ts';

/** Sums over sessions, from which a rate per ranking gets an interval that allows for sessions with several rankings. */
export interface SessionSums {
  readonly sessions: number;
  readonly rankings: number;
  /** Rankings that were clicked, or booked. */
  readonly hits: number;
  /** Σ rankings², Σ hits² and Σ rankings · hits over sessions. */
  readonly rankingsSquared: number;
  readonly hitsSquared: number;
  readonly products: number;
}

/** The sums of two sets of sessions that have none in common. */
export const addSums = (a: SessionSums, b: SessionSums): SessionSums => ({
  sessions: a.sessions + b.sessions,
  rankings: a.rankings + b.rankings,
  hits: a.hits + b.hits,
  rankingsSquared: a.rankingsSquared + b.rankingsSquared,
  hitsSquared: a.hitsSquared + b.hitsSquared,
  products: a.products + b.products,
});

/**
 * Share of rankings in which something happened, with a 95 % interval. Rankings of one session are alike, so Wilson's
 * interval is taken at the effective sample size n / deff (Dean & Pagano, J. Surv. Stat. Methodol. 3, 2015), deff the
 * delta method's variance of the ratio over the binomial one; below 1 it counts as 1.
 */
export function rateOf(sums: SessionSums): Proportion {
  const { sessions, rankings, hits } = sums;
  if (rankings === 0) return {};
  const rate = hits / rankings;
  const binomial = (rate * (1 - rate)) / rankings;
  if (sessions < 2 || binomial === 0) return wilson(hits, rankings);
  const ratio: RatioStatistic = {
    kind: 'ratio',
    numerator: { kind: 'mean', n: sessions, sum: hits, sumSquares: sums.hitsSquared },
    denominator: { kind: 'mean', n: sessions, sum: rankings, sumSquares: sums.rankingsSquared },
    sumProducts: sums.products,
  };
  const deff = Math.max(1, momentsOf(ratio).variance / sessions / binomial);
  return wilson(hits / deff, rankings / deff);
}
