import type { Schema } from '../../../shared/features/schema.ts';
import type { DayFacts } from '../account/day-facts.ts';
import type { Manifest } from './partition.ts';
import type { Span } from '../account/span.ts';
import type { QualityLimits } from './quality-limits.ts';
import { DAY_MS, startOfDay, type UtcDay } from '../../../shared/domain/utc-day.ts';
import type { LostDecisions } from '../lost-decisions.ts';
import type { UnseenValue } from './unseen-values.ts';
import { percentAtMost } from '../../../shared/text/text.ts';

/** How good a window's log is to learn from. One JSON value. */
export interface QualityReport {
  readonly schema: string;
  readonly schemaHash: string;
  /** Epoch ms; the report is about whole UTC days. */
  readonly from: number;
  readonly to: number;
  readonly passed: boolean;
  /** What failed, with figures and limits; empty when it passed. */
  readonly failures: readonly string[];
  /** What does not fail it and limits what can be learned. */
  readonly warnings: readonly string[];
  /** Rankings without a fault, of all that were logged. */
  readonly completeness: Share;
  /** Why rankings are incomplete; one may be for several reasons. */
  readonly incomplete: Counts;
  /** Feedback events that join a stored ranking, of all that were received and do not await theirs. */
  readonly attribution: Share;
  /** Feedback events whose ranking may still be on its way: they count neither way. */
  readonly awaiting: number;
  /** Rankings that were answered and are not in the log. Only those that the edge could still count are `reported`. */
  readonly lost: {
    readonly reported: Share;
    /** Feedback events of days that are over, which join no ranking: what is lost, as far as it had feedback. */
    readonly orphaned: Share;
  };
  readonly freshness: {
    readonly newestRankingAt: number | null;
    readonly newestEventAt: number | null;
    /** Before `to`, or before now where that is earlier. */
    readonly ageMs: number | null;
  };
  /** Left out of training, by why. */
  readonly filtered: {
    readonly sessions: Counts;
    readonly rankings: Counts;
    readonly events: Counts;
  };
  /** By feature: the share of shown items in which it is missing. */
  readonly missing: Readonly<Record<string, number>>;
  /** Values of the catalogue of which no item was shown, those of most items first. */
  readonly unseen: readonly UnseenValue[];
  readonly days: readonly DayVolume[];
  readonly limits: QualityLimits;
}

type Counts = Readonly<Record<string, number>>;

export interface Share {
  readonly share: number | null;
  readonly count: number;
  readonly of: number;
}

interface DayVolume {
  readonly day: UtcDay;
  /** Logged; and those that training gets. */
  readonly rankings: number;
  readonly kept: number;
  readonly clicked: number;
  readonly events: number;
  readonly partition: 'open' | 'closed';
}

export type StrayEvents = Pick<DayFacts, 'received' | 'attributed' | 'awaiting'>;

/**
 * Adds up what the partitions' manifests say.
 * @param logged manifests of every day in the window, events of days on which nothing was ranked, and what was lost.
 * @param unseen values of the catalogue of which no item was shown in the window.
 */
export function judgeQuality(
  schema: Schema,
  window: Span,
  logged: {
    readonly manifests: readonly Manifest[];
    readonly stray: StrayEvents;
    readonly lost: LostDecisions;
  },
  limits: QualityLimits,
  nowMs: number,
  unseen: readonly UnseenValue[] = [],
): QualityReport {
  const { manifests, stray, lost } = logged;
  const days = manifests.map(({ facts }) => facts);
  const over = days.filter(({ day }) => startOfDay(day) + DAY_MS <= nowMs);
  const sum = (of: (day: DayFacts) => number) => days.reduce((total, day) => total + of(day), 0);
  const newest = (of: (day: DayFacts) => number | null) =>
    days.reduce<number | null>((best, day) => maxOf(best, of(day)), null);
  const feedback = [...days, stray];
  const items = sum((day) => day.items);
  const newestRankingAt = newest((day) => day.newestRankingAt);
  const figures = {
    completeness: shareOf(
      sum((day) => day.complete),
      sum((day) => day.rankings),
    ),
    attribution: shareOf(
      feedback.reduce((total, { attributed }) => total + attributed, 0),
      feedback.reduce((total, day) => total + settled(day), 0),
    ),
    awaiting: feedback.reduce((total, { awaiting }) => total + (awaiting ?? 0), 0),
    lost: {
      reported: shareOf(lost.lost, lost.lost + lost.logged),
      orphaned: shareOf(
        over.reduce((total, day) => total + settled(day) - day.attributed, 0),
        over.reduce((total, day) => total + settled(day), 0),
      ),
    },
    freshness: {
      newestRankingAt,
      newestEventAt: newest((day) => day.newestEventAt),
      ageMs:
        newestRankingAt === null ? null : Math.max(0, Math.min(nowMs, window.to) - newestRankingAt),
    },
    missing: Object.fromEntries(
      schema.features.map(({ name }, feature) => [
        name,
        items === 0 ? 0 : sum((day) => day.missing[feature]) / items,
      ]),
    ),
  };
  const filtered = {
    sessions: addUp(days.map((day) => day.refusedSessions)),
    rankings: addUp(days.map((day) => day.refusedRankings)),
    events: addUp(days.map((day) => day.events)),
  };
  const totals = {
    sessions: sum((day) => day.sessions),
    // Those without consent are left out whatever the log is like, and would hide what is wrong with the others.
    rankings: figures.completeness.of - (filtered.rankings.no_consent ?? 0),
    events: sum((day) => day.feedback ?? day.received),
  };
  const failures = [
    ...failuresOf(figures, limits, window),
    ...leftOutFailures(filtered, totals, limits),
  ];
  return {
    schema: schema.name,
    schemaHash: schema.hash,
    from: window.from,
    to: window.to,
    passed: failures.length === 0,
    failures,
    warnings: unseen.length === 0 ? [] : [unseenText(unseen)],
    ...figures,
    incomplete: addUp(days.map((day) => day.incomplete)),
    filtered,
    unseen,
    days: manifests.map(({ day, state, facts }) => ({
      day,
      rankings: facts.rankings,
      kept: facts.kept,
      clicked: facts.clicked,
      events: facts.received,
      partition: state,
    })),
    limits,
  };
}

