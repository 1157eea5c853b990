import type { z } from 'zod';
import { group, positive, share } from '../../settings/fields.ts';

/** Clocks, pages or the wiring are at fault, and what is left is a selection. */
const fault = share.default(0.1);
/** Bots are left out as they should be; when they are most of the log, the filters may take people for bots. */
const bots = share.default(0.5);

/**
 * For each reason, which share of all sessions, rankings or events may be left out for it. Four have no limit: missing
 * consent is no fault; that only a browser vouches for a ranking's items is how some sites send them; a ranking that came too late to be
 * shown is told by the visitors' latency; and of a flood
 * (`too_many_events`) one visitor can send most of all events, and must not stop training by it.
 */
const leftOut = group({
  /** Crawlers: sessions, and their rankings. */
  too_many_rankings: bots,
  /** Bots by how soon they act: sessions, and their rankings. */
  faster_than_a_person: bots,
  /** Bots by how much they click: sessions, and their rankings. */
  clicks_everything: bots,
  /** Bots by what they do not do: sessions, and their rankings. */
  clicks_without_dwell: bots,
  /** Sessions most of whose events are invalid, and their rankings. */
  invalid_events: fault,
  /** Sessions that an earlier version of the account left out. */
  refused_before: share.default(1),
  /** Rankings and events that came in after their day was closed. */
  after_close: fault,
  /** Events in whose place a line of the same order counts. */
  corrected: share.default(1),
  /** Events of items that their ranking did not show. */
  not_in_slate: fault,
  /** Events before their ranking, by the visitor's clock. */
  before_ranking: fault,
  /** Events from the future, by the visitor's clock. */
  clock_skew: fault,
  /** Events whose value is beyond what any can be. */
  impossible_value: fault,
  /** Events after the attribution window. */
  late: fault,
  /** The same event again within moments. */
  duplicate: share.default(0.5),
});

export const qualityLimits = group({
  /** Share of rankings that were logged whole. */
  minCompleteness: share.default(0.95),
  /** Share of feedback events that join a ranking. */
  minAttribution: share.default(0.99),
  /** Share of rankings that were answered and not logged: as the edge counts them, or by feedback that joins none. */
  maxLostShare: share.default(0.01),
  /** Age of the newest ranking. */
  maxAgeHours: positive.default(48),
  /** No feature may be missing in more than this share of shown items; 1 = each may. */
  maxMissingShare: share.default(1),
  /** By reason: the share of sessions, rankings and events that may be left out for it; 1 = all may. */
  maxLeftOut: leftOut,
});

export type QualityLimits = z.infer<typeof qualityLimits>;
