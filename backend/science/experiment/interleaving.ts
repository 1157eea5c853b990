import type { PointEstimate } from '../statistics/effect.ts';
import { type TestResult, welchTest } from '../statistics/fixed-test.ts';
import {
  MINIMUM_PER_ARM,
  noSpread,
  type Unavailable,
  notEnoughData,
} from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';

/** Sessions with interleaved slates, by which team's items got more clicks. Frozen and addable. */
export interface InterleavingStatistic {
  readonly sessions: number;
  /** Sessions in which that team got more clicks; all others, also those without a click, are ties. */
  readonly wins: { readonly control: number; readonly treatment: number };
  readonly clicks: { readonly control: number; readonly treatment: number };
}

/** @param sessions for each session, the clicks on each team's items in all its slates. */
export function interleavingStatistic(
  sessions: Iterable<{ readonly control: number; readonly treatment: number }>,
): InterleavingStatistic {
  let n = 0;
  const wins = { control: 0, treatment: 0 };
  const clicks = { control: 0, treatment: 0 };
  for (const { control, treatment } of sessions) {
    n++;
    clicks.control += control;
    clicks.treatment += treatment;
    if (control > treatment) wins.control++;
    if (treatment > control) wins.treatment++;
  }
  return frozen({ sessions: n, wins, clicks });
}

export const addInterleaving = (
  a: InterleavingStatistic,
  b: InterleavingStatistic,
): InterleavingStatistic =>
  frozen({
    sessions: a.sessions + b.sessions,
    wins: {
      control: a.wins.control + b.wins.control,
      treatment: a.wins.treatment + b.wins.treatment,
    },
    clicks: {
      control: a.clicks.control + b.clicks.control,
      treatment: a.clicks.treatment + b.clicks.treatment,
    },
  });

const frozen = ({ sessions, wins, clicks }: InterleavingStatistic): InterleavingStatistic =>
  Object.freeze({ sessions, wins: Object.freeze(wins), clicks: Object.freeze(clicks) });

export interface Interleaving {
  readonly kind: 'interleaving';
  readonly statistic: InterleavingStatistic;
  /** Δ, −½ to ½; above 0 where the treatment's items are preferred. */
  readonly preference: number;
  readonly standardError: number;
  readonly fixed: TestResult;
  /** Always valid. */
  readonly sequential: TestResult;
}

/**
 * Team-draft interleaving (Radlinski, Kurup & Joachims, 2008) by Chapelle, Joachims, Radlinski & Yue (2012):
 * `Δ = (wins_t + ½ ties) / sessions − ½`, the mean over sessions of half the sign of the difference in clicks. Clicks
 * within a session are correlated, so the session is the unit; the t test over sessions is asymptotically a sign test.
 * @param minimum sessions; with fewer the preference is unavailable.
 */
export function interleaving(
  statistic: InterleavingStatistic,
  {
    alpha = 0.05,
    minimum = MINIMUM_PER_ARM,
    tuning,
  }: { readonly alpha?: number; readonly minimum?: number; readonly tuning?: number } = {},
): Interleaving | Unavailable {
  const { sessions, wins } = statistic;
  const needed = Math.max(2, minimum);
  if (sessions < needed) return notEnoughData(sessions, needed);
  const preference = (wins.treatment - wins.control) / (2 * sessions);
  const squares = (wins.treatment + wins.control) / 4;
  if (squares === 0) return noSpread();
  // An arm that won every session leaves no variance, and is far from equal: then it is that under no preference.
  const own = (squares - sessions * preference ** 2) / (sessions - 1);
  const variance = own > 0 ? own : squares / (sessions - 1);
  const estimate: PointEstimate = {
    estimate: preference,
    standardError: Math.sqrt(variance / sessions),
    df: sessions - 1,
    n: sessions,
  };
  const { pValue, low, high } = welchTest(estimate, { alpha });
  return {
    kind: 'interleaving',
    statistic,
    preference,
    standardError: estimate.standardError,
    fixed: { pValue, low, high },
    sequential: sequentialTest(estimate, { alpha, tuning }),
  };
}