/** Of which it is known whether they join a ranking. */
const settled = ({ received, awaiting }: StrayEvents) => received - (awaiting ?? 0);

function failuresOf(
  figures: Pick<QualityReport, 'completeness' | 'attribution' | 'lost' | 'freshness' | 'missing'>,
  limits: QualityLimits,
  window: Span,
): string[] {
  const { completeness, attribution, lost, freshness, missing } = figures;
  if (completeness.of === 0)
    return [`nothing was ranked between ${moment(window.from)} and ${moment(window.to)}`];
  const failures: string[] = [];
  const failWhere = (
    what: string,
    { share, count, of }: Share,
    side: 'under' | 'over',
    limit: number,
  ) => {
    if (share === null || (side === 'under' ? share >= limit : share <= limit)) return;
    failures.push(
      `${percentAtMost(share)} of ${what} (${count.toLocaleString('en')} of ${of.toLocaleString('en')}), ${side} ${percentAtMost(limit)}`,
    );
  };
  failWhere('rankings are complete', completeness, 'under', limits.minCompleteness);
  failWhere('feedback events join a ranking', attribution, 'under', limits.minAttribution);
  failWhere(
    'rankings were not logged, as the edge counted',
    lost.reported,
    'over',
    limits.maxLostShare,
  );
  failWhere('feedback events have lost their ranking', lost.orphaned, 'over', limits.maxLostShare);
  const ageHours = (freshness.ageMs ?? 0) / 3_600_000;
  if (ageHours > limits.maxAgeHours)
    failures.push(
      `the newest ranking is ${Math.floor(ageHours)} h old, over ${limits.maxAgeHours} h`,
    );
  for (const [feature, share] of Object.entries(missing))
    if (share > limits.maxMissingShare)
      failures.push(
        `${feature} is missing in ${percentAtMost(share)} of shown items, over ${percentAtMost(limits.maxMissingShare)}`,
      );
  return failures;
}

/** Left out for one reason more often than it may be. */
function leftOutFailures(
  filtered: QualityReport['filtered'],
  totals: Readonly<Record<keyof QualityReport['filtered'], number>>,
  { maxLeftOut }: QualityLimits,
): string[] {
  const mostOf: Readonly<Record<string, number | undefined>> = maxLeftOut;
  return (['sessions', 'rankings', 'events'] as const).flatMap((what) =>
    Object.entries(filtered[what]).flatMap(([reason, n]) => {
      const most = mostOf[reason];
      if (most === undefined || n <= most * totals[what]) return [];
      return `${percentAtMost(n / totals[what])} of ${what} are left out for ${reason.replaceAll('_', ' ')} (${n.toLocaleString('en')} of ${totals[what].toLocaleString('en')}), over ${percentAtMost(most)}`;
    }),
  );
}

const MOST_NAMED = 10;

/** Which values nothing can be learned about. */
export function unseenText(unseen: readonly UnseenValue[]): string {
  const named = unseen
    .slice(0, MOST_NAMED)
    .map(
      ({ attribute, value, items }) =>
        `${attribute} ${value.slice(0, 80)} (${items.toLocaleString('en')})`,
    );
  const more = unseen.length - named.length;
  return `no ranking showed an item of ${named.join(', ')}${more > 0 ? ` and ${more} more values` : ''}: nothing is learned about them`;
}

const moment = (atMs: number) => new Date(atMs).toISOString();

const shareOf = (count: number, of: number): Share => ({
  share: of === 0 ? null : count / of,
  count,
  of,
});

const maxOf = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

function addUp(all: readonly Readonly<Partial<Record<string, number>>>[]): Counts {
  const total: Record<string, number> = {};
  for (const counts of all)
    for (const [key, n] of Object.entries(counts)) total[key] = (total[key] ?? 0) + (n ?? 0);
  return total;
}
