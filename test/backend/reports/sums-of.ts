import type { SessionSums } from '../../../backend/reports/rate.ts';

/** What a rate is reckoned from, of sessions one by one. */
export function sumsOf(sessions: readonly { rankings: number; hits: number }[]): SessionSums {
  const sum = (of: (session: { rankings: number; hits: number }) => number) =>
    sessions.reduce((total, session) => total + of(session), 0);
  return {
    sessions: sessions.length,
    rankings: sum(({ rankings }) => rankings),
    hits: sum(({ hits }) => hits),
    rankingsSquared: sum(({ rankings }) => rankings * rankings),
    hitsSquared: sum(({ hits }) => hits * hits),
    products: sum(({ rankings, hits }) => rankings * hits),
  };
}
