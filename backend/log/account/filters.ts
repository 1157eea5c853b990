import type { z } from 'zod';
import { atLeastOne, count, group, share } from '../../settings/fields.ts';
import { EVENTS_AT_ONCE } from './event-slices.ts';

export const filters = group({
  /** More rankings than this within any minute: a crawler. */
  maxRankingsPerMinute: count.nullable().default(60),
  /** A click, save, contact or booking sooner than this after its ranking is faster than a person. */
  minReactionMs: count.default(150),
  /** A session with at least this many fast actions, more than half of its actions, is a bot. */
  minFastActions: atLeastOne.default(3),
  /** A session that clicked at least this share of the items that it was shown is a bot. */
  maxClickedShare: share.default(0.9),
  /** The limit of clicked items applies from this many shown items. */
  minShownItems: atLeastOne.default(20),
  /** So many clicks and no dwell at all, on a day on which most who click also dwell. */
  maxClicksWithoutDwell: count.nullable().default(20),
  /** Tolerated difference between the visitor's clock and the edge's. */
  maxClockSkewMs: count.default(3_600_000),
  /** A session of which more than this share of events is invalid is invalid itself. */
  maxInvalidShare: share.default(0.5),
  /** A session of which one ranking has more events than this is a bot; none of these events is read. The edge stores at most `MAX_EVENTS_PER_RANKING` (2000). */
  maxEventsPerRanking: atLeastOne.max(EVENTS_AT_ONCE).default(5000),
  /** The same event of the same item again, with another id, within so much time, is one event. */
  duplicateWithinMs: count.default(1000),
});

export type Filters = z.infer<typeof filters>;

export const NO_FILTERS: Filters = {
  maxRankingsPerMinute: null,
  minReactionMs: 0,
  minFastActions: 1,
  maxClickedShare: 0,
  minShownItems: 1,
  maxClicksWithoutDwell: null,
  maxClockSkewMs: 0,
  maxInvalidShare: 1,
  maxEventsPerRanking: EVENTS_AT_ONCE,
  duplicateWithinMs: 0,
};
