import type { EventExclusionReason } from './classify-events.ts';
import type { SessionExclusionReason } from './classify-session.ts';
import type { RankingExclusionReason } from './ranking-exclusion-reason.ts';
import type { UtcDay } from '../../../shared/domain/utc-day.ts';

/** Why a ranking was not logged whole: which field is malformed or names what is not stored. */
export type MalformedField =
  | 'codes'
  | 'scores'
  | 'propensities'
  | 'session'
  | 'snapshot'
  | 'weights';

/**
 * Rankings of items for which only a browser vouches, which came too late for their page to show them, and of whom somebody left out, count
 * for everybody else, but are not learned from.
 */
export type TrainingExclusionReason =
  | RankingExclusionReason
  | 'untrusted_items'
  | 'not_shown'
  | 'left_out_by_hand';

/** What one UTC day's log holds under a schema, and how good it is. Independent of any reward. */
export interface DayFacts {
  readonly day: UtcDay;
  /** Rankings that were logged; those without a malformed field; malformed fields (a ranking may have several). */
  readonly rankings: number;
  readonly complete: number;
  readonly incomplete: Readonly<Partial<Record<MalformedField, number>>>;
  /** Rankings and items that training gets, and how many of these rankings have a click. */
  readonly kept: number;
  readonly keptItems: number;
  readonly clicked: number;
  readonly sessions: number;
  /** Left out, by why. */
  readonly refusedSessions: Readonly<Partial<Record<SessionExclusionReason, number>>>;
  readonly refusedRankings: Readonly<Partial<Record<TrainingExclusionReason, number>>>;
  /** Events of this day's rankings; absent in partitions from before they were counted. */
  readonly feedback?: number;
  /** Those of them that do not count, by why. */
  readonly events: Readonly<Partial<Record<EventExclusionReason, number>>>;
  /** Events that came in on this day, of any schema, and those that join a stored ranking. */
  readonly received: number;
  readonly attributed: number;
  /** Those that join none and may do so yet, as its decision may still be on its way; absent: none. */
  readonly awaiting?: number;
  /** Shown items, and of how many of them each feature is missing (bucket 0), in schema order. */
  readonly items: number;
  readonly missing: readonly number[];
  /** Epoch ms. */
  readonly newestRankingAt: number | null;
  readonly newestEventAt: number | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type MutableDayFacts = Mutable<Omit<DayFacts, Counts | 'missing'>> & {
  [K in Counts]: Mutable<DayFacts[K]>;
} & { missing: number[] };
type Counts = 'incomplete' | 'refusedSessions' | 'refusedRankings' | 'events';

export const emptyFacts = (day: UtcDay, features: number): MutableDayFacts => ({
  day,
  rankings: 0,
  complete: 0,
  incomplete: {},
  kept: 0,
  keptItems: 0,
  clicked: 0,
  sessions: 0,
  refusedSessions: {},
  refusedRankings: {},
  feedback: 0,
  events: {},
  received: 0,
  attributed: 0,
  awaiting: 0,
  items: 0,
  missing: Array.from({ length: features }, () => 0),
  newestRankingAt: null,
  newestEventAt: null,
});
