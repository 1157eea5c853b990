import { sql, type SQL } from 'drizzle-orm';
import type { OfRanking } from '../log/account/count-searches.ts';
import { cameOf } from '../log/account/counted.ts';

/**
 * Feedback counts if it reached the edge this soon after its ranking. So all days of a comparison, the last one
 * included, have had the same time to be clicked and booked.
 */
export const FEEDBACK_WITHIN_MS = 6 * 3_600_000;

/** Whether a ranking was followed so soon by feedback of this type. */
export const cameSoon =
  (type: 'click' | 'booking' | 'not_interested'): OfRanking =>
  (row) =>
    cameOf(type, row, FEEDBACK_WITHIN_MS);

/** The mean answer of a ranking, which the query calls `d`, to the survey (0 to 1) that came so soon; null without one. */
export const scoreSoon: SQL = sql`(
  select avg(e.value) from events e where e.rankingId = d.rankingId and e.type = 'survey' and e.fault = ''
    and e.receivedAt <= d.at + ${FEEDBACK_WITHIN_MS})`;
